"""FS-WATCH-14: 14 causal features of a heart rate, activity counts and the time since bedtime, one row per epoch.

Row t uses heart-rate samples before the end of epoch t and activity counts of epochs up to t - COUNTS_DELAY: the
look-ahead is 0. Counts are read late because a count of Sleep-Accel is smoothed and looks two minutes ahead.
A row is made once, from a state of fixed size, and never changes:

- heart rate: 7 running means, 3 running variances, 3 running steps, one running power, the last value, and a
  histogram of the night so far of LEVELS bins of 0.5 bpm (uint16);
- counts: 3 running means, the age of the last movement, and a queue of COUNTS_DELAY counts.

A running mean m of time constant T follows a value x by m += (1 - exp(-step / T)) * (x - m). The heart rate is
sampled every STEP_SECONDS: the last plausible value before the end of the step, if it is at most OLDEST_SECONDS old.
An epoch without any such value has no heart-rate features, and one without a count no features of the counts; they
are 0 after normalisation, and the state stays as it is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sktools.datasets.recording import Recording, Signal
from sktools.features.activity import with_activity_counts
from sktools.features.feature_set import FeatureSet, FeatureTable, register
from sktools.features.heart_rate import PLAUSIBLE_BPM
from sktools.model_config import EPOCH_SECONDS

Floats = NDArray[np.float64]

STEP_SECONDS = 5.0
PER_EPOCH = int(EPOCH_SECONDS / STEP_SECONDS)
OLDEST_SECONDS = 60.0
COUNTS_DELAY = 4
"""Epochs that a count is read late."""

NAMES = (
    "hr_1min",
    "hr_above_low",
    "hr_rank",
    "hr_trend_fast",
    "hr_trend_slow",
    "hr_trend_night",
    "hr_log_sd_5min",
    "hr_log_step_1min",
    "hr_log_step_10min",
    "hr_log_power_slow",
    "counts_log",
    "counts_log_4min",
    "counts_still",
    "clock",
)
HEART_RATE, COUNTS, CLOCK = slice(0, 10), slice(10, 13), 13

LEVELS, LOWEST_BPM, LEVEL_BPM = 256, 30.0, 0.5
LOW_SHARE = 0.1
RANK_PRIOR = 20.0
"""Epochs of rank 0.5 that the rank starts from."""

MEAN_SECONDS = (30.0, 60.0, 180.0, 300.0, 600.0, 1200.0, 2400.0)
"""Time constants of the running means of the heart rate."""

SMALLEST_BPM = 0.05
SMALLEST_COUNT = 0.02
MOVED_COUNT = 2.0
"""A count from which on the wearer is said to move."""

LONGEST_STILL = 60
"""Epochs since a movement that are told apart."""

CLOCK_MINUTES = 15.0
FIXED = {
    2: (0.5, 0.29),
    10: (-2.0, 2.0),
    11: (-1.0, 1.6),
    12: (2.5, 1.3),
    CLOCK: (4.0, 1.2),
}
"""Feature index -> (mean, standard deviation) of the features that constants normalise."""


def share(seconds: float, step: float = STEP_SECONDS) -> float:
    """Of a new value in a running mean of a time constant."""
    return 1.0 - math.exp(-step / seconds)


def clock(epochs: int) -> Floats:
    """log2(1 + minutes / CLOCK_MINUTES) at the start of each epoch, [epochs]: fine at bedtime, coarse at dawn."""
    return np.asarray(np.log2(1.0 + np.arange(epochs) * EPOCH_SECONDS / 60.0 / CLOCK_MINUTES))


def held(signal: Signal, epochs: int) -> Floats:
    """The heart rate of every step, [epochs * PER_EPOCH] in bpm, NaN if its last value is too old."""
    plausible = (signal.values >= PLAUSIBLE_BPM[0]) & (signal.values <= PLAUSIBLE_BPM[1])
    times, rates = signal.times[plausible], signal.values[plausible]
    ends = (np.arange(epochs * PER_EPOCH) + 1) * STEP_SECONDS
    last = np.searchsorted(times, ends, side="left") - 1
    result = np.full(len(ends), np.nan)
    known = last >= 0
    known[known] = ends[known] - times[last[known]] <= OLDEST_SECONDS
    result[known] = rates[last[known]]
    return result


def epoch_counts(signal: Signal, epochs: int) -> Floats:
    """The count of every epoch, [epochs], NaN if there is none."""
    result = np.full(epochs, np.nan)
    index = np.floor(signal.times / EPOCH_SECONDS).astype(int)
    inside = (index >= 0) & (index < epochs) & np.isfinite(signal.values)
    result[index[inside]] = signal.values[inside]
    return result


@dataclass
class HeartRateState:
    """All that is kept of the heart rate between epochs."""

    means: list[float] = field(default_factory=list)
    variance: float = 25.0
    step_1min: float = 1.0
    step_10min: float = 1.0
    power: float = 4.0
    last: float = 0.0
    histogram: NDArray[np.int64] = field(default_factory=lambda: np.zeros(LEVELS, np.int64))
    epochs: int = 0

    def row(self, values: Floats) -> list[float] | None:
        """The heart-rate features of an epoch from its steps, NaN if missing; None if all are."""
        known = [float(value) for value in values if value == value]
        if not known:
            return None
        for value in known:
            self._follow(value)
        mean = sum(known) / len(known)
        level = min(LEVELS - 1, max(0, int((mean - LOWEST_BPM) / LEVEL_BPM)))
        self.histogram[level] += 1
        self.epochs += 1
        below = np.cumsum(self.histogram)
        rank = (below[level] - 0.5 * self.histogram[level] + 0.5 * RANK_PRIOR) / (self.epochs + RANK_PRIOR)
        lowest = int(np.argmax(below > LOW_SHARE * self.epochs))
        low = LOWEST_BPM + LEVEL_BPM * (lowest + 0.5)
        half, one, three, _, ten, _, forty = self.means
        return [
            one,
            one - low,
            float(rank),
            half - three,
            three - ten,
            ten - forty,
            0.5 * math.log(self.variance + SMALLEST_BPM),
            math.log(self.step_1min + SMALLEST_BPM),
            math.log(self.step_10min + SMALLEST_BPM),
            0.5 * math.log(self.power + SMALLEST_BPM),
        ]

    def _follow(self, value: float) -> None:
        if not self.means:
            self.means, self.last = [value] * len(MEAN_SECONDS), value
        self.means = [
            mean + share(seconds) * (value - mean) for mean, seconds in zip(self.means, MEAN_SECONDS, strict=True)
        ]
        half, _, three, five, *_ = self.means
        self.variance += share(300.0) * ((value - five) ** 2 - self.variance)
        change, self.last = abs(value - self.last), value
        self.step_1min += share(60.0) * (change - self.step_1min)
        self.step_10min += share(600.0) * (change - self.step_10min)
        self.power += share(600.0) * ((half - three) ** 2 - self.power)


@dataclass
class CountsState:
    """All that is kept of the activity counts between epochs, but for the queue that makes them late."""

    mean: float = 0.0
    still: int = LONGEST_STILL

    def row(self, count: float) -> list[float] | None:
        """The features of a count; None if it is NaN."""
        if count != count:
            return None
        self.mean += share(240.0, EPOCH_SECONDS) * (count - self.mean)
        self.still = 0 if count > MOVED_COUNT else min(LONGEST_STILL, self.still + 1)
        return [math.log(count + SMALLEST_COUNT), math.log(self.mean + SMALLEST_COUNT), math.log(1.0 + self.still)]


def extract(recording: Recording) -> FeatureTable:
    """FS-WATCH-14 of a recording with 'heart_rate', 'activity_counts' or both; what it lacks is masked."""
    recording = with_activity_counts(recording)
    epochs = recording.epochs
    values, valid = np.zeros((epochs, len(NAMES))), np.zeros((epochs, len(NAMES)), bool)
    values[:, CLOCK], valid[:, CLOCK] = clock(epochs), True
    if "heart_rate" in recording.signals:
        rate = held(recording.signals["heart_rate"], epochs).reshape(epochs, PER_EPOCH)
        heart = HeartRateState()
        for epoch in range(epochs):
            row = heart.row(rate[epoch])
            if row is not None:
                values[epoch, HEART_RATE], valid[epoch, HEART_RATE] = row, True
    if "activity_counts" in recording.signals:
        counts = epoch_counts(recording.signals["activity_counts"], epochs)
        motion = CountsState()
        for epoch in range(COUNTS_DELAY, epochs):
            row = motion.row(float(counts[epoch - COUNTS_DELAY]))
            if row is not None:
                values[epoch, COUNTS], valid[epoch, COUNTS] = row, True
    return FeatureTable(
        recording.dataset,
        recording.subject,
        NAMES,
        values,
        valid,
        recording.stages,
        recording.notes,
        fixed=FIXED,
    )


FS_WATCH_14 = register(
    FeatureSet(
        "fs-watch-14",
        NAMES,
        {"heart_rate": tuple(range(10)), "activity_counts": (10, 11, 12), "clock": (CLOCK,)},
        extract,
        look_ahead_epochs=0,
    )
)
