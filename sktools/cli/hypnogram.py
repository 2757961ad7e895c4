"""--hypnogram: the stages that a model tells, written as CSV."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sktools.cli.console import console
from sktools.cli.files import write_text

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from sktools.features.evaluation_set import EvaluationSet


def write_hypnogram(path: Path, evaluation: EvaluationSet, logits: NDArray[np.float32], classes: Sequence[str]) -> None:
    """Writes the hypnogram of the nights that the first len(logits) frames belong to. Raises OSError."""
    from sktools.features.hypnogram import hypnogram, hypnogram_csv

    write_text(path, hypnogram_csv(hypnogram(evaluation, logits, classes), classes))
    console.event("hypnogram", path=str(path))
    console.info(f"hypnogram: {path}")
