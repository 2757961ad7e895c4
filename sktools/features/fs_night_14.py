"""FS-NIGHT-14: 14 features of a heart rate, activity counts and the time since bedtime, for a night that is over.

The heart-rate features are those of FS-HR-NIGHT-14 but for three; rank and low compare with the night around. The
features of the counts look both ways as well.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sktools.datasets.recording import Recording
from sktools.features import fs_hr_night_14
from sktools.features.feature_set import FeatureSet, FeatureTable, register
from sktools.features.fs_hr_14 import PER_EPOCH, on_grid, smooth
from sktools.features.fs_watch_14 import CLOCK as WATCH_CLOCK
from sktools.features.fs_watch_14 import FIXED as WATCH_FIXED
from sktools.features.fs_watch_14 import LONGEST_STILL, MOVED_COUNT, SMALLEST_COUNT, clock, epoch_counts

Floats = NDArray[np.float64]

HEART_RATE_NAMES = (
    "hr_3min",
    "hr_rank",
    "hr_above_low_2h",
    "hr_trend_5min",
    "hr_log_surges",
    "hr_log_sd_60s",
    "hr_log_step_30s",
    "hr_log_step_6min",
    "hr_log_step_20min",
    "hr_log_power_004_012",
)
COUNTS_NAMES = ("counts_log", "counts_log_20min", "counts_still")
NAMES = (*HEART_RATE_NAMES, *COUNTS_NAMES, "clock")
HEART_RATE, COUNTS, CLOCK = range(10), range(10, 13), 13
SMOOTH_EPOCHS = 20.0
"""Width (standard deviation) of the Gaussian of `counts_log_20min`."""


def extract(recording: Recording) -> FeatureTable:
    """FS-NIGHT-14 of a recording with 'heart_rate', 'activity_counts' or both; what it lacks is masked."""
    epochs = recording.epochs
    values, valid = np.zeros((epochs, len(NAMES))), np.zeros((epochs, len(NAMES)), bool)
    values[:, CLOCK], valid[:, CLOCK] = clock(epochs), True
    if "heart_rate" in recording.signals:
        rate, measured = on_grid(recording.signals["heart_rate"], epochs)
        if measured.any():
            columns = dict(zip(fs_hr_night_14.NAMES[:-1], fs_hr_night_14.columns(rate), strict=True))
            values[:, HEART_RATE] = np.stack([columns[name] for name in HEART_RATE_NAMES], axis=1)
            valid[:, HEART_RATE] = np.any(measured.reshape(epochs, PER_EPOCH), axis=1, keepdims=True)
    if "activity_counts" in recording.signals:
        counts = epoch_counts(recording.signals["activity_counts"], epochs)
        known = np.isfinite(counts)
        if known.any():
            values[:, COUNTS] = np.stack(
                count_columns(np.interp(np.arange(epochs), np.flatnonzero(known), counts[known])), axis=1
            )
            valid[:, COUNTS] = known[:, None]
    return FeatureTable(
        recording.dataset,
        recording.subject,
        NAMES,
        np.where(valid, values, 0.0),
        valid,
        recording.stages,
        recording.notes,
        fixed={CLOCK: WATCH_FIXED[WATCH_CLOCK]},
    )


def count_columns(counts: Floats) -> list[Floats]:
    """The features of the counts, [epochs] each, from a count per epoch."""
    moved = counts > MOVED_COUNT
    nearest = np.minimum(_since(moved), _since(moved[::-1])[::-1])
    return [
        np.log(counts + SMALLEST_COUNT),
        np.log(smooth(counts, SMOOTH_EPOCHS) + SMALLEST_COUNT),
        np.log1p(nearest),
    ]


def _since(moved: NDArray[np.bool_]) -> Floats:
    """Epochs since the last movement, at most LONGEST_STILL."""
    index = np.arange(len(moved))
    last = np.maximum.accumulate(np.where(moved, index, -LONGEST_STILL))
    return np.minimum(index - last, LONGEST_STILL).astype(float)


FS_NIGHT_14 = register(
    FeatureSet(
        "fs-night-14",
        NAMES,
        {"heart_rate": tuple(HEART_RATE), "activity_counts": tuple(COUNTS), "clock": (CLOCK,)},
        extract,
    )
)
