"""FS-HR-NIGHT-14: another 14 features of an irregular wrist heart rate, most of which compare it with the night around.

Where FS-HR-14 tells levels and spreads, these tell the rank within the night, how far above the low of the two hours
around, surges and dips from a running median, and slow waves. A network of either errs elsewhere than one of the other,
which is what makes them teachers of each other. Chosen from 65 candidates by ridge regression on 20 nights of
Sleep-Accel (docs/accuracy.md).
"""

from __future__ import annotations

import numpy as np

from sktools.datasets.recording import Recording
from sktools.features.feature_set import FeatureSet, FeatureTable, register
from sktools.features.fs_hr_14 import (
    PER_EPOCH,
    SMALLEST_BPM,
    Floats,
    epoch_mean,
    heart_rate_table,
    log_deviation,
    log_power,
    log_step,
    smooth,
)

NAMES = (
    "hr_3min",
    "hr_33min",
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
    "hours",
)
MEDIAN_STEPS = 121
"""Running median over about 10 minutes of grid steps."""

SURGE_BPM = 8.0
LOW_EPOCHS, LOW_PERCENT = 241, 10


def extract(recording: Recording) -> FeatureTable:
    """FS-HR-NIGHT-14 of a recording with a 'heart_rate' signal; all masked without one, but for the time."""
    return heart_rate_table(recording, NAMES, columns)


def columns(rate: Floats) -> list[Floats]:
    """Every feature but the time, [epochs] each. Widths below are in grid steps of 5 s."""
    from scipy.ndimage import percentile_filter

    half_minute = smooth(rate, 6)
    low = percentile_filter(half_minute[::PER_EPOCH], LOW_PERCENT, size=LOW_EPOCHS)
    minute = smooth(rate, 12)[PER_EPOCH // 2 :: PER_EPOCH]
    departure = rate - percentile_filter(rate, 50, size=MEDIAN_STEPS)
    return [
        epoch_mean(smooth(rate, 36)),
        epoch_mean(smooth(rate, 400)),
        np.argsort(np.argsort(minute)) / len(minute),
        half_minute[PER_EPOCH // 2 :: PER_EPOCH] - low,
        60 * epoch_mean(np.gradient(smooth(rate, 60))),
        epoch_mean(smooth(np.maximum(-departure, 0), 12)),
        np.log(epoch_mean(smooth((departure > SURGE_BPM).astype(float), 120)) + SMALLEST_BPM),
        log_deviation(rate, 4),
        log_deviation(rate, 12),
        log_step(rate, 6),
        log_step(rate, 72),
        log_step(rate, 240),
        log_power(rate, (0.004, 0.012), 120),
    ]


FS_HR_NIGHT_14 = register(
    FeatureSet(
        "fs-hr-night-14", NAMES, {"heart_rate": tuple(range(len(NAMES) - 1)), "clock": (len(NAMES) - 1,)}, extract
    )
)
