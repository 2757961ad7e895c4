"""From a board's outputs to its answers: the row that is due, and the decision step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktools.compiler.compiled import TensorSpec
from sktools.features.evaluation_set import EvaluationSet
from sktools.features.live import into_frames, read_late
from sktools.metrics.clock import Clock
from sktools.metrics.decision import decided_logits
from sktools.metrics.reference import Outputs
from sktools.model_config import EPOCH_SECONDS, LiveConfig
from sktools.profiling.parity import Int8Array


@dataclass(frozen=True)
class Answering:
    """How outputs become answers.

    prior: the clock whose stage prior is added, None for none. temperature: what logits are divided by.
    live: the recommended delay, if the frames are a night's rolling frames; None if they are cut one after another.
    """

    prior: Clock | None = None
    temperature: float = 1.0
    live: LiveConfig | None = None

    @property
    def delay_minutes(self) -> float | None:
        return None if self.live is None else self.live.delay_minutes

    def logits(self, evaluation: EvaluationSet, outputs: Int8Array, spec: TensorSpec) -> NDArray[np.float32]:
        """Logits [n, epochs, classes] whose argmax is the decision.

        outputs: int8 [n, epochs, classes] of the evaluation set's first n frames.
        """
        epochs = evaluation.epochs_since_bedtime()[: len(outputs)]
        return decided_logits(Outputs(outputs, spec.scale, spec.zero_point), epochs, self.prior, self.temperature)

    def told(self) -> dict[str, Any]:
        """`decision` of the `accuracy` object."""
        told: dict[str, Any] = {
            "clock": self.prior is not None and self.prior.has_prior,
            "temperature": self.temperature,
        }
        return told if self.live is None else {**told, "delay_minutes": self.live.delay_minutes}


PLAIN = Answering()


def placed(evaluation: EvaluationSet, outputs: Int8Array, classes: int, minutes: float | None = None) -> Int8Array:
    """Outputs as int8 [n, epochs, classes], each row that of its epoch in the evaluation set's frames.

    outputs: [n, *model output] of its first n frames; or, if minutes is a delay, of the rolling frames of its nights.
    """
    shape = (len(outputs), int(evaluation.labels.shape[1]), classes)
    rows = outputs.reshape(shape)
    if minutes is None:
        return rows
    lengths = [len(night.measured) for night in evaluation.nights]
    parts = np.split(rows, np.cumsum(lengths)[:-1])
    delay = round(minutes * 60 / EPOCH_SECONDS)
    return into_frames(evaluation, [read_late(part, delay) for part in parts]).astype(np.int8)
