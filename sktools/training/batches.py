"""Random frames for training: where they start, which sensors they lose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sktools.features.feature_set import FeatureSet
from sktools.features.frames import NO_CLASS, Night
from sktools.model_config import ModelConfig, TrainingConfig

OVERHANG = 6
CLOCK = "clock"
"""The group of a feature set that holds the time since bedtime."""


@dataclass(frozen=True)
class Batch:
    """features: float32 [batch, epochs, features]. labels: int32 [batch, epochs], 0 where not scored.
    weights: float32 [batch, epochs], 0 where not scored.
    taught: float32 [batch, epochs, classes], what the teachers answer, None without teachers.
    """

    features: NDArray[np.float32]
    labels: NDArray[np.int32]
    weights: NDArray[np.float32]
    taught: NDArray[np.float32] | None = None


def class_weights(nights: Sequence[Night], config: ModelConfig) -> NDArray[np.float32]:
    """Balanced weights [classes], (epochs / classes / epochs of the class) ** class_weight_power, mean 1 an epoch."""
    classes = config.network.classes
    if not config.training.class_weights:
        return np.ones(classes, np.float32)
    labels = np.concatenate([night.labels[night.labels != NO_CLASS] for night in nights])
    counts = np.bincount(labels, minlength=classes).astype(float)
    weights = (counts.sum() / classes / np.maximum(counts, 1)) ** config.training.class_weight_power
    weights[counts == 0] = 0
    balanced: NDArray[np.float32] = (weights / ((weights * counts).sum() / counts.sum())).astype(np.float32)
    return balanced


def dataset_shares(names: Sequence[str], weights: Mapping[str, float]) -> NDArray[np.float64]:
    """Share of the frames drawn from each data set: as configured, the rest evenly over those not named."""
    given = np.array([weights.get(name, np.nan) for name in names])
    missing = np.isnan(given)
    shares = np.where(missing, max(0.0, 1 - np.nansum(given)) / max(1, int(missing.sum())), given)
    if shares.sum() <= 0:
        shares = np.ones(len(names))
    result: NDArray[np.float64] = shares / shares.sum()
    return result


def drop_sensors(
    frame: NDArray[np.float32], feature_set: FeatureSet, recipe: TrainingConfig, generator: np.random.Generator
) -> NDArray[np.float32]:
    """A copy of a frame in which sensors are missing, as some wearables lack them: 0 throughout, as normalised."""
    # The clock is no sensor: every wearable has one.
    groups = [columns for name, columns in feature_set.groups.items() if name != CLOCK]
    # The first group is what every wearable has; it stays.
    if generator.random() < recipe.heart_rate_only:
        dropped = groups[1:]
    else:
        dropped = [group for group in groups[1:] if generator.random() < recipe.sensor_dropout]
    result = frame.copy()
    for group in dropped:
        result[:, list(group)] = 0.0
    return result


def random_start(length: int, epochs: int, generator: np.random.Generator) -> int:
    """First epoch of a frame at a random place of a night of `length` epochs.

    One in OVERHANG frames may start anywhere up to the night's last epoch, since a night's last frame is padded too.
    """
    last_start = max(0, length - epochs) if generator.random() >= 1 / OVERHANG else length - 1
    return int(generator.integers(0, last_start + 1))


def random_end(length: int, generator: np.random.Generator) -> int:
    """Epoch after the last one of a frame that ends at a random epoch of a night of `length` epochs."""
    return int(generator.integers(1, length + 1))


def frame_at(night: Night, start: int, epochs: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Features and labels of `epochs` epochs from `start`, which is negative in a frame that begins before the night;
    features are 0 and epochs not scored outside the night.
    """
    before = max(0, -start)
    labels = night.labels[max(0, start) : start + epochs]
    padded = np.pad(labels, (before, epochs - before - len(labels)), constant_values=NO_CLASS)
    return rows_at(night.features, start, epochs), padded


def rows_at(values: NDArray[np.float32], start: int, epochs: int) -> NDArray[np.float32]:
    """Rows [epochs, n] of a night's values [night, n] from `start`, 0 before its first and past its last epoch."""
    before = max(0, -start)
    rows = values[max(0, start) : start + epochs]
    return np.pad(rows, ((before, epochs - before - len(rows)), (0, 0))) if len(rows) < epochs else rows


class Sampler:
    """Batches of training frames. The batches of a training epoch depend on the seed and its number alone, so that
    a resumed run draws what the uninterrupted one draws.
    """

    def __init__(
        self,
        nights: Sequence[Night],
        config: ModelConfig,
        feature_set: FeatureSet,
        seed: int,
        taught: Mapping[tuple[str, str], NDArray[np.float32]] | None = None,
    ) -> None:
        """taught: (data set, subject) of every night -> what teachers answer, probabilities [epochs, classes]."""
        self._config, self._feature_set, self._seed, self._taught = config, feature_set, seed, taught
        names = sorted({night.dataset for night in nights})
        self._nights = [[night for night in nights if night.dataset == name] for name in names]
        self._shares = dataset_shares(names, config.training.dataset_weights)
        self._class_weights = class_weights(nights, config)

    def epoch(self, number: int) -> list[Batch]:
        """The `training.steps` batches of one training epoch, counted from 0."""
        recipe = self._config.training
        generator = np.random.default_rng([self._seed, number])
        queue: list[Night] = []
        batches = []
        for _ in range(recipe.steps):
            features, labels, taught = [], [], []
            for _ in range(recipe.batch):
                if not queue:
                    queue = self._draw_nights(generator)
                night, epochs = queue.pop(), self._config.network.epochs
                if recipe.frames == "ending":
                    start = random_end(len(night.labels), generator) - epochs
                else:
                    start = random_start(len(night.labels), epochs, generator)
                frame, target = frame_at(night, start, epochs)
                if self._taught is not None:
                    taught.append(rows_at(self._taught[night.dataset, night.subject], start, epochs))
                frame = drop_sensors(frame, self._feature_set, recipe, generator)
                if recipe.noise:
                    noise = generator.normal(0, recipe.noise, frame.shape).astype(np.float32)
                    frame = np.where(frame != 0, frame + noise, frame)
                features.append(frame)
                labels.append(target)
            batches.append(self._batch(np.stack(features), np.stack(labels), np.stack(taught) if taught else None))
        return batches

    def _draw_nights(self, generator: np.random.Generator) -> list[Night]:
        """As many nights as the data sets hold, each `frames_per_subject` times, in random order."""
        drawn: list[Night] = []
        for _ in range(sum(len(part) for part in self._nights)):
            part = self._nights[int(generator.choice(len(self._nights), p=self._shares))]
            drawn += [part[int(generator.integers(len(part)))]] * self._config.training.frames_per_subject
        return [drawn[index] for index in generator.permutation(len(drawn))]

    def _batch(
        self, features: NDArray[np.float32], labels: NDArray[np.int64], taught: NDArray[np.float32] | None
    ) -> Batch:
        scored = labels != NO_CLASS
        target = np.where(scored, labels, 0)
        weights = np.where(scored, self._class_weights[target], 0).astype(np.float32)
        recipe = self._config.training
        if recipe.frames == "ending":
            weights[:, : -recipe.newest] *= recipe.older_weight
        return Batch(features.astype(np.float32), target.astype(np.int32), weights, taught)
