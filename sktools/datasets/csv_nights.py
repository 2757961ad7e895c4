"""A user's own nights: CSV files that nights.yaml declares (csv_declaration.py)."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sktools.datasets.csv_declaration import (
    DECLARATION,
    IRREGULAR,
    SECONDS_OF_UNIT,
    STAGE_WORDS,
    SUBJECT,
    UNITS,
    LabelColumns,
    SignalColumns,
    load_declaration,
    subject_pattern,
)
from sktools.datasets.recording import UNSCORED, Recording, Signal
from sktools.datasets.registry import dataset
from sktools.datasets.waveform import LONGEST_SECONDS, ClockReport, Waveform, on_grid, single
from sktools.errors import DataError, MissingError
from sktools.model_config import EPOCH_SECONDS

CLOCK_SECONDS = 1e8
"""Seconds from here on are a clock's, since 1970."""


@dataclass(frozen=True)
class _Columns:
    """Columns of one file. times: s from an origin common to all files, None where there is no time column.
    absolute: whether that origin is a clock's.
    """

    values: NDArray[np.float64]
    times: NDArray[np.float64] | None
    absolute: bool


@dataset
class CsvNights:
    """Reader of a folder with nights.yaml."""

    name = "csv"
    title = "your own nights: CSV files declared by nights.yaml"
    needs_folder = True
    synthetic = False
    attribution = "The user's own recordings."

    def subjects(self, folder: Path | None) -> tuple[str, ...]:
        """Ids, in natural order, of every file that fits the declaration's pattern."""
        root = _existing(folder)
        file = load_declaration(root).subject_file
        fits = subject_pattern(file)
        matches = (
            fits.fullmatch(path.relative_to(root).as_posix())
            for path in root.glob(file.replace(SUBJECT, "*"))
            if path.is_file()
        )
        ids = {match.group("subject") for match in matches if match}
        if not ids:
            raise DataError(f"{root}: no file fits '{file}' of {DECLARATION}")
        return tuple(sorted(ids, key=_natural))

    def read(self, folder: Path | None, subject: str) -> Recording:
        root = _existing(folder)
        declaration = load_declaration(root)
        read = {
            name: _read_signal(root, subject, signal)
            for name, signal in declaration.signals.items()
            if _present(root, subject, signal.file)
        }
        if not read:
            raise DataError(f"{root}: no file of any signal for subject '{subject}'")
        notes = [f"no file for {name}; its features are masked" for name in declaration.signals if name not in read]
        labels = _read_labels(root, subject, declaration.labels, notes)
        origin, clock = _origin(root, read, labels)
        waveforms: dict[str, Waveform] = {}
        signals: dict[str, Signal] = {}
        for name, columns in read.items():
            declared = declaration.signals[name]
            if name in IRREGULAR:
                signals[name] = _irregular(root, subject, name, declared, columns, origin)
            else:
                try:
                    waveforms[name] = _regular(name, declared, columns, origin, notes)
                except DataError as error:
                    raise DataError(f"{root / declared.file.replace(SUBJECT, subject)}: {error.message}") from error
        end = max(
            [wave.start + wave.seconds for wave in waveforms.values()]
            + [float(signal.times[-1]) for signal in signals.values()]
        )
        stages = _stages(labels, declaration.labels, origin, end, root, subject)
        return Recording(
            self.name,
            subject,
            stages,
            signals,
            waveforms,
            start=datetime.fromtimestamp(origin, UTC).replace(tzinfo=None).isoformat() if clock else "",
            notes=tuple(notes),
        )


def _existing(folder: Path | None) -> Path:
    if folder is None or not folder.is_dir():
        raise MissingError(f"{folder}: no such folder", "--data DIR, with a nights.yaml in it")
    return folder


def _natural(subject: str) -> tuple[int, str]:
    return (len(subject), subject) if subject.isdecimal() else (0, subject)


def _present(root: Path, subject: str, file: str) -> bool:
    return (root / file.replace(SUBJECT, subject)).is_file()


