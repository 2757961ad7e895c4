"""Normalisation of a night's features before the network: by subject (as published) or causal (for a watch)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sktools.errors import DataError
from sktools.features.feature_set import FeatureTable
from sktools.model_config import FeaturesConfig, PriorConfig

SMALLEST_STD = 1e-6


def normalise(table: FeatureTable, config: FeaturesConfig) -> NDArray[np.float32]:
    """Normalised features, float32 [epochs, features], by the configuration's `normalisation`.

    A feature that the night lacks altogether is 0 throughout.
    Raises DataError where the prior is of another feature count.
    """
    if config.normalisation == "causal" and config.prior is not None:
        normal = causal(table.values, table.valid, config.prior)
    else:
        normal = by_subject(table.values, table.valid)
    for column, (mean, std) in table.fixed.items():
        normal[:, column] = np.where(table.valid[:, column], (table.values[:, column] - mean) / std, 0.0)
    return np.clip(normal, -config.clip, config.clip).astype(np.float32)


def by_subject(values: NDArray[np.float64], valid: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Each feature less its mean over the night's valid rows, over their standard deviation.

    Invalid rows first take the feature's median of the night, as the published models do.
    """
    normal = np.zeros_like(values)
    for column in range(values.shape[1]):
        good = valid[:, column]
        if not good.any():
            continue
        seen = values[good, column]
        filled = np.where(good, values[:, column], np.median(seen))
        normal[:, column] = (filled - seen.mean()) / max(float(seen.std()), SMALLEST_STD)
        if seen.std() < SMALLEST_STD:
            normal[:, column] = 0.0
    return normal


def causal(values: NDArray[np.float64], valid: NDArray[np.bool_], prior: PriorConfig) -> NDArray[np.float64]:
    """Each feature by the mean and variance of the rows seen so far, joined with a prior worth `prior.epochs` rows.

    Row t depends on rows up to t only. Invalid rows are 0 and leave the running statistics as they are.
    """
    if len(prior.mean) != values.shape[1]:
        raise DataError(f"the normalisation prior has {len(prior.mean)} features, the recording {values.shape[1]}")
    centre, spread, weight = np.array(prior.mean), np.array(prior.std), prior.epochs
    # Differences from the prior mean keep the running sums small.
    difference = np.where(valid, values - centre, 0.0)
    count = weight + np.cumsum(valid, axis=0)
    mean = np.cumsum(difference, axis=0) / count
    square = (weight * spread**2 + np.cumsum(difference**2, axis=0)) / count
    deviation = np.sqrt(np.maximum(square - mean**2, SMALLEST_STD**2))
    return np.where(valid, (difference - mean) / deviation, 0.0)
