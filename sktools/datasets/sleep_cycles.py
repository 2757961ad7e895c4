"""Stage sequences of synthetic nights: a hidden Markov chain of about 90 min sleep cycles.

The night runs through sections (falling asleep; then light, deep, lighter and REM sleep in each cycle; the morning).
A section lasts an Erlang-distributed time, and within it the stages alternate with their own bout lengths. Deep sleep
shrinks and REM grows from cycle to cycle. Proportions after Carskadon & Dement, "Normal human sleep: an overview"
(Principles and Practice of Sleep Medicine): N1 2-5 %, N2 45-55 %, N3 13-23 %, REM 20-25 %, wake below 5 % of a young
adult's night; wake is more frequent here, as in MESA's older cohort.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STAGES = (0, 1, 2, 3, 5)
"""Base class of each of the five chain stages."""

STEPS = 3
"""Erlang steps a section: its length varies by 1/sqrt(STEPS) of its mean."""

ONSET_EPOCHS = 30.0
CYCLE_EPOCHS = {
    "light": (40.0, 36.0, 50.0, 60.0, 60.0),
    "deep": (70.0, 54.0, 28.0, 12.0, 6.0),
    "lighter": (30.0, 40.0, 50.0, 50.0, 40.0),
    "rem": (20.0, 44.0, 56.0, 62.0, 66.0),
}
"""Mean length of each section by cycle, in 30 s epochs: cycles of 80 to 92 minutes."""

SHARES = {
    "onset": (0.85, 0.12, 0.03, 0.0, 0.0),
    "light": (0.07, 0.09, 0.80, 0.04, 0.0),
    "deep": (0.01, 0.01, 0.18, 0.80, 0.0),
    "lighter": (0.08, 0.09, 0.80, 0.03, 0.0),
    "rem": (0.06, 0.06, 0.10, 0.0, 0.78),
    "morning": (0.90, 0.08, 0.02, 0.0, 0.0),
}
"""Share of time in W, N1, N2, N3, REM within a section."""

LEAVING = (0.18, 0.30, 0.10, 0.07, 0.08)
"""Chance an epoch of ending a bout of W, N1, N2, N3, REM."""


@dataclass(frozen=True)
class CycleChain:
    """Markov chain over (section step, stage) of one subject.

    advance: [steps] chance of going on to the next section step, 0 for the last.
    switch: [steps, 5, 5] chance of stage j after stage i while in a section step.
    """

    advance: NDArray[np.float64]
    switch: NDArray[np.float64]


def cycle_chain(pace: float = 1.0, wakefulness: float = 1.0, depth: float = 1.0) -> CycleChain:
    """The chain of one subject.

    pace: scales the length of every section (1 = cycles of about 90 min).
    wakefulness: scales the share of wake during sleep. depth: scales the length of deep sleep.
    """
    sections: list[tuple[str, float]] = [("onset", ONSET_EPOCHS)]
    for cycle in range(len(CYCLE_EPOCHS["light"])):
        for name, lengths in CYCLE_EPOCHS.items():
            sections.append((name, lengths[cycle] * pace * (depth if name == "deep" else 1.0)))
    advance, switch = [], []
    for name, epochs in sections:
        advance += [min(0.9, STEPS / epochs)] * STEPS
        switch += [_switching(name, wakefulness)] * STEPS
    advance.append(0.0)
    switch.append(_switching("morning", 1.0))
    return CycleChain(np.array(advance), np.array(switch))


def sample_stages(chain: CycleChain, epochs: int, generator: np.random.Generator) -> NDArray[np.int64]:
    """Indices into STAGES, [epochs]; every night begins awake."""
    stages = np.zeros(epochs, np.int64)
    step = 0
    draws = generator.random((epochs, 2))
    cumulative = np.cumsum(chain.switch, axis=-1)
    for epoch in range(1, epochs):
        if draws[epoch, 0] < chain.advance[step]:
            step += 1
        row = cumulative[step, stages[epoch - 1]]
        stages[epoch] = min(int(np.searchsorted(row, draws[epoch, 1], side="right")), len(STAGES) - 1)
    return stages


def _switching(section: str, wakefulness: float) -> NDArray[np.float64]:
    """[5, 5]: a bout of stage i ends with LEAVING[i], the next stage is drawn so that SHARES hold in the long run."""
    shares = np.array(SHARES[section])
    if section not in ("onset", "morning"):
        shares[:2] *= wakefulness
        shares /= shares.sum()
    leaving = np.array(LEAVING)
    target = shares * leaving
    target /= target.sum()
    matrix: NDArray[np.float64] = np.diag(1 - leaving) + leaving[:, None] * target[None, :]
    return matrix
