"""The only place that prints: results on stdout, everything else on stderr."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol

from sktools.errors import UsageError

if TYPE_CHECKING:
    from rich.console import RenderableType


SECONDS_BETWEEN_LINES = 10.0
"""Where stderr is no terminal, a log gets a line about work under way no more often than this."""


class Bar(Protocol):
    """A step of work that is under way."""

    def update(self, done: int, total: int | None = None, note: str = "") -> None:
        """`done` of `total` units are finished; `note` is one short line about it."""


@dataclass
class Console:
    """How this process talks. verbosity: -1 quiet, 0, 1 (-v: choices and steps), 2 (-vv: tracebacks)."""

    verbosity: int = 0
    as_json: bool = False
    events: IO[str] | None = None
    color: bool = field(default_factory=lambda: "NO_COLOR" not in os.environ)

    def open_events(self, path: Path) -> None:
        """From now on `event` writes to this file, one JSON object a line. Raises UsageError."""
        try:
            self.events = path.open("w", encoding="utf-8", buffering=1)
        except OSError as error:
            raise UsageError(f"{path}: cannot be written ({error.strerror})") from error

    def result(self, text: str) -> None:
        """A line of result on stdout; nothing where the result is one JSON document."""
        if not self.as_json:
            sys.stdout.write(text + "\n")

    def document(self, document: Any) -> None:
        """The one JSON document of --json; nothing without it."""
        if self.as_json:
            sys.stdout.write(json.dumps(document, indent=2, allow_nan=False) + "\n")

    def render(self, renderable: RenderableType) -> None:
        """A rich table or text on stdout; nothing where the result is one JSON document."""
        if self.as_json:
            return
        from rich import box
        from rich.console import Console as RichConsole
        from rich.table import Table

        if isinstance(renderable, Table) and renderable.box is not None:
            # Lines between columns would take the width that a terminal of 80 columns has not.
            renderable.box, renderable.show_edge, renderable.pad_edge = box.HORIZONTALS, False, False
            renderable.padding = (0, 0, 0, 1)
        width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else 120
        shown = RichConsole(
            file=sys.stdout, no_color=not self.color, width=width, highlight=False, markup=False, emoji=False
        )
        shown.print(renderable)

    def info(self, text: str) -> None:
        """What is being done, on stderr."""
        if self.verbosity >= 0:
            _say(text)

    def detail(self, text: str) -> None:
        """What only -v shows, on stderr."""
        if self.verbosity >= 1:
            _say(text)

    def warning(self, text: str) -> None:
        _say(f"warning: {text}")

    def error(self, message: str, hint: str = "") -> None:
        _say(f"error: {message}" + (f"\nhint: {hint}" if hint else ""))

    def usage(self, text: str) -> None:
        """How a command is used, on stderr: of a command line that asks for nothing."""
        _say(text)

    def event(self, kind: str, **values: object) -> None:
        """One line of the --events file: kind, seconds since the epoch, and the values."""
        if self.events is not None:
            line = {"event": kind, "time": round(time.time(), 3), **values}
            self.events.write(json.dumps(line, allow_nan=False) + "\n")

    @contextmanager
    def progress(self, what: str, total: int | None = None, unit: str = "frames") -> Iterator[Bar]:
        """A bar on stderr where that is a terminal, else one line at the start and one at the end."""
        if self.verbosity < 0:
            yield _Silent()
        elif sys.stderr.isatty():
            with _bar(what, total, unit, self.color) as bar:
                yield bar
        else:
            lines = _Lines(self, what, unit)
            yield lines
            lines.close()

    @contextmanager
    def waiting(self, what: str) -> Iterator[None]:
        """For work of unknown length: a spinner on stderr where that is a terminal, elsewhere one line at once."""
        if self.verbosity < 0:
            yield
        elif sys.stderr.isatty():
            from rich.console import Console as RichConsole
            from rich.status import Status
            from rich.text import Text

            with Status(Text(what), console=RichConsole(stderr=True, no_color=not self.color)):
                yield
        else:
            self.info(what)
            yield

    def choice(self, name: str, value: object, source: str) -> None:
        """Where a setting came from, shown by -v."""
        self.detail(f"{name}: {value} ({source})")


class _Silent:
    def update(self, done: int, total: int | None = None, note: str = "") -> None:
        return


class _Lines:
    """A line at the start and one at the end; between them one each tenth, where -v asks for it or the work is slow."""

    def __init__(self, console: Console, what: str, unit: str) -> None:
        self._console, self._what, self._unit = console, what, unit
        self._done, self._note = 0, ""
        self._tenth, self._last = 0, time.monotonic()
        console.info(what)

    def update(self, done: int, total: int | None = None, note: str = "") -> None:
        self._done, self._note = done, note
        if total and done * 10 // total > self._tenth and done < total:
            self._tenth = done * 10 // total
            slow = time.monotonic() - self._last >= SECONDS_BETWEEN_LINES
            if slow or self._console.verbosity >= 1:
                self._last = time.monotonic()
                self._console.info(f"{self._what}: {done}/{total} {self._unit} {note}".rstrip())

    def close(self) -> None:
        if self._done:
            self._console.info(f"{self._what}: {self._done} {self._unit} {self._note}".rstrip())


class _Bar:
    def __init__(self, update: Any) -> None:
        self._update = update

    def update(self, done: int, total: int | None = None, note: str = "") -> None:
        self._update(completed=done, total=total, note=note)


@contextmanager
def _bar(what: str, total: int | None, unit: str, color: bool) -> Iterator[_Bar]:
    from rich.console import Console as RichConsole
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as RichProgress

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with RichProgress(*columns, console=RichConsole(stderr=True, no_color=not color)) as shown:
        task = shown.add_task(what, total=total, note="")

        def update(completed: int, total: int | None, note: str) -> None:
            if total is not None:
                shown.update(task, total=total)
            shown.update(task, completed=completed, note=note)

        yield _Bar(update)


console = Console()


def _say(text: str) -> None:
    """A line on stderr. Work goes on, and ends with its own exit code, where nothing can be written there."""
    with suppress(OSError):
        sys.stderr.write(text + "\n")


def prepare_streams() -> None:
    """Makes stdout and stderr take whatever is written, once a process.

    One that was closed (`>&-`) swallows it, and a character that a terminal's encoding has not becomes a question mark.
    """
    for name in ("stdin", "stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            # The lowest free descriptor, so that no file of ours takes the place and gets a program's output.
            descriptor = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, os.fdopen(descriptor, "r" if name == "stdin" else "w", encoding="utf-8"))
        elif name == "stdout" and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def terminal_view(stack: ExitStack) -> Any:
    """A place on stderr that is drawn anew with each update(renderable), open until `stack` closes.

    None where stderr is no terminal or the user wants quiet.
    """
    if console.verbosity < 0 or not sys.stderr.isatty():
        return None
    from rich.console import Console as RichConsole
    from rich.live import Live

    return stack.enter_context(Live(console=RichConsole(stderr=True, no_color=not console.color), auto_refresh=False))


def reset() -> None:
    """The console as a new process has it; main() calls it, so that calls in one process do not share a state."""
    if console.events is not None:
        console.events.close()
    fresh = Console()
    console.verbosity, console.as_json, console.events, console.color = (
        fresh.verbosity,
        fresh.as_json,
        fresh.events,
        fresh.color,
    )


def summary(values: Mapping[str, object]) -> str:
    """Aligned 'name  value' lines."""
    width = max((len(name) for name in values), default=0)
    return "\n".join(f"{name:<{width}}  {value}" for name, value in values.items())
