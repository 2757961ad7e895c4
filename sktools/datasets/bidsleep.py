"""BIDSleep: several nights per person, Apple Watch heart rate and motion, labels from an EEG headband (PhysioNet).

File names and formats of the PhysioNet release, version 1.0.1, https://doi.org/10.13026/rees-1092.
"""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import NDArray

from sktools.datasets.matlab_file import Variable, read_matlab
from sktools.datasets.recording import NIGHT_MARK, UNSCORED, Recording, Signal
from sktools.datasets.registry import dataset
from sktools.datasets.waveform import LONGEST_SECONDS
from sktools.errors import DataError, MissingError
from sktools.model_config import EPOCH_SECONDS

HEART_RATE, MOTION, LABELS = "hr.csv", "motion.csv", "labels.mat"
START, EXPERT, HEADBAND = "recStart", "expert_label", "dreem_label"
STAGE_OF_LABEL = {0: 0, 1: 1, 2: 2, 3: 3, 4: 5, 5: UNSCORED}
ZONE = "America/New_York"
AMBULATORY_SECONDS = 900.0
FORMATS = ("%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d %H:%M:%S", "%d-%b-%Y %H:%M:%S", "%m/%d/%Y %H:%M:%S")
NIGHT = re.compile(r"\d+")


@dataset
class BidSleep:
    """Reader of the release's folder. A night is a subject of its own, PERSON@NIGHT."""

    name = "bidsleep"
    title = "BIDSleep (Apple Watch, EEG headband, several nights)"
    needs_folder = True
    synthetic = False
    attribution = (
        "A Multi-Night Instantaneous Heart Rate and Accelerometry Dataset with EEG Sleep Stage Labels, version 1.0.1 "
        "(Song 2026), PhysioNet, https://doi.org/10.13026/rees-1092, Open Data Commons Attribution License v1.0. "
        "Song T-A, Zhang Y, Zhou Z, Hou L, Malekzadeh M, Behzad A, Dutta J. AI-driven sleep staging using "
        "instantaneous heart rate and accelerometry: insights from an Apple Watch study. IEEE Trans Biomed Eng (2025)."
    )

    def subjects(self, folder: Path | None) -> tuple[str, ...]:
        """PERSON@NIGHT of every night's folder, the nights of a person in their order."""
        root = _existing(folder)
        nights = [
            (person.name, int(night.name))
            for person in root.iterdir()
            if person.is_dir()
            for night in person.iterdir()
            if NIGHT.fullmatch(night.name) and any((night / name).is_file() for name in (HEART_RATE, MOTION, LABELS))
        ]
        if not nights:
            raise DataError(f"{root}: holds no night; a BIDSleep folder holds BidslabXX/1/{LABELS} and others")
        return tuple(f"{person}{NIGHT_MARK}{night}" for person, night in sorted(nights))

    def read(self, folder: Path | None, subject: str) -> Recording:
        person, _, night = subject.partition(NIGHT_MARK)
        root = _existing(folder) / person / night
        notes: list[str] = []
        tables = {
            name: found
            for name, file, axes in (("heart_rate", HEART_RATE, 1), ("acceleration", MOTION, 3))
            if (found := _table(root / file, axes + 1, notes)) is not None
        }
        if not tables:
            raise DataError(f"{root}: holds neither {HEART_RATE} nor {MOTION}")
        labels = read_matlab(root / LABELS, (START, EXPERT, HEADBAND)) if (root / LABELS).is_file() else None
        if labels is None:
            notes.append(f"{LABELS}: no such file; the night is unscored")
        stages = _stages(root / LABELS, labels or {}, notes)
        first = min(float(table[0, 0]) for table in tables.values())
        last = max(float(table[-1, 0]) for table in tables.values())
        local, origin = _start(root / LABELS, labels or {}, first, last, len(stages) > 0)
        if not len(stages):
            stages = np.full(max(1, int((last - origin) // EPOCH_SECONDS)), UNSCORED, np.int8)
        end = len(stages) * EPOCH_SECONDS
        if not 0 < end <= LONGEST_SECONDS:
            raise DataError(f"{root}: {end / 3600:.4g} h are no night")
        signals = {name: _signal(root, name, table, origin, end) for name, table in tables.items()}
        start = local.isoformat(timespec="seconds")
        return Recording(self.name, subject, stages, signals, start=start, notes=tuple(notes))


def _existing(folder: Path | None) -> Path:
    if folder is None or not folder.is_dir():
        raise MissingError(
            f"{folder}: no such folder", "sktools data download bidsleep --output DIR fetches it; give --data DIR"
        )
    return folder


def _table(path: Path, columns: int, notes: list[str]) -> NDArray[np.float64] | None:
    """Rows in order of time, [n, columns]; rows that are not `columns` numbers are left out. None without the file."""
    if not path.is_file():
        notes.append(f"{path.name}: no such file; its features are masked")
        return None
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read as text") from error
    if lines and lines[0][:1].isalpha():
        lines = lines[1:]
    try:
        table = np.loadtxt(lines, delimiter=",", ndmin=2) if lines else np.zeros((0, columns))
    except ValueError:
        table = np.zeros((0, 0))
    if table.shape[1] != columns:
        rows = [row for row in (_numbers(line) for line in lines) if len(row) == columns]
        table = np.array(rows, np.float64).reshape(-1, columns)
    table = table[np.isfinite(table).all(axis=1)]
    lost = len([line for line in lines if line.strip()]) - len(table)
    if lost:
        notes.append(f"{path.name}: {lost} line{'s' * (lost != 1)} without {columns} numbers left out")
    if not len(table):
        raise DataError(f"{path}: holds no line of {columns} numbers")
    times, at = np.unique(table[:, 0], return_index=True)
    if len(times) < len(table):
        notes.append(f"{path.name}: {len(table) - len(times)} repeated times left out")
    return np.asarray(table[at])


def _numbers(line: str) -> list[float]:
    try:
        return [float(word) for word in line.split(",")]
    except ValueError:
        return []


def _stages(path: Path, labels: dict[str, Variable], notes: list[str]) -> NDArray[np.int8]:
    """The expert's labels if they score any epoch, else the headband's; empty if neither is there."""
    vectors = {name: found for name, found in labels.items() if name != START and not isinstance(found, str)}
    for name, who in ((EXPERT, "scored by an expert"), (HEADBAND, "scored by the Dreem headband, by machine")):
        found = vectors.get(name, np.zeros(0))
        whole = np.where(np.isfinite(found), found, 5)
        unknown = sorted(set(whole.tolist()) - set(STAGE_OF_LABEL))
        if unknown:
            raise DataError(f"{path}: unknown stage {unknown[0]:g}; known: {', '.join(map(str, STAGE_OF_LABEL))}")
        stages = np.array([STAGE_OF_LABEL[int(label)] for label in whole], np.int8)
        if np.any(stages != UNSCORED):
            notes.append(who)
            return stages
    if labels:
        notes.append(f"{LABELS}: no scored epoch; the night is unscored")
    return np.zeros(0, np.int8)


def _start(path: Path, labels: dict[str, Variable], first: float, last: float, scored: bool) -> tuple[datetime, float]:
    """Local time and Unix time of the first epoch.

    The clock time of labels.mat is local. In the hour that the clock shows twice it is the one that the sensors' times
    (first, last: Unix s) fit better. Without it, a night without labels begins with its first value.
    """
    try:
        zone = ZoneInfo(ZONE)
    except ZoneInfoNotFoundError as error:
        raise MissingError(f"the time zone {ZONE} is not known on this machine", "pip install tzdata") from error
    told = labels.get(START)
    if not isinstance(told, str) or not told.strip():
        if scored:
            raise DataError(f"{path}: has labels and no {START}, so their time is not known")
        return datetime.fromtimestamp(first, zone).replace(tzinfo=None), first
    for form in FORMATS:
        try:
            local = datetime.strptime(told.strip(), form)
        except ValueError:
            continue
        times = [local.replace(tzinfo=zone, fold=fold).timestamp() for fold in (0, 1)]
        # The start is where the sensors' times begin, within the minutes that they run before it.
        return local, min(times, key=lambda unix: (not first <= unix < last, abs(unix - first)))
    raise DataError(f"{path}: {START} is '{told[:40]}', which is no time")


def _signal(root: Path, name: str, table: NDArray[np.float64], origin: float, end: float) -> Signal:
    """A sensor's values from AMBULATORY_SECONDS before the night to as long after it."""
    times = table[:, 0] - origin
    if not np.any((times >= 0) & (times < end)):
        raise DataError(f"{root}: {name} has no value within the night (0 to {end:g} s)")
    kept = (times >= -AMBULATORY_SECONDS) & (times < end + AMBULATORY_SECONDS)
    values = table[kept, 1] if name == "heart_rate" else table[kept, 1:]
    return Signal(times[kept], values, "bpm" if name == "heart_rate" else "g")
