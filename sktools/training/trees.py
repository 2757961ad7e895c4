"""Gradient-boosted trees on the network's own features: the yardstick of what the features hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktools.errors import DataError
from sktools.features.frames import NO_CLASS, Night

CONTEXT = ((0, 0), (-4, -1), (1, 4), (-10, -5), (5, 10), (-40, -11), (11, 40))
"""First and last epoch, relative to the one that is answered, of each mean that a tree may look at: 20 minutes to
either side, the coarser the further away. A network sees at least as much.
"""
LIVE_CONTEXT = ((0, 0), (-1, -1), (-4, -2), (-10, -5), (-40, -11))
"""The same without anything later than the epoch."""

ROUNDS, LEARNING_RATE, LEAVES, SMALLEST_LEAF = 120, 0.08, 15, 50
"""Fixed beforehand and the same for every model: the trees are a yardstick, and nobody tunes a yardstick."""


@dataclass(frozen=True)
class Trees:
    """A fitted ensemble. context: as CONTEXT. classes: of the answers, also those that no training epoch has."""

    ensemble: Any
    context: Sequence[tuple[int, int]]
    classes: int

    def probabilities(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Of each class for each epoch of a night, [epochs, classes]. features: [epochs, features], normalised."""
        found = np.zeros((len(features), self.classes), np.float32)
        with _one_thread():
            found[:, self.ensemble.classes_] = self.ensemble.predict_proba(with_context(features, self.context))
        return found


def fit_trees(
    nights: Sequence[Night],
    classes: int,
    context: Sequence[tuple[int, int]] = CONTEXT,
    seed: int = 0,
    rounds: int = ROUNDS,
) -> Trees:
    """Trees fitted on every labelled epoch of some nights.

    The ensemble is scikit-learn's HistGradientBoostingClassifier, one thread: the same nights give the same trees.
    Raises DataError if the nights have labels of fewer than two classes.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier

    scored = [night.labels != NO_CLASS for night in nights]
    rows = [with_context(night.features, context)[mask] for night, mask in zip(nights, scored, strict=True)]
    labels = [night.labels[mask] for night, mask in zip(nights, scored, strict=True)]
    truth = np.concatenate(labels) if labels else np.zeros(0, np.int64)
    if len(np.unique(truth)) < 2:
        raise DataError(f"trees need labels of two classes or more, {len(nights)} nights have {len(np.unique(truth))}")
    ensemble = HistGradientBoostingClassifier(
        max_iter=rounds,
        learning_rate=LEARNING_RATE,
        max_leaf_nodes=LEAVES,
        min_samples_leaf=SMALLEST_LEAF,
        early_stopping=False,
        random_state=seed,
    )
    with _one_thread():
        ensemble.fit(np.concatenate(rows), truth)
    return Trees(ensemble, tuple(context), classes)


def with_context(features: NDArray[np.float32], context: Sequence[tuple[int, int]]) -> NDArray[np.float32]:
    """Means of the features over epochs around each epoch, [epochs, len(context) * features].

    features: [epochs, features]. context: first and last epoch of each mean, relative to the epoch; epochs beyond an
    end of the night are left out, and a mean that lies wholly beyond it is the feature of the nearest epoch.
    """
    length = len(features)
    sums = np.concatenate([np.zeros((1, features.shape[1])), np.cumsum(features, axis=0, dtype=np.float64)])
    at = np.arange(length)
    means = []
    for first, last in context:
        begin = np.clip(at + first, 0, length - 1)
        end = np.clip(at + last, 0, length - 1) + 1
        means.append((sums[end] - sums[begin]) / (end - begin)[:, None])
    return np.concatenate(means, axis=1).astype(np.float32)


def _one_thread() -> Any:
    """OpenMP's threads wait for each other busily: on a machine with other work, two are slower than one."""
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1, "openmp")
