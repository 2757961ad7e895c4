"""DREAMT: an Empatica E4's pulse wave and motion with polysomnography labels of a sleep clinic (PhysioNet, restricted).

File names and columns of the PhysioNet release, version 2.x, https://physionet.org/content/dreamt/. The release needs
a data use agreement; sktools reads a folder that the user has fetched.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sktools.datasets.recording import UNSCORED, Recording, Signal
from sktools.datasets.registry import dataset
from sktools.datasets.waveform import LONGEST_SECONDS, Waveform, on_grid
from sktools.errors import DataError, MissingError
from sktools.model_config import EPOCH_SECONDS

FOLDER, END = "data_64Hz", "_whole_df.csv"
RATE = 64.0
TIME, STAGE, RATE_COLUMN, PULSE = "TIMESTAMP", "Sleep_Stage", "HR", "BVP"
AXES = ("ACC_X", "ACC_Y", "ACC_Z")
PREPARATION = "P"
STAGE_OF_WORD = {PREPARATION: UNSCORED, "W": 0, "N1": 1, "N2": 2, "N3": 3, "R": 5, "Missing": UNSCORED, "": UNSCORED}
COUNTS_PER_G = 64.0
LARGEST_G = 8.0
"""A median magnitude beyond it is in the sensor's own unit, 1/64 g."""


@dataset
class Dreamt:
    """Reader of the release's folder, or of its data_64Hz."""

    name = "dreamt"
    title = "DREAMT (Empatica E4, polysomnography, sleep clinic)"
    needs_folder = True
    synthetic = False
    attribution = (
        "DREAMT: Dataset for Real-time sleep stage EstimAtion using Multisensor wearable Technology (Wang, Yang, "
        "Shetty and Dunn 2024), PhysioNet, https://physionet.org/content/dreamt/, under its data use agreement."
    )

    def subjects(self, folder: Path | None) -> tuple[str, ...]:
        """Ids in order, of every file of a night."""
        root = _existing(folder)
        ids = [path.name.removesuffix(END) for path in root.glob(f"*{END}")]
        if not ids:
            raise DataError(f"{root}: no *{END} files; a DREAMT folder holds {FOLDER}/SXXX{END}")
        return tuple(sorted(ids))

    def read(self, folder: Path | None, subject: str) -> Recording:
        path = _existing(folder) / f"{subject}{END}"
        columns, words = _columns(path)
        times = columns[TIME]
        span = float(np.nanmax(times) - np.nanmin(times))
        if not np.isfinite(span) or not 0 < span <= LONGEST_SECONDS:
            raise DataError(f"{path}: its times span {span:g} s, which is no night")
        times = times - np.nanmin(times)
        notes: list[str] = []
        stages, bedtime = _stages(path, times, words, notes)
        waveforms: dict[str, Waveform] = {}
        signals: dict[str, Signal] = {}
        if PULSE in columns:
            waveforms["ppg"], _ = on_grid(times, columns[PULSE], RATE, "a.u.")
        if all(axis in columns for axis in AXES):
            motion = np.column_stack([columns[axis] for axis in AXES])
            if np.nanmedian(np.linalg.norm(motion, axis=1)) > LARGEST_G:
                motion = motion / COUNTS_PER_G
            waveforms["acceleration"], _ = on_grid(times, motion, RATE, "g")
        if RATE_COLUMN in columns:
            signals["heart_rate"] = _each_second(path, times, columns[RATE_COLUMN])
        missing = [name for name in (PULSE, *AXES, RATE_COLUMN) if name not in columns]
        notes += [f"{path.name}: no column {name}; its features are masked" for name in missing]
        if not waveforms and not signals:
            raise DataError(f"{path}: has none of the columns {', '.join((PULSE, *AXES, RATE_COLUMN))}")
        return Recording(self.name, subject, stages, signals, waveforms, bedtime=bedtime, notes=tuple(notes))


def _existing(folder: Path | None) -> Path:
    if folder is None or not folder.is_dir():
        raise MissingError(
            f"{folder}: no such folder", "DREAMT is at https://physionet.org/content/dreamt/, under an agreement"
        )
    return folder / FOLDER if (folder / FOLDER).is_dir() else folder


def _columns(path: Path) -> tuple[dict[str, NDArray[np.float64]], list[str] | None]:
    """Numbers by column, NaN for an empty cell, and the words of the stages; None without that column."""
    wanted = (TIME, PULSE, *AXES, RATE_COLUMN)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            header = [name.strip() for name in next(reader, [])]
            if TIME not in header:
                raise DataError(f"{path}: no column {TIME}; its columns are {', '.join(header) or 'none'}")
            places: Mapping[str, int] = {name: header.index(name) for name in (*wanted, STAGE) if name in header}
            cells: dict[str, list[str]] = {name: [] for name in places}
            for row in reader:
                if len(row) == len(header):
                    for name, place in places.items():
                        cells[name].append(row[place])
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file") from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: cannot be read as CSV") from error
    words = cells.pop(STAGE, None)
    if not cells[TIME]:
        raise DataError(f"{path}: holds no samples")
    return {name: np.array([_number(word) for word in column]) for name, column in cells.items()}, words


def _number(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        return np.nan


def _stages(
    path: Path, times: NDArray[np.float64], words: list[str] | None, notes: list[str]
) -> tuple[NDArray[np.int8], float]:
    """The stage that most samples of an epoch have, UNSCORED for an epoch without samples; and the seconds to bedtime,
    which is the end of the preparations.
    """
    epochs = max(1, round((float(np.nanmax(times)) + 1 / RATE) / EPOCH_SECONDS))
    if words is None:
        notes.append(f"{path.name}: no column {STAGE}; the night is unscored")
        return np.full(epochs, UNSCORED, np.int8), 0.0
    names, codes = np.unique(np.array([word.strip() for word in words]), return_inverse=True)
    unknown = [name for name in names.tolist() if name not in STAGE_OF_WORD]
    if unknown:
        raise DataError(f"{path}: unknown stage '{unknown[0][:30]}'; known: {', '.join(filter(None, STAGE_OF_WORD))}")
    good = np.isfinite(times)
    epoch = np.clip((times[good] // EPOCH_SECONDS).astype(int), 0, epochs - 1)
    votes = np.zeros((epochs, len(names)), np.int64)
    np.add.at(votes, (epoch, codes[good]), 1)
    stages = np.array([STAGE_OF_WORD[name] for name in names.tolist()], np.int8)[votes.argmax(axis=1)]
    stages[votes.sum(axis=1) == 0] = UNSCORED
    prepared = [name == PREPARATION for name in names.tolist()]
    in_bed = np.flatnonzero(votes[:, [not value for value in prepared]].sum(axis=1) > 0)
    bedtime = float(in_bed[0] * EPOCH_SECONDS) if len(in_bed) and any(prepared) else 0.0
    return stages, bedtime


def _each_second(path: Path, times: NDArray[np.float64], rates: NDArray[np.float64]) -> Signal:
    """The E4's heart rate has one value per second: the first of each second that is there."""
    good = np.isfinite(times) & np.isfinite(rates) & (rates > 0)
    if not good.any():
        raise DataError(f"{path}: column {RATE_COLUMN} holds no heart rate")
    seconds, at = np.unique(np.floor(times[good]), return_index=True)
    return Signal(seconds, rates[good][at], "bpm")