def _rows(path: Path, names: tuple[str, ...], delimiter: str) -> Iterator[list[str]]:
    """The named columns of a CSV file, line by line. Raises DataError."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, delimiter=delimiter)
            header = [name.strip() for name in next(reader, [])]
            if not header:
                raise DataError(f"{path}: is empty")
            missing = [name for name in names if name not in header]
            if missing:
                raise DataError(f"{path}: no column '{missing[0]}'; its columns are {', '.join(header)}")
            positions = [header.index(name) for name in names]
            widest = max(positions)
            for row in reader:
                if any(row[len(header) :]):
                    raise DataError(
                        f"{path}: line {reader.line_num} has {len(row)} fields, the header has {len(header)}",
                        f"a decimal comma needs another delimiter than '{delimiter}', or becomes a point",
                    )
                if row:
                    yield [row[position].strip() for position in positions] if len(row) > widest else [""] * len(names)
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: is not UTF-8 text") from error
    except csv.Error as error:
        raise DataError(f"{path}: is not CSV ({error})") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error


def _numbers(words: list[str]) -> NDArray[np.float64]:
    """Numbers, NaN where a word is none."""
    try:
        return np.array(words, dtype=np.float64)
    except ValueError:
        return np.array([_number(word) for word in words])


def _number(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        return math.nan


def _read_signal(root: Path, subject: str, declared: SignalColumns) -> _Columns:
    path = root / declared.file.replace(SUBJECT, subject)
    names = (*declared.columns, *((declared.time,) if declared.time else ()))
    table = list(zip(*_rows(path, names, declared.delimiter), strict=True))
    if not table:
        raise DataError(f"{path}: holds no samples")
    values = np.column_stack([_numbers(list(table[index])) for index in range(len(declared.columns))])
    if not np.isfinite(values).any():
        raise DataError(f"{path}: column '{declared.columns[0]}' holds no numbers")
    values = values * declared.scale + declared.offset
    values = values[:, 0] if values.shape[1] == 1 else values
    if declared.time is None:
        return _Columns(values, None, False)
    times, absolute = _times(path, list(table[-1]), declared.time, declared.time_unit)
    return _Columns(values, times, absolute)


def _times(path: Path, words: list[str], column: str, unit: str) -> tuple[NDArray[np.float64], bool]:
    """Seconds, and whether they are a clock's (ISO 8601, taken as UTC where no zone is told)."""
    first = next((word for word in words if word), "")
    if math.isfinite(_number(first)):
        seconds = _numbers(words) * SECONDS_OF_UNIT[unit]
        return seconds, bool(np.nanmin(seconds) >= CLOCK_SECONDS)
    stamps = np.full(len(words), np.nan)
    for index, word in enumerate(words):
        try:
            stamp = datetime.fromisoformat(word)
        except ValueError:
            continue
        stamps[index] = (stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)).timestamp()
    if not np.isfinite(stamps).any():
        raise DataError(f"{path}: column '{column}' holds neither seconds nor ISO 8601 times; it begins '{first[:30]}'")
    return stamps, True


def _read_labels(root: Path, subject: str, declared: LabelColumns | None, notes: list[str]) -> _Columns | None:
    """Stages as numbers, with their times; None where the night has no labels."""
    if declared is None:
        return None
    path = root / declared.file.replace(SUBJECT, subject)
    if not path.is_file():
        notes.append("no file of labels; the night is unscored")
        return None
    names = (declared.column, *((declared.time,) if declared.time else ()))
    table = list(zip(*_rows(path, names, declared.delimiter), strict=True))
    if not table:
        raise DataError(f"{path}: holds no labels")
    known = {word.lower(): stage for word, stage in declared.map.items()} or STAGE_WORDS
    stages = np.zeros(len(table[0]))
    for index, word in enumerate(table[0]):
        key = word.lower() if word.lower() in known else word.lower().removesuffix(".0")
        if key not in known:
            raise DataError(
                f"{path}: unknown stage '{word[:30]}'; known: {', '.join(known)}", f"labels.map in {DECLARATION}"
            )
        stages[index] = known[key]
    if declared.time is None:
        return _Columns(stages, None, False)
    times, absolute = _times(path, list(table[1]), declared.time, declared.time_unit)
    return _Columns(stages, times, absolute)


