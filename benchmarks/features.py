"""How fast features are prepared, and what MESA takes: `python benchmarks/features.py`.

Writes recordings with MESA's channels and rates (synthetic signals), reads them and computes FS-W-PA-14, in one
process with one thread. The time for all of MESA is extrapolated from it, not measured.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tabulate import tabulate

from sktools.datasets.feature_store import StoreIndex, write_subject
from sktools.datasets.registry import find_reader
from sktools.datasets.synthetic_raw import draw_raw_night
from sktools.features.fs_w_pa_14 import NAMES, extract
from sktools.features.prepare import features_of

MESA_NIGHTS = 2056
RATES = {"Pleth": 256, "SpO2": 1, "OxStatus": 1, "Leg": 32}
OTHER_CHANNELS = 11
"""Channels of 256 Hz that sktools does not read, as in MESA (EKG, EOG, EEG, EMG, ...): they make the file large."""


@dataclass
class Stopwatch:
    """Processor seconds of this process by step."""

    seconds: dict[str, float]

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        began = time.process_time()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.process_time() - began


def write_recording(folder: Path, subject: str, hours: float, seed: int) -> int:
    """One subject in MESA's format; returns the size of its EDF file in bytes."""
    import pyedflib

    edf = folder / "polysomnography" / "edfs" / f"mesa-sleep-{subject}.edf"
    xml = folder / "polysomnography" / "annotations-events-nsrr" / f"mesa-sleep-{subject}-nsrr.xml"
    for path in (edf, xml):
        path.parent.mkdir(parents=True, exist_ok=True)
    night = draw_raw_night(seed, epochs=round(hours * 120))
    waves, seconds = night.recording.waveforms, 30 * night.recording.epochs
    sources = {"Pleth": "ppg", "SpO2": "spo2", "OxStatus": "oximeter_status"}
    channels = {}
    for name, rate in RATES.items():
        values = waves[sources[name]].values if name in sources else 100 * waves["acceleration"].values[:, 2]
        channels[name] = np.interp(np.arange(seconds * rate) / rate, np.arange(len(values)) / 64, values)
    noise = np.random.default_rng(seed).normal(0, 20, seconds * 256)
    channels |= {f"Other{index}": noise for index in range(OTHER_CHANNELS)}
    with pyedflib.EdfWriter(str(edf), len(channels), file_type=pyedflib.FILETYPE_EDF) as writer:
        for index, name in enumerate(channels):
            limit = 10.0 if name == "Pleth" else 300.0
            writer.setSignalHeader(
                index,
                {
                    "label": name,
                    "dimension": "",
                    "sample_frequency": RATES.get(name, 256),
                    "physical_min": -limit,
                    "physical_max": limit,
                    "digital_min": -32768,
                    "digital_max": 32767,
                    "transducer": "",
                    "prefilter": "",
                },
            )
        writer.writeSamples(list(channels.values()))
    xml.write_text(
        "<PSGAnnotation><ScoredEvents><ScoredEvent><EventType>Stages|Stages</EventType><EventConcept>Stage 2 sleep|2"
        f"</EventConcept><Start>0</Start><Duration>{seconds}</Duration></ScoredEvent></ScoredEvents></PSGAnnotation>"
    )
    return edf.stat().st_size


def measure(folder: Path, subjects: list[str], tell: Callable[[str], None]) -> tuple[Stopwatch, float]:
    """Processor seconds by step, and hours of recording."""
    watch, hours = Stopwatch({}), 0.0
    reader = find_reader("mesa")
    index = StoreIndex("mesa", "fs-w-pa-14", 1, NAMES, tuple(subjects))
    for subject in subjects:
        with watch.step("read EDF and annotations"):
            recording = reader.read(folder, subject)
        with watch.step("compute 14 features"):
            table = extract(recording)
        with watch.step("write HDF5"):
            write_subject(folder, index, features_of(table))
        hours += recording.epochs / 120
        tell(f"{subject}: {recording.epochs / 120:.1f} h, {table.valid[:, 0].mean():.0%} of the windows usable")
    return watch, hours


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nights", type=int, default=2)
    parser.add_argument("--hours", type=float, default=4.0, help="length of each recording")
    parser.add_argument("--mesa-hours", type=float, default=10.0, help="length of a MESA night, assumed")
    parser.add_argument("--cores", type=int, nargs="+", default=[1, 2, 8, 32])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        folder = Path(name)
        subjects = [f"{number:04d}" for number in range(1, options.nights + 1)]
        sizes = [write_recording(folder, subject, options.hours, int(subject)) for subject in subjects]
        print(
            f"recordings of {options.hours:g} h, {np.mean(sizes) / 1e6:.0f} MB each (synthetic signals, MESA's rates)"
        )
        write_recording(folder, "9999", 0.1, 0)
        measure(folder, ["9999"], lambda line: None)
        watch, hours = measure(folder, subjects, print)
    total = sum(watch.seconds.values())
    rows = [[step, f"{seconds / hours:.2f}", f"{seconds / total:.0%}"] for step, seconds in watch.seconds.items()]
    print(
        tabulate(
            [*rows, ["all", f"{total / hours:.2f}", ""]],
            ["step", "processor s an hour of recording", "share"],
            disable_numparse=True,
        )
    )
    print(f"{hours / total:.2f} hours of recording a second and core")
    mesa = MESA_NIGHTS * options.mesa_hours
    print(f"MESA, {MESA_NIGHTS:,} nights of {options.mesa_hours:g} h (assumed), extrapolated:")
    print(
        tabulate(
            [[cores, f"{mesa / (hours / total) / cores / 3600:.2f} h"] for cores in options.cores], ["cores", "time"]
        )
    )


if __name__ == "__main__":
    main()
