"""The decision step: from a network's int8 output to a stage. Its C twin is firmware/decision/sk_decision.h.

The decision adds the stage prior of the epoch's minute to the output's integers and picks the largest; the first one if
several are. The prior is rounded to the output's scale once, here, so that C and Python work on the same integers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sktools.errors import DataError
from sktools.metrics.clock import Clock
from sktools.metrics.quantized import dequantize
from sktools.metrics.reference import Outputs

LARGEST = (1 << 15) - 1


@dataclass(frozen=True)
class Decision:
    """prior: int16 [rows, classes], in steps of the output's scale; no rows: the plain argmax.

    epochs_per_row: epochs that a row covers. Epochs count from bedtime, or from the start of the recording: the first
    row counts before it, the last row after the table.
    """

    classes: int
    epochs_per_row: int
    prior: NDArray[np.int16]

    def scores(self, output: NDArray[np.integer], epochs: NDArray[np.integer]) -> NDArray[np.int32]:
        """Output plus prior, int32 [..., classes].

        output: int8 or uint8 [..., classes]. epochs: since bedtime, [...].
        """
        raised: NDArray[np.int32] = output.astype(np.int32)
        if len(self.prior):
            row = np.clip(np.asarray(epochs, np.int64) // self.epochs_per_row, 0, len(self.prior) - 1)
            raised += self.prior[row]
        return raised

    def decide(self, output: NDArray[np.integer], epochs: NDArray[np.integer]) -> NDArray[np.int8]:
        """The class of each epoch, int8 [...]."""
        answer: NDArray[np.int8] = self.scores(output, epochs).argmax(axis=-1).astype(np.int8)
        return answer


def plain_decision(classes: int) -> Decision:
    """The argmax of the output alone."""
    return Decision(classes, 1, np.zeros((0, classes), np.int16))


def decision_of(clock: Clock | None, scale: float, classes: int) -> Decision:
    """The decision of a model whose output has this scale and as many classes; the plain one without a clock.

    Rows that are 0 to the end of the table are left out, but for one.
    Raises DataError if the clock is of another number of classes.
    """
    if clock is None:
        return plain_decision(classes)
    if len(clock.classes) != classes:
        raise DataError(f"the clock has {len(clock.classes)} classes, the model's output {classes}")
    steps = np.clip(np.round(clock.logit_prior / scale), -LARGEST, LARGEST).astype(np.int16)
    moved = np.flatnonzero(steps.any(axis=1))
    if not len(moved):
        return plain_decision(classes)
    return Decision(classes, clock.epochs_per_row, steps[: moved[-1] + 2])


def decided_logits(
    outputs: Outputs, epochs: NDArray[np.integer], clock: Clock | None = None, temperature: float = 1.0
) -> NDArray[np.float32]:
    """Logits [..., classes] whose argmax is the decision, and whose softmax its probabilities.

    epochs: since bedtime, [...]. clock: None for no prior. temperature: what the logits are divided by.
    """
    classes = outputs.values.shape[-1]
    if outputs.quantized:
        # Through the integers that the chip adds, so that a tie here is a tie there.
        scores = decision_of(clock, outputs.scale, classes).scores(outputs.values, epochs)
        logits = dequantize(scores, outputs.scale, outputs.zero_point)
    else:
        logits = outputs.values
        if clock is not None:
            logits = (logits + clock.logit_prior[clock.rows_of(epochs)]).astype(np.float32)
    return logits if temperature == 1.0 else (logits / np.float32(temperature)).astype(np.float32)
