"""Sleep statistics of a night from its stages, by the names and definitions of YASA (Hypnogram.sleep_statistics).

Minutes, but for SE, SME and the shares (%), and SFI (awakenings per hour of sleep):

TIB: time in bed, from lights off to lights on. SPT: from the first epoch asleep to the last. TST: asleep.
WASO: awake within SPT. SE: TST in % of TIB. SME: TST in % of SPT. SFI: changes from sleep to wake per hour of TST.
SOL: from lights off to the first epoch asleep. SOL_5min: to the first five minutes asleep without a break.
Lat_REM: from lights off to the first REM. REM_latency: from the first epoch asleep to the first REM, as the AASM manual
has it (Lat_REM - SOL). WAKE, N1, ...: minutes of each stage. %N1, ...: of each sleep stage, in % of TST.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktools.errors import DataError, UsageError
from sktools.metrics.agreement import bland_altman
from sktools.model_config import EPOCH_SECONDS, standard_names

UNSCORED = -1
EPOCHS_PER_MINUTE = 60 / EPOCH_SECONDS
PERSISTENT_MINUTES = 5
READ_FIRST = ("TST", "SE", "SOL", "WASO", "REM_latency")
"""The statistics of a table that has no room for all."""

Statistics = dict[str, float | None]


@dataclass(frozen=True)
class Stages:
    """The classes of a hypnogram: their names as YASA spells them, and which of them is wake."""

    names: tuple[str, ...]
    wake: int = 0


def stages_of(class_names: Sequence[str], wake: int = 0) -> Stages:
    """The stages of a model's classes. wake: index of the class that means awake."""
    return Stages(standard_names(class_names), wake)


@dataclass(frozen=True)
class Lights:
    """Seconds from the first epoch of a recording to lights off and to lights on; None if they are not known."""

    off: float | None = None
    on: float | None = None

    def __post_init__(self) -> None:
        if self.off is not None and self.on is not None and self.on <= self.off:
            raise UsageError("lights on must be later than lights off")


def in_bed(stages: NDArray[np.int64], lights: Lights) -> NDArray[np.int64]:
    """The epochs from lights off to lights on, to the nearest whole epoch; what lies outside the recording is unscored.

    stages: [epochs], UNSCORED if not scored. Without a time of lights off or on the first or last scored epoch stands
    for it: scorers begin at lights off. Raises DataError if no scored epoch is left.
    """
    scored = np.flatnonzero(stages != UNSCORED)
    first = round(lights.off / EPOCH_SECONDS) if lights.off is not None else int(scored[0]) if len(scored) else 0
    last = round(lights.on / EPOCH_SECONDS) if lights.on is not None else int(scored[-1]) + 1 if len(scored) else 0
    before, after = max(0, -first), max(0, last - max(len(stages), first))
    inside = stages[max(0, first) : max(0, last)]
    if not (inside != UNSCORED).any():
        raise DataError("no scored epoch between lights off and lights on")
    return np.concatenate([np.full(before, UNSCORED), inside, np.full(after, UNSCORED)])


def sleep_statistics(stages: NDArray[np.int64], of: Stages) -> Statistics:
    """The statistics of one night; None for what a night without sleep, or without REM, does not have.

    stages: [epochs] of the time in bed, class index, UNSCORED if not scored. Unscored epochs count for TIB, SPT and the
    latencies, and for no stage. There is no latency to REM if no class is named REM. Raises DataError for no epoch.
    """
    if not len(stages):
        raise DataError("sleep statistics need one epoch or more")
    asleep = (stages != UNSCORED) & (stages != of.wake)
    sleeping = np.flatnonzero(asleep)
    found: dict[str, float] = {"TIB": len(stages), "SPT": 0.0, "TST": 0.0}
    found |= dict.fromkeys(("WASO", "SE", "SME", "SFI", "SOL", "SOL_5min"), math.nan)
    found["SE"] = 0.0
    if len(sleeping):
        first, last = int(sleeping[0]), int(sleeping[-1]) + 1
        found |= {"SPT": last - first, "TST": len(sleeping), "SOL": first}
        found["WASO"] = float(np.sum(stages[first:last] == of.wake))
        found["SE"] = 100 * len(sleeping) / len(stages)
        found["SME"] = 100 * len(sleeping) / (last - first)
        wakes = int(np.sum(asleep[:-1] & (stages[1:] == of.wake)))
        found["SFI"] = wakes * 60 * EPOCHS_PER_MINUTE / len(sleeping)
        found["SOL_5min"] = _first_run(asleep, math.ceil(PERSISTENT_MINUTES * EPOCHS_PER_MINUTE))
    if "REM" in of.names:
        rem = np.flatnonzero(stages == of.names.index("REM"))
        found["Lat_REM"] = int(rem[0]) if len(rem) else math.nan
        found["REM_latency"] = found["Lat_REM"] - found["SOL"]
    counts = {name: int(np.sum(stages == index)) for index, name in enumerate(of.names) if name != "SLEEP"}
    found |= counts
    in_epochs = {"TIB", "SPT", "TST", "WASO", "SOL", "SOL_5min", "Lat_REM", "REM_latency", *counts}
    result = {name: value / EPOCHS_PER_MINUTE if name in in_epochs else value for name, value in found.items()}
    for index, name in enumerate(of.names):
        if name in counts and index != of.wake:
            result[f"%{name}"] = 100 * counts[name] / len(sleeping) if len(sleeping) else math.nan
    return {name: None if math.isnan(value) else round(float(value), 4) for name, value in result.items()}


def _first_run(asleep: NDArray[np.bool_], length: int) -> float:
    """First epoch of the first run of `length` epochs asleep; NaN without one."""
    sums = np.concatenate([[0], np.cumsum(asleep)])
    starts = np.flatnonzero(sums[length:] - sums[:-length] == length) if len(asleep) >= length else np.zeros(0)
    return float(starts[0]) if len(starts) else math.nan


def compare_nights(
    true: NDArray[np.int64], predicted: NDArray[np.int64], of: Stages, lights: Lights = Lights()
) -> dict[str, Statistics | None]:
    """`true` and `predicted` statistics of one night. Without labels `true` is None and every epoch is predicted.

    true, predicted: [epochs]; an epoch that the truth leaves unscored counts for neither side.
    """
    scored = true != UNSCORED
    if not scored.any():
        return {"true": None, "predicted": sleep_statistics(in_bed(predicted, lights), of)}
    return {
        "true": sleep_statistics(in_bed(true, lights), of),
        "predicted": sleep_statistics(in_bed(np.where(scored, predicted, UNSCORED), lights), of),
    }


def sleep_agreement(nights: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Of each statistic the mean of both sides, and bias and limits of predicted less true (BlandAltman), over nights.

    nights: as compare_nights returns them; nights without labels are left out. A statistic that one side of a night
    does not have leaves that night out of its row, so `subjects` may be smaller than the number of nights.
    """
    labelled = [night for night in nights if night["true"] is not None]
    result = {}
    for name in labelled[0]["true"] if labelled else ():
        pairs = [(night["true"][name], night["predicted"][name]) for night in labelled]
        known = [(true, predicted) for true, predicted in pairs if true is not None and predicted is not None]
        if known:
            true, predicted = zip(*known, strict=True)
            means = {"true": float(np.mean(true)), "predicted": float(np.mean(predicted))}
            result[name] = {**means, **asdict(bland_altman(true, predicted))}
    return result
