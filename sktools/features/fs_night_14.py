"""FS-NIGHT-14: 14 features of a heart rate, activity counts and the time since bedtime, for a night that is over.

The heart-rate features are those of FS-HR-NIGHT-14 but for the half-hour level, whose place the activity count has.
Rank and low compare with the night around.
"""

from __future__ import annotations

import numpy as np

from sktools.datasets.recording import Recording
from sktools.features import fs_hr_night_14
from sktools.features.activity import with_activity_counts
from sktools.features.feature_set import FeatureSet, FeatureTable, register
from sktools.features.fs_hr_14 import PER_EPOCH, on_grid
from sktools.features.fs_watch_14 import CLOCK as WATCH_CLOCK
from sktools.features.fs_watch_14 import FIXED as WATCH_FIXED
from sktools.features.fs_watch_14 import SMALLEST_COUNT, clock, epoch_counts

NAMES = (
    "hr_3min",
    "hr_rank",
    "hr_above_low_2h",
    "hr_trend_5min",
    "hr_below_median",
    "hr_log_surges",
    "hr_log_sd_20s",
    "hr_log_sd_60s",
    "hr_log_step_30s",
    "hr_log_step_6min",
    "hr_log_step_20min",
    "hr_log_power_004_012",
    "counts_log",
    "clock",
)
HEART_RATE, COUNTS, CLOCK = range(12), 12, 13


def extract(recording: Recording) -> FeatureTable:
    """FS-NIGHT-14 of a recording with 'heart_rate', 'activity_counts' or both; what it lacks is masked."""
    recording = with_activity_counts(recording)
    epochs = recording.epochs
    values, valid = np.zeros((epochs, len(NAMES))), np.zeros((epochs, len(NAMES)), bool)
    values[:, CLOCK], valid[:, CLOCK] = clock(epochs), True
    if "heart_rate" in recording.signals:
        rate, measured = on_grid(recording.signals["heart_rate"], epochs)
        if measured.any():
            columns = dict(zip(fs_hr_night_14.NAMES[:-1], fs_hr_night_14.columns(rate), strict=True))
            values[:, HEART_RATE] = np.stack([columns[name] for name in NAMES[: len(HEART_RATE)]], axis=1)
            valid[:, HEART_RATE] = np.any(measured.reshape(epochs, PER_EPOCH), axis=1, keepdims=True)
    if "activity_counts" in recording.signals:
        counts = epoch_counts(recording.signals["activity_counts"], epochs)
        valid[:, COUNTS] = np.isfinite(counts)
        values[:, COUNTS] = np.log(np.where(valid[:, COUNTS], counts, 0.0) + SMALLEST_COUNT)
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


FS_NIGHT_14 = register(
    FeatureSet(
        "fs-night-14",
        NAMES,
        {"heart_rate": tuple(HEART_RATE), "activity_counts": (COUNTS,), "clock": (CLOCK,)},
        extract,
    )
)
