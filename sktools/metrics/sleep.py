"""Sleep measures of a night from its hypnogram (definitions of the AASM scoring manual)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sktools.errors import DataError
from sktools.model_config import EPOCH_SECONDS

MINUTES = EPOCH_SECONDS / 60
MEASURES = ("total_sleep_min", "efficiency_percent", "latency_min", "wake_after_onset_min")


@dataclass(frozen=True)
class SleepSummary:
    """Of the scored epochs of one night.

    total_sleep_min: minutes asleep. efficiency_percent: of the scored time asleep.
    latency_min: minutes from the first scored epoch to the first asleep; all of them where there is none.
    wake_after_onset_min: minutes awake after that epoch.
    """

    total_sleep_min: float
    efficiency_percent: float
    latency_min: float
    wake_after_onset_min: float


def sleep_summary(classes: NDArray[np.int64], scored: NDArray[np.bool_], wake: int) -> SleepSummary:
    """Sleep measures of a night.

    classes: [epochs] class of each epoch. scored: [epochs], others are left out. wake: the class that means awake.
    Raises DataError where no epoch is scored.
    """
    if not scored.any():
        raise DataError("no scored epoch in the night")
    asleep = classes[scored] != wake
    onset = int(np.argmax(asleep)) if asleep.any() else len(asleep)
    return SleepSummary(
        total_sleep_min=float(asleep.sum() * MINUTES),
        efficiency_percent=float(100 * asleep.mean()),
        latency_min=onset * MINUTES,
        wake_after_onset_min=float((~asleep[onset:]).sum() * MINUTES),
    )
