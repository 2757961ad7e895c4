"""What a user sees while nights are replayed: the hypnogram as it grows on a terminal, elsewhere plain lines."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from sktools.cli.console import Bar, console, terminal_view

if TYPE_CHECKING:
    from rich.console import RenderableType

    from sktools.profiling.live import EpochReport

WIDTH = 72
EPOCHS_PER_HOUR = 120
REDRAW_SECONDS = 0.1
MARK, NOTHING, OPEN = "█", "·", " "


class NightView:
    """Draws each night's answers, and writes every epoch as an event. total: epochs of all nights."""

    def __init__(self, what: str, names: Sequence[str], total: int) -> None:
        self._what, self._names, self._total = what, names, total
        self._stack = ExitStack()
        self._live: Any = None
        self._bar: Bar | None = None
        self._subject, self._stages = "", np.zeros(0, np.int64)
        self._done = self._right = self._scored = 0
        self._drawn = 0.0

    def __enter__(self) -> NightView:
        self._live = terminal_view(self._stack)
        if self._live is None:
            self._bar = self._stack.enter_context(console.progress(self._what, self._total, "epochs"))
        return self

    def __exit__(self, *exception: object) -> None:
        self._stack.close()

    def update(self, report: EpochReport) -> None:
        if report.subject != self._subject:
            self._subject, self._stages = report.subject, np.full(report.epochs, OPEN_STAGE, np.int64)
        answer = report.answer
        if answer is None:
            return
        self._stages[answer.epoch] = answer.stage
        self._done += 1
        if report.label is not None and report.label >= 0:
            self._scored += 1
            self._right += answer.stage == report.label
        console.event(
            "epoch",
            subject=report.subject,
            epoch=answer.epoch,
            epochs=report.epochs,
            stage=None if answer.stage < 0 else self._names[answer.stage],
            probability=[round(value, 4) for value in answer.probability],
        )
        if self._bar is not None:
            self._bar.update(self._done, self._total, self._note())
        elif time.monotonic() - self._drawn > REDRAW_SECONDS or answer.epoch == report.epochs - 1:
            self._drawn = time.monotonic()
            self._live.update(self._picture(), refresh=True)

    def _note(self) -> str:
        return f"accuracy {self._right / self._scored:.1%}" if self._scored else ""

    def _picture(self) -> RenderableType:
        from rich.text import Text

        head = f"{self._what}: {self._subject}, {self._done}/{self._total} epochs {self._note()}"
        return Text("\n".join([head, *hypnogram(self._stages, self._names)]))


OPEN_STAGE = -2
"""Of an epoch that is not answered yet."""


def hypnogram(stages: Sequence[int] | np.ndarray, names: Sequence[str], width: int = WIDTH) -> list[str]:
    """Lines of text: one per class, a column for as many epochs as fit; then the hours.

    stages: class index per epoch, -1 without an answer, OPEN_STAGE if it is still to come.
    """
    values = np.asarray(stages)
    columns = min(width, max(1, len(values)))
    edges = np.linspace(0, len(values), columns + 1).astype(int)
    lines, label = [], max(len(name) for name in names)
    most = [_commonest(values[first:last]) for first, last in pairwise(edges)]
    for index, name in enumerate(names):
        row = "".join(MARK if stage == index else NOTHING if stage == -1 else OPEN for stage in most)
        lines.append(f"{name:>{label}} {row}".rstrip())
    hours = [" "] * (columns + 2)
    for hour in range(len(values) // EPOCHS_PER_HOUR + 1):
        column = int(hour * EPOCHS_PER_HOUR * columns / max(1, len(values)))
        for offset, digit in enumerate(str(hour)):
            hours[min(column + offset, len(hours) - 1)] = digit
    lines.append(f"{'h':>{label}} {''.join(hours)}".rstrip())
    return lines


def _commonest(values: np.ndarray) -> int:
    known = values[values > OPEN_STAGE]
    if not len(known):
        return OPEN_STAGE
    found, counts = np.unique(known, return_counts=True)
    return int(found[counts.argmax()])
