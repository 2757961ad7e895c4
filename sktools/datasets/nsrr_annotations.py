"""Sleep stages of an NSRR annotation file (XML, https://sleepdata.org)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktools.datasets.recording import UNSCORED
from sktools.datasets.waveform import LONGEST_SECONDS
from sktools.errors import DataError, MissingError
from sktools.model_config import EPOCH_SECONDS

STAGE_EVENT = "Stages|Stages"
STAGE_OF_CODE = {0: 0, 1: 1, 2: 2, 3: 3, 4: 3, 5: 5, 6: UNSCORED, 9: UNSCORED}
"""Code behind the bar of an EventConcept: 4 is N4 (merged into N3), 6 is movement, 9 unscored."""

LARGEST_FILE = 64 * 1024 * 1024


@dataclass(frozen=True)
class StageEvent:
    """A scored stretch: base stage or -1; start and duration in s from the start of the recording."""

    stage: int
    start: float
    duration: float


def read_stage_events(path: Path) -> tuple[StageEvent, ...]:
    """The stage events of an NSRR XML file, in file order.

    Entities, document types and references to other files are refused, not expanded.
    Raises DataError where the file is missing, no XML, hostile, or tells of no stage.
    """
    try:
        from defusedxml import DefusedXmlException
        from defusedxml.ElementTree import ParseError, parse
    except ImportError as error:
        raise MissingError(
            "NSRR annotations need defusedxml, which is not installed", "pip install 'sktools[train]'"
        ) from error
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise DataError(
                f"{path}: {path.stat().st_size:,} bytes, annotations of a night have under {LARGEST_FILE:,}"
            )
        root = parse(path, forbid_dtd=True).getroot()
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file") from error
    except DefusedXmlException as error:
        raise DataError(f"{path}: holds a document type or entities, which annotations never do; refused") from error
    except (ParseError, ValueError, LookupError) as error:
        raise DataError(f"{path}: is not well-formed XML ({error})") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    events = tuple(
        _event(path, element) for element in root.iter("ScoredEvent") if _text(element, "EventType") == STAGE_EVENT
    )
    if not events:
        raise DataError(f"{path}: no ScoredEvent of type {STAGE_EVENT}")
    return events


def stages_of(events: tuple[StageEvent, ...], epochs: int) -> NDArray[np.int8]:
    """Stages [epochs]: what holds in the middle of each epoch; -1 where nothing, or two events that differ, hold."""
    middles = (np.arange(epochs) + 0.5) * EPOCH_SECONDS
    stages = np.full(epochs, UNSCORED, np.int8)
    claimed = np.zeros(epochs, bool)
    for event in events:
        inside = (middles >= event.start) & (middles < event.start + event.duration)
        conflict = inside & claimed & (stages != event.stage)
        stages[inside & ~claimed] = event.stage
        stages[conflict] = UNSCORED
        claimed |= inside
    return stages


def scored_until(events: tuple[StageEvent, ...]) -> float:
    """End of the last stage event, s."""
    return max(event.start + event.duration for event in events)


def _event(path: Path, element: Any) -> StageEvent:
    concept = _text(element, "EventConcept")
    code = concept.rpartition("|")[2].strip()
    if not code.isdecimal() or int(code) not in STAGE_OF_CODE:
        known = ", ".join(map(str, STAGE_OF_CODE))
        raise DataError(f"{path}: unknown stage '{concept[:40]}'; the code behind the bar is one of {known}")
    try:
        start, duration = float(_text(element, "Start")), float(_text(element, "Duration"))
    except ValueError as error:
        raise DataError(f"{path}: a stage event's Start or Duration is no number") from error
    if not (math.isfinite(start) and math.isfinite(duration)) or duration < 0 or not 0 <= start <= LONGEST_SECONDS:
        raise DataError(f"{path}: a stage event of {duration:g} s at {start:g} s is no part of a night")
    if start + duration > LONGEST_SECONDS:
        raise DataError(f"{path}: a stage event ends at {start + duration:g} s, beyond any night")
    return StageEvent(STAGE_OF_CODE[int(code)], start, duration)


def _text(element: Any, name: str) -> str:
    return (element.findtext(name) or "").strip()
