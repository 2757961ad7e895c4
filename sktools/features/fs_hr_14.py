"""FS-HR-14: 14 features of an irregular wrist heart rate alone, one row an epoch, with context up to half an hour.

For watches that give a heart rate every few seconds and nothing else. The series is brought to a 5 s grid; smoothing
windows are Gaussian and centred, so that a row also sees what comes later. The difference of two Gaussians as a measure
of slow heart-rate change follows Walch et al., Sleep 42(12), zsz180 (2019); so does the use of time since the start.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sktools.datasets.recording import Recording, Signal
from sktools.features.feature_set import FeatureSet, FeatureTable, register
from sktools.features.heart_rate import PLAUSIBLE_BPM
from sktools.model_config import EPOCH_SECONDS

Floats = NDArray[np.float64]

STEP_SECONDS = 5.0
PER_EPOCH = int(EPOCH_SECONDS / STEP_SECONDS)
LONGEST_GAP_SECONDS = 60.0
SMALLEST_BPM = 0.05
NAMES = (
    "hr_20s",
    "hr_3min",
    "hr_10min",
    "hr_33min",
    "hr_log_sd_20s",
    "hr_log_sd_3min",
    "hr_log_sd_10min",
    "hr_log_step_30s",
    "hr_log_step_6min",
    "hr_slow_change",
    "hr_fast_change",
    "hr_rise_90s",
    "hr_log_power_03_06",
    "hours",
)
HOURS_MEAN, HOURS_STD = 4.0, 2.3
"""Time since the recording began is scaled by constants: the length of the night is not known before its end."""


def on_grid(signal: Signal, epochs: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Heart rate every STEP_SECONDS by straight lines, [epochs * PER_EPOCH] in bpm, and where it is measured:
    a plausible value within LONGEST_GAP_SECONDS.
    """
    plausible = (signal.values >= PLAUSIBLE_BPM[0]) & (signal.values <= PLAUSIBLE_BPM[1])
    times, rates = signal.times[plausible], signal.values[plausible]
    clock = (np.arange(epochs * PER_EPOCH) + 0.5) * STEP_SECONDS
    if not len(times):
        return np.zeros(len(clock)), np.zeros(len(clock), bool)
    after = np.searchsorted(times, clock).clip(max=len(times) - 1)
    nearest = np.minimum(np.abs(clock - times[np.maximum(after - 1, 0)]), np.abs(clock - times[after]))
    measured: NDArray[np.bool_] = np.asarray(nearest <= LONGEST_GAP_SECONDS)
    return np.interp(clock, times, rates), measured


def extract(recording: Recording) -> FeatureTable:
    """FS-HR-14 of a recording with a 'heart_rate' signal; all masked without one, but for the time."""
    return heart_rate_table(recording, NAMES, _columns)


def heart_rate_table(
    recording: Recording, names: tuple[str, ...], columns: Callable[[Floats], list[Floats]]
) -> FeatureTable:
    """The table of a set of heart-rate features, the last of which is the time since the start.

    columns: heart rate on the grid, [epochs * PER_EPOCH] in bpm -> every other feature, [epochs] each.
    """
    epochs = recording.epochs
    values = np.zeros((epochs, len(names)))
    valid = np.zeros((epochs, len(names)), bool)
    if "heart_rate" in recording.signals:
        rate, measured = on_grid(recording.signals["heart_rate"], epochs)
        if measured.any():
            values[:, :-1] = np.stack(columns(rate), axis=1)
            valid[:, :-1] = np.any(measured.reshape(epochs, PER_EPOCH), axis=1, keepdims=True)
    values[:, -1], valid[:, -1] = np.arange(epochs) * EPOCH_SECONDS / 3600, True
    return FeatureTable(
        recording.dataset,
        recording.subject,
        names,
        np.where(valid, values, 0.0),
        valid,
        recording.stages,
        recording.notes,
        fixed={len(names) - 1: (HOURS_MEAN, HOURS_STD)},
    )


def smooth(values: Floats, width: float) -> Floats:
    """Gaussian of a width in grid steps of 5 s."""
    from scipy.ndimage import gaussian_filter1d

    return np.asarray(gaussian_filter1d(values, width))


def epoch_mean(values: Floats) -> Floats:
    """[epochs * PER_EPOCH] -> [epochs]."""
    return np.asarray(values.reshape(-1, PER_EPOCH).mean(axis=1))


def log_deviation(rate: Floats, width: float) -> Floats:
    """Logarithm of the standard deviation within a Gaussian window, [epochs]."""
    variance = smooth(rate**2, width) - smooth(rate, width) ** 2
    return np.asarray(np.log(epoch_mean(np.sqrt(np.maximum(variance, 0))) + SMALLEST_BPM))


def log_step(rate: Floats, width: float) -> Floats:
    """Logarithm of the mean change from one grid step to the next, [epochs]."""
    return np.asarray(np.log(epoch_mean(smooth(np.abs(np.diff(rate, prepend=rate[0])), width)) + SMALLEST_BPM))


def log_power(rate: Floats, band: tuple[float, float], width: float) -> Floats:
    """Half the logarithm of the power in a band (Hz), smoothed, [epochs]."""
    from scipy.signal import butter, sosfiltfilt

    wave = sosfiltfilt(butter(2, band, "bandpass", fs=1 / STEP_SECONDS, output="sos"), rate)
    return np.asarray(0.5 * np.log(epoch_mean(smooth(wave**2, width)) + SMALLEST_BPM**2))


def _columns(rate: Floats) -> list[Floats]:
    """Every feature but the time, [epochs] each. Widths below are in grid steps of 5 s."""
    from scipy.ndimage import maximum_filter1d

    slow = np.abs(smooth(rate, 24) - smooth(rate, 120))
    fast = np.abs(smooth(rate, 6) - smooth(rate, 36))
    peak = maximum_filter1d(rate, 18).reshape(-1, PER_EPOCH).max(axis=1)
    return [
        *(epoch_mean(smooth(rate, width)) for width in (4, 36, 120, 400)),
        *(log_deviation(rate, width) for width in (4, 36, 120)),
        *(log_step(rate, width) for width in (6, 72)),
        epoch_mean(smooth(slow, 60)),
        epoch_mean(smooth(fast, 24)),
        peak - epoch_mean(smooth(rate, 60)),
        log_power(rate, (0.03, 0.06), 30),
    ]


FS_HR_14 = register(
    FeatureSet("fs-hr-14", NAMES, {"heart_rate": tuple(range(len(NAMES) - 1)), "clock": (len(NAMES) - 1,)}, extract)
)
