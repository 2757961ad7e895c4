"""Heart-rate features from an irregular heart-rate series, such as a watch's one value every 5 s."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sktools.datasets.recording import Signal

MINIMUM_VALUES = 4
"""Values a window needs; fewer are masked, as fewer than 4 beats are in FS-W-PA-14."""

PLAUSIBLE_BPM = (30.0, 220.0)

NOTE = (
    "hrv_td_* are taken from 60 / heart rate of a smoothed series (about one value every 5 s): they follow slow "
    "changes of the heart rate and understate beat-to-beat variability"
)


def window_bounds(
    times: NDArray[np.float64], epochs: int, window: float, hop: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First index and index past the last of each epoch's window, which is centred on the epoch."""
    centres = (np.arange(epochs) + 0.5) * hop
    return np.searchsorted(times, centres - window / 2), np.searchsorted(times, centres + window / 2)


def heart_rate_features(signal: Signal, epochs: int, window: float, hop: float) -> dict[str, NDArray[np.float64]]:
    """hr_bpm, hrv_td_mean_nn, hrv_td_sd_nn and hrv_td_median_nn (s), each [epochs].

    NaN where a window holds fewer than MINIMUM_VALUES plausible values. window, hop: seconds.
    """
    plausible = (signal.values >= PLAUSIBLE_BPM[0]) & (signal.values <= PLAUSIBLE_BPM[1])
    times, rates = signal.times[plausible], signal.values[plausible]
    names = ("hr_bpm", "hrv_td_mean_nn", "hrv_td_sd_nn", "hrv_td_median_nn")
    result = {name: np.full(epochs, np.nan) for name in names}
    first, last = window_bounds(times, epochs, window, hop)
    for epoch in range(epochs):
        rate = rates[first[epoch] : last[epoch]]
        if len(rate) < MINIMUM_VALUES:
            continue
        interval = 60.0 / rate
        result["hr_bpm"][epoch] = rate.mean()
        result["hrv_td_mean_nn"][epoch] = interval.mean()
        result["hrv_td_sd_nn"][epoch] = interval.std()
        result["hrv_td_median_nn"][epoch] = np.median(interval)
    return result
