"""One night of one subject, as every reader yields it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sktools.datasets.waveform import Waveform
from sktools.errors import DataError
from sktools.model_config import BASE_STAGES

UNSCORED = -1
NIGHT_MARK = "@"
"""In a subject id it stands between the person and the night, as in anna@2: all nights of a person stay together."""


def person_of(subject: str) -> str:
    """The person of a subject id: what stands before the NIGHT_MARK, or the whole id of a person with one night."""
    return subject.partition(NIGHT_MARK)[0]


def deal(subjects: Sequence[str], folds: int) -> tuple[tuple[str, ...], ...]:
    """Subjects dealt to folds in turn, in their order, person by person: all nights of a person are in one fold."""
    people = list(dict.fromkeys(map(person_of, subjects)))
    parts = [set(people[fold::folds]) for fold in range(folds)]
    return tuple(tuple(subject for subject in subjects if person_of(subject) in part) for part in parts)


@dataclass(frozen=True)
class Signal:
    """A sampled quantity.

    times: float64 [n], seconds from the recording's first epoch, ascending; negative before it.
    values: float64 [n] or [n, axes], in `unit`.
    """

    times: NDArray[np.float64]
    values: NDArray[np.float64]
    unit: str

    def __post_init__(self) -> None:
        if len(self.times) != len(self.values):
            raise DataError(f"signal has {len(self.times)} times and {len(self.values)} values")
        if len(self.times) > 1 and not bool(np.all(np.diff(self.times) > 0)):
            raise DataError("signal times are not ascending")


@dataclass(frozen=True)
class Recording:
    """One night.

    dataset: registered name of the data set. subject: id within it.
    stages: int8 [epochs], one label per 30 s epoch in base classes: 0 wake, 1 N1, 2 N2, 3 N3, 5 REM, -1 unscored.
    signals: by name; 'heart_rate' (bpm, irregular), 'acceleration' (g, [n, 3]), 'activity_counts' (counts, at most one
    per epoch, timed by the start of the epoch); what a data set lacks is absent.
    waveforms: raw signals by name; 'ppg' (any unit), 'acceleration' (g, [n, 3]), 'leg_emg' (any unit, stands in for
    acceleration), 'spo2' (%), 'oximeter_status' (0 good; from 2.8 on poor).
    features: for data sets that hold features instead of signals: name -> float64 [epochs], NaN where invalid.
    start: clock time of the first epoch, ISO 8601, empty where the data set does not tell.
    bedtime: seconds from the first epoch to the time when the person went to bed; 0 if the data set does not say.
    notes: what the reader had to mend or leave out.
    """

    dataset: str
    subject: str
    stages: NDArray[np.int8]
    signals: Mapping[str, Signal] = field(default_factory=dict)
    waveforms: Mapping[str, Waveform] = field(default_factory=dict)
    features: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    start: str = ""
    bedtime: float = 0.0
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.stages.ndim != 1 or len(self.stages) == 0:
            raise DataError(f"{self.subject}: no epochs")
        strange = sorted(set(np.unique(self.stages).tolist()) - set(BASE_STAGES) - {UNSCORED})
        if strange:
            raise DataError(f"{self.subject}: unknown stage {strange[0]}")
        for name, values in self.features.items():
            if values.shape != self.stages.shape:
                raise DataError(f"{self.subject}: feature {name} has {len(values)} epochs, labels {len(self.stages)}")

    @property
    def epochs(self) -> int:
        return len(self.stages)
