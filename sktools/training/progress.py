"""What a long run tells its caller."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Progress:
    """One step of a run.

    phase: 'read', 'teach', 'fit', 'convert', 'evaluate', 'answer' or 'skip'. done, total: how far the phase is.
    message of 'fit': which of several trainings in turn, empty where there is one.
    figures: such as loss, learning_rate, kappa_<data set> of a finished training epoch. message: for a log line.
    """

    phase: str
    done: int = 0
    total: int = 0
    figures: Mapping[str, float] = field(default_factory=dict)
    message: str = ""


ProgressCallback = Callable[[Progress], None]


def silent(_: Progress) -> None:
    """Tells nobody."""
