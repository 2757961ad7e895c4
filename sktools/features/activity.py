"""Activity counts for recordings that have movement and no counts: from acceleration, or from what stands in for it.

Counts that a data set holds are used as they are. Computed ones come from motion_counts.py, which a watch can run.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sktools.datasets.recording import Recording, Signal
from sktools.datasets.waveform import Waveform
from sktools.features.motion_counts import BAND, epoch_counts
from sktools.model_config import EPOCH_SECONDS

Floats = NDArray[np.float64]

COUNTS = "activity_counts"
Z_AXIS = 2
EMG_PERCENT, EMG_G = 99.0, 0.3
"""The leg EMG has no g: this percentile of its size in the night is taken for so many."""

COMPUTED_NOTE = "activity counts are computed from the acceleration's z axis; they are no vendor's counts"
EMG_NOTE = (
    "activity counts are computed from the leg EMG, which stands in for wrist acceleration: scaled so that its "
    f"{EMG_PERCENT:g}th percentile over the night is {EMG_G:g} g"
)


def with_activity_counts(recording: Recording) -> Recording:
    """The recording with 'activity_counts' among its signals, if it has them or they can be computed; else as it is.

    From a 'acceleration' signal or waveform (g, z axis), else from a 'leg_emg' waveform. What was done is noted.
    """
    if COUNTS in recording.signals:
        return recording
    source, note = _movement(recording)
    if source is None:
        return recording if not note else replace(recording, notes=(*recording.notes, note))
    counts = epoch_counts(*source, recording.epochs)
    known = np.flatnonzero(np.isfinite(counts))
    if not len(known):
        return replace(recording, notes=(*recording.notes, "too little movement is measured for activity counts"))
    signal = Signal(known.astype(np.float64) * EPOCH_SECONDS, counts[known], "counts")
    return replace(recording, signals={**recording.signals, COUNTS: signal}, notes=(*recording.notes, note))


def _movement(recording: Recording) -> tuple[tuple[NDArray[np.int64], Floats] | None, str]:
    """Times (ms) and values (g) of one axis, None if there is no movement to use; and a note, may be empty."""
    if "acceleration" in recording.signals:
        signal = recording.signals["acceleration"]
        rate = 1 / float(np.median(np.diff(signal.times))) if len(signal.times) > 1 else 0.0
        return _fast_enough(rate, np.round(1000 * signal.times).astype(np.int64), signal.values[:, Z_AXIS])
    if "acceleration" in recording.waveforms:
        wave = recording.waveforms["acceleration"]
        axis = wave.values if wave.values.ndim == 1 else wave.values[:, Z_AXIS]
        return _fast_enough(wave.rate, *_measured(wave, axis.astype(np.float64)))
    if "leg_emg" in recording.waveforms:
        wave = recording.waveforms["leg_emg"]
        times, values = _measured(wave, wave.values.astype(np.float64).reshape(len(wave.values), -1)[:, 0])
        if not len(values):
            return None, ""
        middle = float(np.median(values))
        size = float(np.percentile(np.abs(values - middle), EMG_PERCENT))
        scaled: Floats = (values - middle) * (EMG_G / size if size > 0 else 0.0)
        source, note = _fast_enough(wave.rate, times, scaled)
        return source, note if source is None else EMG_NOTE
    return None, ""


def _fast_enough(
    rate: float, times: NDArray[np.int64], values: Floats
) -> tuple[tuple[NDArray[np.int64], Floats] | None, str]:
    if rate < 2 * BAND[1]:
        return None, (
            f"movement sampled at {rate:.3g} Hz cannot hold {BAND[0]:g}-{BAND[1]:g} Hz; there are no activity counts"
        )
    return (times, values), COMPUTED_NOTE


def _measured(wave: Waveform, values: Floats) -> tuple[NDArray[np.int64], Floats]:
    """Times in ms and values of the samples that are measured."""
    times = np.round(1000 * (wave.start + np.arange(len(values)) / wave.rate)).astype(np.int64)
    known = np.isfinite(values)
    return times[known], values[known]
