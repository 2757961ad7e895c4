"""What a run reports while it works. `str(event)` is one line for people, so `progress=print` shows a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sktools.pipeline.stage import Work
    from sktools.profiling.live import EpochReport
    from sktools.profiling.session import FrameReport


@dataclass(frozen=True)
class Event:
    """stage: name of the stage that reports. text: one line, may be empty."""

    stage: str
    text: str

    def __str__(self) -> str:
        return f"{self.stage}: {self.text}"


@dataclass(frozen=True)
class Begun(Event):
    """A stage begins. text: what it does, empty if it is done at once. work: what earlier stages made."""

    work: Work

    def __str__(self) -> str:
        return f"{self.stage}: {self.text or 'begins'}"


@dataclass(frozen=True)
class Note(Event):
    """A choice or a fact that the user may want to know."""


@dataclass(frozen=True)
class Caution(Event):
    """Something was left out, or may not be what the user expects. The run goes on."""


@dataclass(frozen=True)
class Advanced(Event):
    """done of total units of the stage's work are finished."""

    done: int
    total: int

    def __str__(self) -> str:
        return f"{self.stage}: {self.text} {self.done} of {self.total}"


@dataclass(frozen=True)
class FrameDone(Event):
    """One more frame was measured."""

    report: FrameReport


@dataclass(frozen=True)
class EpochDone(Event):
    """One more epoch of a night was given to a board's stager."""

    report: EpochReport


@dataclass(frozen=True)
class Done(Event):
    """A stage has ended. text: what it made, empty if that is not worth a line. seconds: wall-clock time."""

    work: Work
    seconds: float

    def __str__(self) -> str:
        return f"{self.stage}: {self.text or 'done'} ({self.seconds:.1f} s)"


Listener = Callable[[Event], None]


def silent(_: Event) -> None:
    """Reports to nobody."""
