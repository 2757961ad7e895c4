"""Whether probabilities mean what they say: expected calibration error, and the temperature that lowers it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sktools.errors import DataError

BINS = 15
TEMPERATURES = (0.05, 20.0)


def probabilities(logits: NDArray[np.floating], temperature: float = 1.0) -> NDArray[np.float64]:
    """Softmax of logits [..., classes] divided by a temperature."""
    scaled = logits.astype(np.float64) / temperature
    scaled -= scaled.max(axis=-1, keepdims=True)
    exponent = np.exp(scaled)
    return np.asarray(exponent / exponent.sum(axis=-1, keepdims=True))


def expected_calibration_error(shares: NDArray[np.float64], labels: NDArray[np.integer], bins: int = BINS) -> float:
    """Mean distance between confidence and accuracy over bins of equal width, weighted by their epochs (Guo 2017).

    shares: [n, classes], probabilities. labels: [n]. Raises DataError if there are none.
    """
    if not len(labels):
        raise DataError("the calibration error needs at least one epoch")
    confidence, right = shares.max(axis=1), shares.argmax(axis=1) == labels
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    weight = np.bincount(bin_of, minlength=bins)
    distance = np.abs(np.bincount(bin_of, confidence, bins) - np.bincount(bin_of, right, bins))
    return float(distance.sum() / weight.sum())


def fit_temperature(logits: NDArray[np.floating], labels: NDArray[np.integer]) -> float:
    """The temperature that makes labels most likely, within TEMPERATURES.

    logits: [n, classes], stage prior included, of people that the network was not trained on. labels: [n].
    Raises DataError if there are none.
    """
    from scipy.optimize import minimize_scalar

    if not len(labels):
        raise DataError("a temperature needs at least one epoch")

    def loss(log_temperature: float) -> float:
        chosen = probabilities(logits, float(np.exp(log_temperature)))[np.arange(len(labels)), labels]
        return float(-np.log(np.maximum(chosen, 1e-12)).mean())

    found = minimize_scalar(loss, bounds=tuple(np.log(TEMPERATURES)), method="bounded")
    return float(np.exp(found.x))
