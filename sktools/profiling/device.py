"""A session with a board as the measuring session sees it."""

from __future__ import annotations

import numpy as np

from sktools.boards.driver import Session, StepCount
from sktools.compiler.compiled import TensorSpec
from sktools.link.client import Run
from sktools.profiling.parity import Int8Array
from sktools.profiling.session import DeviceRun


class BoardDevice:
    """Runs frames through a session. output: the model's output."""

    def __init__(self, session: Session, output: TensorSpec) -> None:
        self._session = session
        self._output = output

    def run(self, frame: Int8Array) -> DeviceRun:
        answer = self._session.run(frame.tobytes())
        output = np.frombuffer(answer.output, np.int8).reshape(self._output.shape)
        return DeviceRun(output, tuple(step.crc for step in answer.steps), self._costs(answer))

    def activation(self, frame: Int8Array, step: int) -> Int8Array:
        return np.frombuffer(self._session.client.run_to(frame.tobytes(), step), np.int8)

    def _costs(self, answer: Run) -> tuple[StepCount, ...]:
        if self._session.counter.kind == "dwt":
            return tuple(StepCount(None, step.counter) for step in answer.steps)
        return self._session.counts()
