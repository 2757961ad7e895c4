"""Folders in MESA's format (NSRR): EDF recordings and NSRR XML annotations, sound and damaged ones."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
import pyedflib
from numpy.typing import NDArray

from sktools.datasets.synthetic_raw import RawNight, draw_raw_night

EDFS = Path("polysomnography") / "edfs"
ANNOTATIONS = Path("polysomnography") / "annotations-events-nsrr"
CONCEPTS = {
    0: "Wake|0",
    1: "Stage 1 sleep|1",
    2: "Stage 2 sleep|2",
    3: "Stage 3 sleep|3",
    4: "Stage 4 sleep|4",
    5: "REM sleep|5",
    6: "Movement|6",
    9: "Unscored|9",
}
RATES: Mapping[str, float] = {"EKG": 64, "Pleth": 128, "SpO2": 1, "OxStatus": 1, "Leg": 32}
"""As in MESA, some channels that nobody uses among them; its own pulse wave has 256 Hz."""


def edf_path(folder: Path, subject: str) -> Path:
    return folder / EDFS / f"mesa-sleep-{subject}.edf"


def xml_path(folder: Path, subject: str) -> Path:
    return folder / ANNOTATIONS / f"mesa-sleep-{subject}-nsrr.xml"


def write_subject(
    folder: Path,
    subject: str,
    epochs: int = 20,
    seed: int = 0,
    rates: Mapping[str, float] = RATES,
    record_seconds: int = 1,
    scored: Sequence[int] | None = None,
    night: RawNight | None = None,
) -> RawNight:
    """One subject: a synthetic night resampled to `rates` (channels that are not there are absent).

    scored: a stage code of CONCEPTS an epoch; the night's own where None. Returns the night.
    """
    night = night or draw_raw_night([77, seed], epochs=epochs)
    signals = {name: night.recording.waveforms[key].values for name, key in _SOURCE.items() if name != "Leg"}
    signals["Leg"] = (night.recording.waveforms["acceleration"].values[:, 2] * 100).astype(np.float32)
    signals["EKG"] = signals["Pleth"]
    seconds = 30 * night.recording.epochs
    channels = {name: _sampled(signals[name], seconds, rate) for name, rate in rates.items()}
    write_edf(edf_path(folder, subject), channels, rates, record_seconds)
    codes = [9 if stage < 0 else int(stage) for stage in night.recording.stages] if scored is None else list(scored)
    write_xml(xml_path(folder, subject), codes)
    return night


def write_edf(
    path: Path, channels: Mapping[str, NDArray[np.float64]], rates: Mapping[str, float], record_seconds: int = 1
) -> None:
    """An EDF file of channels at their own rates."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with pyedflib.EdfWriter(str(path), len(channels), file_type=pyedflib.FILETYPE_EDF) as writer:
        if record_seconds != 1:
            writer.setDatarecordDuration(record_seconds)
        writer.setStartdatetime(datetime.datetime(1985, 1, 1, 20, 59, 59))
        for index, name in enumerate(channels):
            low, high = _RANGE[name]
            writer.setSignalHeader(
                index,
                {
                    "label": name,
                    "dimension": "%" if name == "SpO2" else "",
                    "sample_frequency": rates[name],
                    "physical_min": low,
                    "physical_max": high,
                    "digital_min": -32768,
                    "digital_max": 32767,
                    "transducer": "",
                    "prefilter": "",
                },
            )
        writer.writeSamples([np.clip(values, *_RANGE[name]) for name, values in channels.items()])


def write_xml(path: Path, codes: Sequence[int], start: float = 0.0) -> None:
    """NSRR annotations: runs of equal stages as one event, with a respiratory event between them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    total = 30.0 * len(codes)
    events = [_event("", "Recording Start Time", 0, total)]
    first = 0
    for index in range(1, len(codes) + 1):
        if index == len(codes) or codes[index] != codes[first]:
            events.append(_event("Stages|Stages", CONCEPTS[codes[first]], start + 30.0 * first, 30.0 * (index - first)))
            events.append(_event("Respiratory|Respiratory", "Hypopnea|Hypopnea", start + 30.0 * first + 3.2, 11.7))
            first = index
    path.write_text(
        '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n<PSGAnnotation>\n'
        "<SoftwareVersion>Compumedics</SoftwareVersion>\n<EpochLength>30</EpochLength>\n<ScoredEvents>\n"
        + "\n".join(events)
        + "\n</ScoredEvents>\n</PSGAnnotation>\n"
    )


def truncate(path: Path, share: float = 0.6) -> None:
    """Cuts a file, as an interrupted copy does."""
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])


XML_BOMB = (
    '<?xml version="1.0"?>\n<!DOCTYPE lolz [<!ENTITY a "lol">'
    + "".join(f'<!ENTITY {chr(98 + level)} "{("&" + chr(97 + level) + ";") * 10}">' for level in range(9))
    + "]>\n<PSGAnnotation><ScoredEvents><ScoredEvent><EventType>Stages|Stages</EventType>"
    "<EventConcept>&j;</EventConcept><Start>0</Start><Duration>30</Duration></ScoredEvent></ScoredEvents>"
    "</PSGAnnotation>\n"
)
"""Ten to the ninth times 'lol', where entities are expanded."""


def external_entity(secret: Path) -> str:
    """Annotations whose stage is the content of another file, where external entities are followed."""
    return (
        f'<?xml version="1.0"?>\n<!DOCTYPE x [<!ENTITY secret SYSTEM "{secret.as_uri()}">]>\n'
        "<PSGAnnotation><ScoredEvents><ScoredEvent><EventType>Stages|Stages</EventType>"
        "<EventConcept>&secret;</EventConcept><Start>0</Start><Duration>30</Duration></ScoredEvent></ScoredEvents>"
        "</PSGAnnotation>\n"
    )


_SOURCE = {"Pleth": "ppg", "SpO2": "spo2", "OxStatus": "oximeter_status", "Leg": "acceleration"}
_RANGE = {
    "EKG": (-10.0, 10.0),
    "Pleth": (-10.0, 10.0),
    "SpO2": (0.0, 100.0),
    "OxStatus": (0.0, 5.0),
    "Leg": (-300, 300),
}


def _sampled(values: NDArray[np.float32], seconds: int, rate: float) -> NDArray[np.float64]:
    count = round(seconds * rate)
    return np.interp(np.arange(count) / rate, np.arange(len(values)) / 64.0, values)


def _event(kind: str, concept: str, start: float, duration: float) -> str:
    return (
        f"<ScoredEvent><EventType>{escape(kind)}</EventType><EventConcept>{escape(concept)}</EventConcept>"
        f"<Start>{start:g}</Start><Duration>{duration:g}</Duration></ScoredEvent>"
    )
