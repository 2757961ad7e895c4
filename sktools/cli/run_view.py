"""What a user sees of a run's stages: lines, a spinner for long work, a live table while frames run, and events."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from sktools.cli.console import Bar, console
from sktools.cli.live_view import LiveView
from sktools.cli.night_view import NightView
from sktools.pipeline.events import Advanced, Begun, Caution, Done, EpochDone, Event, FrameDone, Note

if TYPE_CHECKING:
    from sktools.pipeline.stage import Work


class RunView:
    """Shows the events of sktools.pipeline on the console. Leaving the context ends what is drawn."""

    def __init__(self) -> None:
        self._drawn = ExitStack()
        self._frames: LiveView | None = None
        self._night: NightView | None = None
        self._bar: Bar | None = None

    def __enter__(self) -> RunView:
        return self

    def __exit__(self, *exception: object) -> None:
        self._drawn.close()

    def update(self, event: Event) -> None:
        """The listener of a run."""
        if isinstance(event, Begun):
            self._begin(event)
        elif isinstance(event, Done):
            self._end(event)
        elif isinstance(event, FrameDone) and self._frames is not None:
            self._frames.update(event.report)
        elif isinstance(event, EpochDone) and self._night is not None:
            self._night.update(event.report)
        elif isinstance(event, Advanced):
            self._advance(event)
        elif isinstance(event, Caution):
            console.warning(event.text)
        elif isinstance(event, Note):
            console.info(event.text)

    def _begin(self, event: Begun) -> None:
        work = event.work
        if event.stage == "build":
            options = work.options
            console.event(
                "build",
                model=work.model.name,
                board=work.board.name,
                engine=options.engine,
                optimize=options.optimize,
            )
        if event.stage == "measure":
            console.event("profile", frames=len(work.frames.frames), source=work.frames.source)
            self._frames = self._drawn.enter_context(LiveView(event.text, work.build.model, work.frames))
        elif event.stage == "replay":
            assert work.model.config is not None
            names, total = work.model.config.classes.names, sum(night.epochs for night in work.live_nights)
            self._night = self._drawn.enter_context(NightView(event.text, names, total))
        elif event.text:
            self._drawn.enter_context(console.waiting(event.text))

    def _end(self, event: Done) -> None:
        self._drawn.close()
        self._frames = self._night = self._bar = None
        if event.stage in ("model", "build", "flash") and event.text:
            seconds = f" ({event.seconds:.1f} s)" if event.stage == "build" else ""
            name = "" if event.stage == "flash" else f"{event.stage}: "
            console.info(f"{name}{event.text}{seconds}")
        _end_event(event.stage, event.work)

    def _advance(self, event: Advanced) -> None:
        console.event("progress", phase=event.stage, done=event.done, total=event.total, message=event.text, figures={})
        if self._bar is None:
            self._bar = self._drawn.enter_context(console.progress(f"{event.stage} {event.text}", event.total))
        self._bar.update(event.done, event.total)


def _end_event(stage: str, work: Work) -> None:
    """The line of the --events file that a finished stage writes."""
    if stage == "build":
        console.event("built", image=str(work.build.image))
    elif stage == "flash":
        console.event("flashed", board=work.board.name, done=work.flash_line)
    elif stage == "bundle":
        console.event("bundle", path=str(work.bundle.path))
    if stage in ("bundle", "evaluate") and work.options.hypnogram is not None:
        console.event("hypnogram", path=str(work.options.hypnogram))
