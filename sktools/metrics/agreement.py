"""Agreement between two measurements of the same subjects, and intervals that respect subjects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sktools.errors import DataError

LIMITS_SIGMA = 1.96
RESAMPLES = 2000


@dataclass(frozen=True)
class BlandAltman:
    """Predicted less true: mean and 95 % limits of agreement (Bland & Altman, Lancet 327, 1986).

    lower, upper: None for fewer than two subjects.
    """

    subjects: int
    bias: float
    lower: float | None
    upper: float | None


def bland_altman(true: Sequence[float], predicted: Sequence[float]) -> BlandAltman:
    """Bias and limits of one value a subject. Raises DataError where there is none or the lengths differ."""
    if len(true) != len(predicted) or not len(true):
        raise DataError(f"agreement needs as many predicted as true values, found {len(predicted)} and {len(true)}")
    difference = np.asarray(predicted, float) - np.asarray(true, float)
    bias = float(difference.mean())
    if len(difference) < 2:
        return BlandAltman(len(difference), bias, None, None)
    reach = LIMITS_SIGMA * float(difference.std(ddof=1))
    return BlandAltman(len(difference), bias, bias - reach, bias + reach)


def bootstrap_by_subject(
    confusions: NDArray[np.int64],
    statistic: Callable[[NDArray[np.int64]], float],
    seed: int = 0,
    level: float = 0.95,
) -> tuple[float, float]:
    """Percentile interval of a statistic of the pooled confusion, subjects drawn with replacement.

    confusions: [subjects, classes, classes]. level: probability the interval covers.
    Raises DataError where there is no subject.
    """
    if not len(confusions):
        raise DataError("a bootstrap needs at least one subject")
    generator = np.random.default_rng(seed)
    drawn = generator.integers(0, len(confusions), (RESAMPLES, len(confusions)))
    values = [statistic(confusions[row].sum(axis=0)) for row in drawn]
    tail = 50 * (1 - level)
    low, high = np.percentile(values, [tail, 100 - tail])
    return float(low), float(high)


def seeds_interval(
    confusions: NDArray[np.int64],
    statistic: Callable[[NDArray[np.int64]], float],
    against: NDArray[np.int64] | None = None,
    seed: int = 0,
    level: float = 0.95,
) -> tuple[float, float]:
    """Percentile interval of the mean over seeds of a statistic of the pooled confusion, or of its difference from
    that of another model on the same people; people are drawn with replacement, the same ones for both.

    confusions, against: [seeds, people, classes, classes]; the two may differ in the number of seeds and of classes.
    Raises DataError if there is nobody, or the people are not as many.
    """
    people = confusions.shape[1]
    if not people or (against is not None and against.shape[1] != people):
        raise DataError("a paired bootstrap needs the same people on both sides, one or more")
    drawn = np.random.default_rng(seed).integers(0, people, (RESAMPLES, people))

    def mean(tables: NDArray[np.int64], row: NDArray[np.int64]) -> float:
        return float(np.mean([statistic(table[row].sum(axis=0)) for table in tables]))

    values = [mean(confusions, row) - (mean(against, row) if against is not None else 0.0) for row in drawn]
    tail = 50 * (1 - level)
    low, high = np.percentile(values, [tail, 100 - tail])
    return float(low), float(high)
