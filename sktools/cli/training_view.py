"""Progress of training and evaluation on the console."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from sktools.cli.console import Bar, console

if TYPE_CHECKING:
    from sktools.training.progress import Progress


UNITS = {"fit": "epochs", "teach": "folds of teachers", "answer": "nights"}
"""Phase -> what its steps are."""


class TrainingView:
    """One bar a phase; skipped subjects are warnings; every step is an event."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._stack = ExitStack()
        self._phase = ""
        self._bar: Bar | None = None

    def __enter__(self) -> TrainingView:
        return self

    def __exit__(self, *exception: object) -> None:
        self._stack.close()

    def update(self, step: Progress) -> None:
        """A step of sktools.training.progress."""
        console.event(
            "progress",
            phase=step.phase,
            done=step.done,
            total=step.total,
            message=step.message,
            figures=dict(step.figures),
        )
        if step.phase == "skip":
            console.warning(step.message)
            return
        if not step.total:
            self._stack.close()
            self._phase, self._bar = step.phase, None
            console.info(step.message or step.phase)
            return
        name = f"{step.phase}:{step.message}"
        if name != self._phase or self._bar is None:
            self._stack.close()
            self._phase = name
            what = self._what if step.phase == "fit" else step.phase
            label = f"{what} {step.message}".strip()
            unit = UNITS.get(step.phase, "frames")
            self._bar = self._stack.enter_context(console.progress(label, step.total, unit))
        note = " ".join(f"{name} {value:.3f}" for name, value in step.figures.items() if name != "learning_rate")
        self._bar.update(step.done, step.total, note)
