"""Activity counts of wrist acceleration as it comes: the twin of firmware/stager/sk_motion.c.

After te Lindert and Van Someren (Sleep 36, 2013, 781) as Walch 2019 computes them: the z axis at 50 Hz, band-pass of 3
to 11 Hz, the largest size in each second in steps of 5 g / 128, summed over 15 s, less 18, times 3.07; then smoothed
with a Gaussian of 50 s, here cut off at two minutes. The smoothing looks ahead, so that the count of an epoch is
complete four epochs later: that is when FS-WATCH-14 reads it. Nothing else looks ahead, and memory is bounded.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sktools.model_config import EPOCH_SECONDS

Floats = NDArray[np.float64]

STEP_MS, RATE = 20, 50
LONGEST_GAP_MS = 2000
BAND, ORDER = (3.0, 11.0), 5
BIN_SECONDS = 15
EPOCH_MS = 1000 * EPOCH_SECONDS
STEP_G, MOST_STEPS = 5.0 / 128, 128
OFFSET, GAIN = 18.0, 3.07
SMOOTHING_SECONDS, REACH = 50.0, 8
"""Width of the Gaussian, and bins of 15 s to either side of an epoch's start that it reaches."""

LEAST_KNOWN = 0.5
"""Share of a bin's seconds, and of the Gaussian's weight, that must be measured."""


def epoch_counts(times: NDArray[np.int64], z: Floats, epochs: int) -> Floats:
    """Counts per epoch, [epochs], NaN if too little is measured.

    times: ms from the first epoch, ascending, [n]. z: g, [n].
    """
    bins = _bins(times, z, (epochs + 1 + REACH * BIN_SECONDS // EPOCH_SECONDS) * EPOCH_SECONDS // BIN_SECONDS)
    weight = np.exp(-0.5 * ((np.arange(2 * REACH) - REACH + 0.5) * BIN_SECONDS / SMOOTHING_SECONDS) ** 2)
    per_epoch = EPOCH_SECONDS // BIN_SECONDS
    padded = np.concatenate([np.full(REACH, np.nan), bins])
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * REACH)[::per_epoch][:epochs]
    known = np.isfinite(around) * weight
    total = known.sum(axis=1)
    smooth = (np.where(np.isfinite(around), around, 0.0) * weight).sum(axis=1) / np.maximum(total, 1e-9)
    return np.asarray(np.where(total >= LEAST_KNOWN * weight.sum(), smooth, np.nan))


def _bins(times: NDArray[np.int64], z: Floats, count: int) -> Floats:
    """Counts of each 15 s, [count], NaN if too few of its seconds are measured."""
    from scipy.signal import butter, sosfilt

    sections = butter(ORDER, BAND, btype="bandpass", fs=RATE, output="sos")
    largest = np.full(count * BIN_SECONDS, -1.0)
    breaks = np.flatnonzero(np.diff(times) > LONGEST_GAP_MS) + 1
    for part, values in zip(np.split(times, breaks), np.split(z, breaks), strict=True):
        if len(part) < 2:
            continue
        # Grid points behind the first sample, up to the last.
        grid = np.arange(part[0] // STEP_MS + 1, part[-1] // STEP_MS + 1)
        moved = sosfilt(sections, np.interp(grid * STEP_MS, part, values) - values[0])
        second = grid * STEP_MS // 1000
        # A point that the next epoch's first sample completes comes too late for its own epoch.
        completed = part[np.searchsorted(part, grid * STEP_MS)]
        in_time = completed // EPOCH_MS == grid * STEP_MS // EPOCH_MS
        inside = (second >= 0) & (second < len(largest)) & in_time
        np.maximum.at(largest, second[inside], np.abs(moved[inside]))
    steps = np.minimum(np.floor(largest / STEP_G) + 1, MOST_STEPS).reshape(count, BIN_SECONDS)
    measured = (largest >= 0).reshape(count, BIN_SECONDS)
    share = measured.mean(axis=1)
    # Seconds without a sample count as the mean of the others.
    total = np.where(measured, steps, 0.0).sum(axis=1) / np.maximum(share, 1e-9)
    return np.asarray(np.where(share >= LEAST_KNOWN, np.maximum(GAIN * (total - OFFSET), 0.0), np.nan))
