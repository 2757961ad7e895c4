"""What a user sees while frames run: progress, rate, parity, running accuracy, and the slowest blocks.

On a terminal a small table that is drawn anew after each frame; elsewhere plain lines.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sktools.cli.console import Bar, console, terminal_view

if TYPE_CHECKING:
    from rich.console import RenderableType

    from sktools.compiler.compiled import CompiledModel
    from sktools.profiling.inputs import FrameSet
    from sktools.profiling.session import FrameReport

SLOWEST = 3


@dataclass(frozen=True)
class Standing:
    """Where a session stands. rate: frames a second. accuracy: of the epochs scored so far, None without labels.

    blocks: name -> cycles of the last frame, the slowest first; empty where nothing counts. cycles: of all its blocks.
    """

    done: int
    total: int
    rate: float
    mismatched: int
    accuracy: float | None
    blocks: tuple[tuple[str, int], ...]
    cycles: int = 0

    @property
    def line(self) -> str:
        """One line about it."""
        parts = [f"{self.rate:.1f} frames/s", parity(self.mismatched)]
        if self.accuracy is not None:
            parts.append(f"accuracy {self.accuracy * 100:.1f} %")
        return ", ".join(parts)


def parity(mismatched: int) -> str:
    """'parity exact', or how many bytes differ."""
    return "parity exact" if mismatched == 0 else f"{mismatched:,} bytes differ"


class Tally:
    """Turns frame reports into standings."""

    def __init__(self, model: CompiledModel, frames: FrameSet) -> None:
        self._owners = {layer.step: layer.block for layer in model.layers if layer.cost_owner}
        self._labelled = None if frames.rolling else frames.labelled
        self._started = time.monotonic()
        self._right = self._scored = 0

    def add(self, report: FrameReport) -> Standing:
        """The standing after one more frame."""
        if self._labelled is not None:
            mask = self._labelled.mask[report.index]
            answers = report.output.reshape(len(mask), -1).argmax(axis=-1)
            self._right += int(np.count_nonzero((answers == self._labelled.labels[report.index]) & mask))
            self._scored += int(np.count_nonzero(mask))
        cycles: dict[str, int] = {}
        for step, cost in enumerate(report.costs):
            block = self._owners.get(step)
            if block is not None and cost.cycles is not None:
                cycles[block] = cycles.get(block, 0) + cost.cycles
        seconds = max(time.monotonic() - self._started, 1e-9)
        return Standing(
            done=report.index + 1,
            total=report.total,
            rate=(report.index + 1) / seconds,
            mismatched=report.mismatched,
            accuracy=self._right / self._scored if self._scored else None,
            blocks=tuple(sorted(cycles.items(), key=lambda item: -item[1])[:SLOWEST]),
            cycles=sum(cycles.values()),
        )


class LiveView:
    """Shows a session while it runs and writes its frames as events."""

    def __init__(self, what: str, model: CompiledModel, frames: FrameSet) -> None:
        self._what = what
        self._tally = Tally(model, frames)
        self._total = len(frames.frames)
        self._stack = ExitStack()
        self._bar: Bar | None = None
        self._live: Any = None

    def __enter__(self) -> LiveView:
        self._live = terminal_view(self._stack)
        if self._live is None:
            self._bar = self._stack.enter_context(console.progress(self._what, self._total))
        else:
            from rich.text import Text

            self._live.update(Text(f"{self._what}: waiting for the first frame"), refresh=True)
        return self

    def __exit__(self, *exception: object) -> None:
        self._stack.close()

    def update(self, report: FrameReport) -> None:
        standing = self._tally.add(report)
        if self._live is not None:
            self._live.update(picture(self._what, standing), refresh=True)
        elif self._bar is not None:
            self._bar.update(standing.done, standing.total, standing.line)
        console.event(
            "frame",
            index=report.index,
            total=report.total,
            mismatched=report.mismatched,
            accuracy=None if standing.accuracy is None else round(standing.accuracy, 6),
            cycles=sum(cost.cycles or 0 for cost in report.costs) or None,
        )


def picture(what: str, standing: Standing) -> RenderableType:
    """The table of a standing."""
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2))
    seconds = (standing.total - standing.done) / standing.rate
    table.add_row(
        Text(what), ProgressBar(standing.total, standing.done, width=30), Text(f"{standing.done}/{standing.total}")
    )
    table.add_row(Text(""), Text(standing.line), Text(f"{seconds:.0f} s left"))
    for number, (name, cycles) in enumerate(standing.blocks):
        share = f"{cycles / standing.cycles:.0%} of the frame" if standing.cycles else ""
        table.add_row(Text("" if number else "slowest blocks"), Text(f"{name}: {cycles:,} cycles"), Text(share))
    return table
