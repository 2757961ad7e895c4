"""A stage of a run, what stages hand on, and the loop that goes through a list of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sktools.pipeline.events import Begun, Caution, Done, Event, Listener, Note, silent
from sktools.pipeline.options import RunOptions

if TYPE_CHECKING:
    from sktools.boards.board import Board
    from sktools.boards.configure import ImageOptions
    from sktools.build.build import Build
    from sktools.compiler.compiled import CompiledModel
    from sktools.datasets.registry import Dataset
    from sktools.profiling.bundle import Bundle
    from sktools.profiling.inputs import FrameSet
    from sktools.profiling.live_night import LiveNight
    from sktools.profiling.power import PowerMeter
    from sktools.profiling.run import Request, Result
    from sktools.profiling.verification import Verification
    from sktools.zoo import ModelRef


@dataclass
class Work:
    """What the stages of a run have made so far. Each stage fills its own fields; reading one too early fails.

    model: the .tflite and what is known of it. board: at the clock, serial rate and probe that were asked for.
    image: options of its image. folder: of the build. meter: measures the board's supply, None if nothing does.
    dataset: None if the frames are the user's own or random. compiled: what `build` makes an image of, None before.
    verification: None if this run does not verify. flash_line: what was done to flash the board.
    live_*: the nights of `sktools live`, how many subjects of the model's training are left out, which are not, and
    what could not be used.
    """

    options: RunOptions
    listener: Listener = silent
    stage: str = ""
    model: ModelRef = field(init=False)
    board: Board = field(init=False)
    image: ImageOptions = field(init=False)
    folder: Path = field(init=False)
    meter: PowerMeter | None = field(init=False)
    dataset: Dataset | None = field(init=False)
    compiled: CompiledModel | None = None
    verification: Verification | None = None
    build: Build = field(init=False)
    flash_line: str = field(init=False)
    frames: FrameSet = field(init=False)
    live_nights: tuple[LiveNight, ...] = field(init=False)
    live_left_out: int = 0
    live_trained: tuple[str, ...] = ()
    live_skipped: list[dict[str, str]] = field(default_factory=list)
    request: Request = field(init=False)
    result: Result = field(init=False)
    bundle: Bundle = field(init=False)
    score: dict[str, Any] = field(init=False)

    def report(self, event: Event) -> None:
        self.listener(event)

    def note(self, text: str) -> None:
        self.report(Note(self.stage, text))

    def caution(self, text: str) -> None:
        self.report(Caution(self.stage, text))


def nothing(_: Work) -> str:
    """The line of a stage that needs none."""
    return ""


@dataclass(frozen=True)
class Stage:
    """One stage. does: one line for documentation. perform: fills the stage's fields of the work.

    begins, ends: the lines that its events carry.
    """

    name: str
    does: str
    perform: Callable[[Work], None]
    begins: Callable[[Work], str] = nothing
    ends: Callable[[Work], str] = nothing


def carry_out(stages: Sequence[Stage], options: RunOptions, listener: Listener = silent) -> Work:
    """Goes through the stages in order and returns all that they made. Raises SktoolsError and OSError."""
    work = Work(options, listener)
    go_through(stages, work)
    return work


def go_through(stages: Sequence[Stage], work: Work) -> None:
    """Goes through the stages in order. If one fails, `work` keeps what the earlier ones made."""
    for stage in stages:
        work.stage = stage.name
        work.report(Begun(stage.name, stage.begins(work), work))
        started = time.monotonic()
        stage.perform(work)
        work.report(Done(stage.name, stage.ends(work), work, time.monotonic() - started))
