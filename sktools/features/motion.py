"""Movement features from wrist acceleration."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sktools.datasets.recording import Signal
from sktools.features.heart_rate import window_bounds

RATE = 64.0
BAND = (3.0, 11.0)
LONGEST_GAP_SECONDS = 2.0
ORDER = 3


def movement(signal: Signal, seconds: float) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """|band-pass 3-11 Hz| of the acceleration's magnitude at 64 Hz: times [n], values [n] (g), valid [n].

    Samples further than LONGEST_GAP_SECONDS from a measured one are not valid.
    """
    from scipy.signal import butter, sosfiltfilt

    magnitude = np.linalg.norm(signal.values, axis=1)
    start = max(float(signal.times[0]), -60.0)
    end = min(float(signal.times[-1]), seconds + 60.0)
    times = np.arange(start, end, 1 / RATE)
    regular = np.interp(times, signal.times, magnitude)
    after = np.searchsorted(signal.times, times).clip(1, len(signal.times) - 1)
    gap = signal.times[after] - signal.times[after - 1]
    sections = butter(ORDER, BAND, btype="bandpass", fs=RATE, output="sos")
    return times, np.abs(sosfiltfilt(sections, regular)), gap <= LONGEST_GAP_SECONDS


def movement_features(signal: Signal, epochs: int, window: float, hop: float) -> dict[str, NDArray[np.float64]]:
    """mov_mu, mov_std, mov_med (g), each [epochs], NaN where less than half of a window is measured."""
    names = ("mov_mu", "mov_std", "mov_med")
    result = {name: np.full(epochs, np.nan) for name in names}
    if len(signal.times) < 4 * RATE:
        return result
    times, values, valid = movement(signal, epochs * hop)
    first, last = window_bounds(times, epochs, window, hop)
    for epoch in range(epochs):
        inside = slice(first[epoch], last[epoch])
        measured = values[inside][valid[inside]]
        if len(measured) < RATE * window / 2:
            continue
        result["mov_mu"][epoch] = measured.mean()
        result["mov_std"][epoch] = measured.std()
        result["mov_med"][epoch] = np.median(measured)
    return result
