"""The stages of nights as files, in any of the formats of hypnograms."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sktools.features.evaluation_set import EvaluationSet
from sktools.features.hypnogram import hypnogram, nights_of
from sktools.features.hypnogram_format import choose_format, files_of
from sktools.partial import replace_file


def write_hypnogram(
    path: Path,
    evaluation: EvaluationSet,
    logits: NDArray[np.float32],
    classes: Sequence[str],
    format_name: str | None = None,
) -> tuple[Path, ...]:
    """Writes the hypnogram of the nights that the first len(logits) frames belong to, and returns the files.

    logits: [n, epochs, classes]. format_name: of a hypnogram format; None for that of the path's suffix.
    Raises OSError; UsageError for an unknown format, or classes that the format has no words for.
    """
    found = choose_format(path, format_name)
    nights = {rows[0].subject: rows for rows in nights_of(hypnogram(evaluation, logits, classes))}
    files = files_of(path, list(nights), found)
    contents = {
        file: found.write([row for subject in subjects for row in nights[subject]], classes)
        for file, subjects in files.items()
    }
    for file, content in contents.items():
        replace_file(file, content)
    return tuple(contents)
