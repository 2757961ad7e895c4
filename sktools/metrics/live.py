"""Scores by delay: what an answer is worth that is read some minutes after its epoch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktools.metrics.classification import accuracy_report

DELAYS_MINUTES = (0.0, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Delays that `live` of an `accuracy` object has a row for."""


def live_row(
    minutes: float,
    logits: NDArray[np.float32],
    labels: NDArray[np.int64],
    mask: NDArray[np.bool_],
    class_names: Sequence[str],
) -> dict[str, Any]:
    """One row of `live`: delay_minutes, kappa, accuracy, epochs, per_class. Arguments are those of accuracy_report."""
    report = accuracy_report("", logits, labels, mask, class_names, ())
    return {"delay_minutes": minutes, **{key: report[key] for key in ("kappa", "accuracy", "epochs", "per_class")}}
