"""nights.yaml: which columns of a user's CSV files hold which signals and labels, at which rates.

    subjects: "*_ppg.csv"              # optional; which files name the subjects, * is the id
    signals:
      ppg:             {file: "{subject}_ppg.csv", columns: [green], rate: 64}
      acceleration:    {file: "{subject}_acc.csv", columns: [x, y, z], rate: 50, time: timestamp, scale: 0.001}
      spo2:            {file: "{subject}_spo2.csv", columns: [spo2], rate: 1}
      heart_rate:      {file: "{subject}_hr.csv", columns: [bpm], time: seconds}
      activity_counts: {file: "{subject}_counts.csv", columns: [count], time: seconds}
    labels:                            # optional
      file: "{subject}_stages.csv"
      column: stage
      time: seconds                    # optional; without it one line is one epoch from the start
      map: {W: 0, N1: 1, N2: 2, N3: 3, R: 5}

Signals are those of Recording: ppg, acceleration (g), spo2 (%), oximeter_status, leg_emg, heart_rate (bpm) and
activity_counts (one per 30 s epoch, timed by the start of the epoch; computed from acceleration if they are missing).
`time` is a column of seconds, of milliseconds (time_unit: ms) or of ISO 8601 times; without it the samples follow each
other at `rate` from the night's start. Everything is placed on the first epoch of the labels, else on the first sample.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from sktools.datasets.recording import UNSCORED
from sktools.errors import UsageError
from sktools.model_config import BASE_STAGES, EPOCH_SECONDS
from sktools.strict_yaml import parse, read_yaml, suggest

DECLARATION = "nights.yaml"
SUBJECT = "{subject}"
AXES = {
    "ppg": 1,
    "acceleration": 3,
    "spo2": 1,
    "oximeter_status": 1,
    "leg_emg": 1,
    "heart_rate": 1,
    "activity_counts": 1,
}
IRREGULAR = ("heart_rate", "activity_counts")
"""Signals with times of their own, which need no rate if they have a time column."""

UNITS = {
    "acceleration": "g",
    "spo2": "%",
    "heart_rate": "bpm",
    "oximeter_status": "status",
    "activity_counts": "counts",
}
SECONDS_OF_UNIT = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
STAGE_WORDS = {
    "w": 0, "wake": 0, "awake": 0, "0": 0, "n1": 1, "1": 1, "n2": 2, "2": 2, "n3": 3, "3": 3, "n4": 3, "4": 3,
    "r": 5, "rem": 5, "5": 5, "-1": UNSCORED, "6": UNSCORED, "9": UNSCORED, "?": UNSCORED, "": UNSCORED,
    "unscored": UNSCORED, "m": UNSCORED,
}  # fmt: skip
"""What labels mean where the declaration has no map."""


@dataclass(frozen=True)
class SignalColumns:
    """Where a signal stands. columns: one for each axis.

    rate: Hz; a signal of IRREGULAR needs none if it has a time column.
    scale, offset: value = column * scale + offset.
    """

    file: str
    columns: tuple[str, ...]
    rate: float | None = None
    time: str | None = None
    time_unit: str = "s"
    scale: float = 1.0
    offset: float = 0.0
    delimiter: str = ","

    def __post_init__(self) -> None:
        _check_place(self.file, self.delimiter)
        if self.rate is not None and not (math.isfinite(self.rate) and 0 < self.rate <= 10_000):
            raise UsageError(f"rate is {self.rate:g} Hz, expected more than 0 and at most 10,000")
        if self.time_unit not in SECONDS_OF_UNIT:
            raise UsageError(f"time_unit '{self.time_unit}' is unknown; known: {', '.join(SECONDS_OF_UNIT)}")


@dataclass(frozen=True)
class LabelColumns:
    """Where the stages stand. map: what the column says -> base stage (0 wake, 1 N1, 2 N2, 3 N3, 5 REM, -1 unscored).
    epoch_seconds: length of a label's epoch, a multiple or a divisor of 30.
    """

    file: str
    column: str
    time: str | None = None
    time_unit: str = "s"
    map: Mapping[str, int] = field(default_factory=dict)
    epoch_seconds: float = float(EPOCH_SECONDS)
    delimiter: str = ","

    def __post_init__(self) -> None:
        _check_place(self.file, self.delimiter)
        for word, stage in self.map.items():
            if stage not in BASE_STAGES and stage != UNSCORED:
                known = ", ".join(map(str, BASE_STAGES))
                raise UsageError(f"map: '{word}' goes to stage {stage}; known: {known} and {UNSCORED}")
        if self.time_unit not in SECONDS_OF_UNIT:
            raise UsageError(f"time_unit '{self.time_unit}' is unknown; known: {', '.join(SECONDS_OF_UNIT)}")
        if not 1 <= self.epoch_seconds <= 600:
            raise UsageError(f"epoch_seconds is {self.epoch_seconds:g}, expected 1 to 600")


@dataclass(frozen=True)
class Declaration:
    """nights.yaml. subjects: file pattern whose * is the subject's id; the first signal's file where it is empty."""

    signals: Mapping[str, SignalColumns]
    labels: LabelColumns | None = None
    subjects: str = ""
    title: str = ""

    def __post_init__(self) -> None:
        if not self.signals:
            raise UsageError(f"signals is empty; known: {', '.join(AXES)}")
        for name, signal in self.signals.items():
            if name not in AXES:
                raise UsageError(f"signal '{name}' is unknown; {suggest(name, AXES)}")
            if len(signal.columns) != AXES[name]:
                raise UsageError(f"signals.{name}: {len(signal.columns)} columns, expected {AXES[name]}")
            if signal.rate is None and (name not in IRREGULAR or signal.time is None):
                raise UsageError(f"signals.{name}: key 'rate' (Hz) is missing")
        if self.subjects and self.subjects.count("*") != 1:
            raise UsageError(f"subjects '{self.subjects}' needs one *, which is the subject's id")
        if self.subjects:
            _check_place(self.subjects.replace("*", SUBJECT), ",")

    @property
    def subject_file(self) -> str:
        """Pattern of the files that name the subjects, with one or more SUBJECT in it."""
        return self.subjects.replace("*", SUBJECT) if self.subjects else next(iter(self.signals.values())).file


def load_declaration(folder: Path) -> Declaration:
    """The declaration of a folder of nights. Raises UsageError, naming file and key, where it is missing or wrong."""
    path = folder / DECLARATION
    if not path.is_file():
        raise UsageError(f"{folder}: no {DECLARATION}, which declares columns and rates", "docs/data.md shows one")
    return parse(Declaration, read_yaml(path), str(path))


def subject_pattern(file: str) -> re.Pattern[str]:
    """Matches the relative path of a declared file; group 'subject' is the id."""
    first, *others = re.split(re.escape(SUBJECT), file)
    pattern = re.escape(first) + "(?P<subject>[^/]+)" + "(?P=subject)".join(map(re.escape, others))
    return re.compile(pattern)


def _check_place(file: str, delimiter: str) -> None:
    """Raises UsageError where a declared file leads out of the folder, or belongs to no subject."""
    parts = PurePosixPath(file).parts
    if not parts or PurePosixPath(file).is_absolute() or ".." in parts:
        raise UsageError(f"file '{file}' must lie within the folder of {DECLARATION}")
    if SUBJECT not in file:
        raise UsageError(f"file '{file}' needs {SUBJECT}, which stands for the subject's id")
    if len(delimiter) != 1:
        raise UsageError(f"delimiter is {delimiter!r}, expected one character")
