"""A session with a board as the measuring session sees it."""

from __future__ import annotations

import numpy as np

from sktools.boards.driver import Session
from sktools.compiler.compiled import TensorSpec
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
        return DeviceRun(output, tuple(step.crc for step in answer.steps), self._session.counts())

    def activation(self, frame: Int8Array, step: int) -> Int8Array:
        return np.frombuffer(self._session.client.run_to(frame.tobytes(), step), np.int8)
