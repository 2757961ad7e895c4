"""Sleep-Accel: Apple Watch heart rate and motion with polysomnography labels (Walch 2019, PhysioNet).

File names and formats of the PhysioNet release, version 1.0.0, https://doi.org/10.13026/hmhs-py35.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sktools.datasets.recording import UNSCORED, Recording, Signal
from sktools.datasets.registry import dataset
from sktools.errors import DataError, MissingError
from sktools.model_config import EPOCH_SECONDS

LABELS, LABELS_END = "labels", "_labeled_sleep.txt"
HEART_RATE, HEART_RATE_END = "heart_rate", "_heartrate.txt"
MOTION, MOTION_END = "motion", "_acceleration.txt"
COUNTS, COUNTS_END = "counts", "_counts.txt"
AMBULATORY_SECONDS = 900.0
"""Ambulatory values kept before the first epoch: enough for any window, days of them are of no use to a night."""

LONGEST_NIGHT_SECONDS = 36 * 3600
STAGE_OF_LABEL = {-1: UNSCORED, 0: 0, 1: 1, 2: 2, 3: 3, 4: 3, 5: 5}


@dataset
class SleepAccel:
    """Reader of the release's folder; `motion/` may be missing.

    `counts/` is not part of the release: activity counts that others derived from its acceleration, one per epoch. The
    time of a count is the start of its epoch, and the value looks about 2 minutes ahead.
    """

    name = "sleep-accel"
    title = "Sleep-Accel (Apple Watch, polysomnography)"
    needs_folder = True
    synthetic = False
    attribution = (
        "Motion and heart rate from a wrist-worn wearable and labeled sleep from polysomnography, version 1.0.0 "
        "(Walch 2019), PhysioNet, https://doi.org/10.13026/hmhs-py35, Open Data Commons Attribution License v1.0. "
        "Walch O, Huang Y, Forger D, Goldstein C. Sleep stage prediction with raw acceleration and "
        "photoplethysmography heart rate data derived from a consumer wearable device. Sleep 42(12), zsz180 (2019)."
    )

    def subjects(self, folder: Path | None) -> tuple[str, ...]:
        """Ids in numeric order, of every subject that has a label file."""
        root = _existing(folder)
        labels = root / LABELS
        if not labels.is_dir():
            raise DataError(f"{root}: no '{LABELS}' folder; a Sleep-Accel folder holds {LABELS}/ and {HEART_RATE}/")
        ids = [path.name.removesuffix(LABELS_END) for path in labels.glob(f"*{LABELS_END}")]
        if not ids:
            raise DataError(f"{labels}: no *{LABELS_END} files")
        return tuple(sorted(ids, key=lambda subject: (len(subject), subject)))

    def read(self, folder: Path | None, subject: str) -> Recording:
        root = _existing(folder)
        notes: list[str] = []
        stages = _stages(root / LABELS / f"{subject}{LABELS_END}")
        end = len(stages) * EPOCH_SECONDS
        signals = {
            "heart_rate": _signal(root / HEART_RATE / f"{subject}{HEART_RATE_END}", ",", 1, "bpm", end, notes),
        }
        motion = root / MOTION / f"{subject}{MOTION_END}"
        if motion.is_file():
            signals["acceleration"] = _signal(motion, None, 3, "g", end, notes)
        if (root / COUNTS).is_dir():
            counts = _counts(root / COUNTS / f"{subject}{COUNTS_END}", len(stages), notes)
            if counts is not None:
                signals["activity_counts"] = counts
        return Recording(self.name, subject, stages, signals, notes=tuple(notes))


def _existing(folder: Path | None) -> Path:
    if folder is None or not folder.is_dir():
        raise MissingError(
            f"{folder}: no such folder", "get the data set from https://doi.org/10.13026/hmhs-py35 and give --data DIR"
        )
    return folder


def _table(path: Path, delimiter: str | None, columns: int) -> NDArray[np.float64]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file") from error
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read as text") from error
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        raise DataError(f"{path}: is empty")
    try:
        table = np.loadtxt(lines, dtype=np.float64, delimiter=delimiter, ndmin=2)
    except ValueError as error:
        raise DataError(f"{path}: a line does not hold {columns} numbers ({error})") from error
    if table.shape[1] != columns:
        raise DataError(f"{path}: {table.shape[1]} columns, expected {columns}")
    return table


def _stages(path: Path) -> NDArray[np.int8]:
    table = _table(path, None, 2)
    seconds, labels = table[:, 0], table[:, 1]
    if not np.all(np.isfinite(table)) or seconds.min() < 0 or seconds.max() > LONGEST_NIGHT_SECONDS:
        raise DataError(f"{path}: epoch times from {seconds.min():g} to {seconds.max():g} s are no night")
    unknown = sorted(set(labels.tolist()) - set(STAGE_OF_LABEL))
    if unknown:
        raise DataError(f"{path}: unknown stage {unknown[0]:g}; known: {', '.join(map(str, STAGE_OF_LABEL))}")
    # Placed by time, so that an epoch left out of the file becomes an unscored one.
    positions = np.round(seconds / EPOCH_SECONDS).astype(int)
    stages = np.full(positions.max() + 1, UNSCORED, np.int8)
    stages[positions] = [STAGE_OF_LABEL[int(label)] for label in labels]
    return stages


def _counts(path: Path, epochs: int, notes: list[str]) -> Signal | None:
    """Activity counts of the epochs that have one; None, with a note, if no epoch of the night has one."""
    if not path.is_file():
        notes.append(f"{path.name}: no such file, so this night has no activity counts")
        return None
    end = epochs * EPOCH_SECONDS
    table = _table(path, None, 2)
    if not np.any((table[:, 0] >= 0) & (table[:, 0] < end) & np.isfinite(table[:, 1])):
        notes.append(f"{path.name}: no value within the night (0 to {end:g} s), so it has no activity counts")
        return None
    signal = _signal(path, None, 1, "counts", end, notes)
    measured = len(np.unique(signal.times[(signal.times >= 0) & (signal.times < end)] // EPOCH_SECONDS))
    if measured < epochs:
        notes.append(f"{path.name}: activity counts for {measured} of {epochs} epochs, from {signal.times[0]:g} s on")
    return signal


def _signal(path: Path, delimiter: str | None, axes: int, unit: str, end: float, notes: list[str]) -> Signal:
    """A signal file cut to the night, in order of time; values of one time are averaged."""
    table = _table(path, delimiter, axes + 1)
    finite = np.all(np.isfinite(table), axis=1)
    if not finite.all():
        notes.append(f"{path.name}: {int((~finite).sum())} lines without a number left out")
        table = table[finite]
    table = table[(table[:, 0] >= -AMBULATORY_SECONDS) & (table[:, 0] < end + AMBULATORY_SECONDS)]
    if not np.any((table[:, 0] >= 0) & (table[:, 0] < end)):
        raise DataError(f"{path}: no value within the night (0 to {end:g} s)")
    times, position, counts = np.unique(table[:, 0], return_inverse=True, return_counts=True)
    if len(times) < len(table):
        notes.append(f"{path.name}: {len(table) - len(times)} repeated times averaged")
    sums = np.zeros((len(times), axes))
    np.add.at(sums, position, table[:, 1:])
    values = sums / counts[:, None]
    return Signal(times, values[:, 0] if axes == 1 else values, unit)