def _origin(root: Path, read: Mapping[str, _Columns], labels: _Columns | None) -> tuple[float, bool]:
    """Time of the first epoch: the labels' first, else the earliest sample; and whether it is a clock's."""
    timed = [columns for columns in [labels, *read.values()] if columns is not None and columns.times is not None]
    if len({columns.absolute for columns in timed}) > 1:
        raise DataError(f"{root}: some files have clock times and others seconds; they cannot be brought together")
    if not timed:
        return 0.0, False
    if labels is not None and labels.times is not None:
        timed = [labels]
    starts = []
    for columns in timed:
        finite = columns.times[np.isfinite(columns.times)] if columns.times is not None else np.zeros(0)
        if len(finite):
            starts.append(float(finite.min()))
    if not starts:
        raise DataError(f"{root}: no file has a finite time")
    return min(starts), timed[0].absolute


def _regular(name: str, declared: SignalColumns, columns: _Columns, origin: float, notes: list[str]) -> Waveform:
    rate, unit = float(declared.rate or 0), UNITS.get(name, "a.u.")
    if columns.times is None:
        return Waveform(single(columns.values), rate, unit)
    wave, report = on_grid(columns.times - origin, columns.values, rate, unit)
    notes.extend(_told(name, report))
    return wave


def _told(name: str, report: ClockReport) -> Iterator[str]:
    if report.back_steps:
        yield f"{name}: the clock steps back {report.back_steps} times; {report.seconds_masked:.0f} s masked"
    if report.gaps:
        yield f"{name}: {report.gaps} gaps"
    if report.not_finite:
        yield f"{name}: {report.not_finite} samples without a time left out"


def _irregular(
    root: Path, subject: str, name: str, declared: SignalColumns, columns: _Columns, origin: float
) -> Signal:
    times = columns.times
    if times is None:
        times = np.arange(len(columns.values)) / float(declared.rate or 1)
        origin = 0.0
    good = np.isfinite(times) & np.isfinite(columns.values)
    stamps, position = np.unique(times[good] - origin, return_inverse=True)
    if not len(stamps) or stamps[-1] - stamps[0] > LONGEST_SECONDS:
        path = root / declared.file.replace(SUBJECT, subject)
        raise DataError(f"{path}: its times span no night")
    counts = np.bincount(position)
    return Signal(stamps, np.bincount(position, columns.values[good]) / counts, UNITS[name])


def _stages(
    labels: _Columns | None, declared: LabelColumns | None, origin: float, end: float, root: Path, subject: str
) -> NDArray[np.int8]:
    """Base stages on epochs of 30 s; all unscored without labels."""
    if labels is None or declared is None:
        if not 0 < end <= LONGEST_SECONDS:
            raise DataError(f"{root}: subject '{subject}' has signals up to {end:g} s, which is no night")
        return np.full(max(1, int(end // EPOCH_SECONDS)), UNSCORED, np.int8)
    length = declared.epoch_seconds
    starts = np.arange(len(labels.values)) * length if labels.times is None else labels.times - origin
    good = np.isfinite(starts) & (starts >= 0)
    if not good.any() or starts[good].max() > LONGEST_SECONDS:
        raise DataError(f"{root}: the labels of subject '{subject}' span no night")
    starts, stages = starts[good], labels.values[good]
    epochs = max(1, round((float(starts.max()) + length) / EPOCH_SECONDS))
    middles = (np.arange(epochs) + 0.5) * EPOCH_SECONDS
    order = np.argsort(starts, kind="stable")
    starts, stages = starts[order], stages[order]
    holding = np.searchsorted(starts, middles, side="right") - 1
    covered = (holding >= 0) & (middles < starts[holding.clip(0)] + length)
    result: NDArray[np.int8] = np.where(covered, stages[holding.clip(0)], UNSCORED).astype(np.int8)
    return result
