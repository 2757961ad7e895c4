"""A night cut into the network's frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sktools.features.feature_set import FeatureTable
from sktools.features.normalisation import normalise
from sktools.model_config import ClassesConfig, FeaturesConfig

NO_CLASS = -1
EDGE = 6
"""One in EDGE of a frame's epochs, at either end, has little context."""


@dataclass(frozen=True)
class Night:
    """A night ready for a network.

    features: float32 [epochs, features], normalised. labels: int64 [epochs], class index, -1 where not scored.
    measured: bool [epochs], whether any feature of the epoch is. start: clock time of the first epoch, may be empty.
    bedtime: seconds from the first epoch to bedtime.
    missing: groups of the feature set of which the night has not one value, such as 'motion'.
    """

    dataset: str
    subject: str
    features: NDArray[np.float32]
    labels: NDArray[np.int64]
    measured: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))
    start: str = ""
    bedtime: float = 0.0
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Frames:
    """Frames of a night, every epoch in exactly one.

    features: float32 [n, epochs, features], 0 past the night's end. labels: int64 [n, epochs], -1 where not scored.
    mask: bool [n, epochs], True where the epoch counts.
    """

    features: NDArray[np.float32]
    labels: NDArray[np.int64]
    mask: NDArray[np.bool_]


def prepare_night(table: FeatureTable, features: FeaturesConfig, classes: ClassesConfig) -> Night:
    """Normalise a night's features and map its stages to classes."""
    labels = np.full(len(table.stages), NO_CLASS, np.int64)
    for stage, target in classes.map.items():
        labels[table.stages == stage] = target
    clocks = list(table.fixed)  # known of every epoch, measured or not
    measured = np.asarray(np.delete(table.valid, clocks, axis=1).any(axis=1))
    return Night(table.dataset, table.subject, normalise(table, features), labels, measured)


def cut(source: Night, epochs: int) -> Frames:
    """Consecutive frames of `epochs`; the last one is padded with zeros and masked there."""
    length, width = source.features.shape
    count = -(-length // epochs)
    features = np.zeros((count * epochs, width), np.float32)
    labels = np.full(count * epochs, NO_CLASS, np.int64)
    features[:length] = source.features
    labels[:length] = source.labels
    labels = labels.reshape(count, epochs)
    return Frames(features.reshape(count, epochs, width), labels, labels != NO_CLASS)


def join(per_frame: NDArray[np.float32], length: int) -> NDArray[np.float32]:
    """Frames [n, epochs, classes] back to a night [length, classes], padding left out."""
    return per_frame.reshape(-1, per_frame.shape[-1])[:length]


def overlapping(length: int, epochs: int, hop: int) -> tuple[int, ...]:
    """First epochs of frames that cover a night of `length` epochs every `hop`; the last one ends with the night."""
    last = max(0, length - epochs)
    return (*range(0, last, hop), last)


def blend(logits: NDArray[np.float32], starts: Sequence[int], length: int) -> NDArray[np.float32]:
    """A night's logits [length, classes] from overlapping frames [n, epochs, classes]: their mean, in which an epoch
    counts the less the nearer it is to an end of its frame that is no end of the night.
    """
    epochs, classes = logits.shape[1:]
    position = np.arange(epochs)
    rising = np.minimum((position + 1) / (epochs / EDGE), 1.0)
    total, weight = np.zeros((length, classes)), np.zeros((length, 1))
    for frame, start in zip(logits, starts, strict=True):
        count = min(epochs, length - start)
        share = np.ones(epochs) if start == 0 else rising.copy()
        if start + epochs < length:
            share = np.minimum(share, rising[::-1])
        total[start : start + count] += share[:count, None] * frame[:count]
        weight[start : start + count] += share[:count, None]
    return np.asarray(total / weight, np.float32)
