"""The stages of nights as a CSV file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sktools.features.evaluation_set import EvaluationSet
from sktools.features.hypnogram import hypnogram, hypnogram_csv
from sktools.partial import replace_file, utf8


def write_hypnogram(path: Path, evaluation: EvaluationSet, logits: NDArray[np.float32], classes: Sequence[str]) -> None:
    """Writes the hypnogram of the nights that the first len(logits) frames belong to. Raises OSError.

    logits: [n, epochs, classes].
    """
    replace_file(path, utf8(hypnogram_csv(hypnogram(evaluation, logits, classes), classes)))
