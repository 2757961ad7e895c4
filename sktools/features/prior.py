"""The prior of the causal normalisation, from nights that a model may see."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sktools.errors import DataError
from sktools.features.feature_set import FeatureTable
from sktools.features.normalisation import SMALLEST_STD
from sktools.model_config import PriorConfig


def fit_prior(tables: Sequence[FeatureTable], epochs: float = 60.0) -> PriorConfig:
    """Mean over subjects of each feature's mean, and the typical standard deviation within a night.

    A feature that no night holds gets mean 0 and standard deviation 1. epochs: rows that the prior is worth.
    Raises DataError where there is no night or they differ in their features.
    """
    if not tables or len({table.names for table in tables}) != 1:
        raise DataError(f"a prior needs nights of one feature set, found {len(tables)}")
    means, stds = [], []
    for column in range(len(tables[0].names)):
        nights = [table.values[table.valid[:, column], column] for table in tables]
        nights = [night for night in nights if len(night) > 1]
        if not nights:
            means.append(0.0)
            stds.append(1.0)
            continue
        means.append(float(np.mean([night.mean() for night in nights])))
        stds.append(max(float(np.sqrt(np.mean([night.var() for night in nights]))), SMALLEST_STD))
    return PriorConfig(tuple(means), tuple(stds), epochs)
