"""Trainings in turn, each from the weights of the one before: more classes first (`training.first`), then its own."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sktools import zoo
from sktools.errors import UsageError
from sktools.features.feature_set import find_feature_set
from sktools.features.frames import Night
from sktools.model_config import ModelConfig
from sktools.training.batches import Sampler
from sktools.training.fitting import History, ValidationSet, checkpoint_digest, fit
from sktools.training.networks import build_network
from sktools.training.tensorflow_setup import prepare_tensorflow

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Training:
    """One training. nights: labelled by the configuration's classes.

    taught: (data set, subject) of every night -> what teachers answer, probabilities [epochs, classes].
    """

    config: ModelConfig
    nights: Sequence[Night]
    validation: Sequence[ValidationSet] = ()
    taught: Mapping[tuple[str, str], NDArray[np.float32]] | None = None


def trainings(config: ModelConfig) -> tuple[ModelConfig, ...]:
    """What to train by, in turn: a configuration itself, and before it what its `training.first` asks for, which is
    the same recipe and network, but for its last layer, on another model's classes.

    Raises UsageError where there is no such model, or it has no more classes.
    """
    name = config.training.first
    if name is None:
        return (config,)
    try:
        classes = zoo.find_config(name)[0].classes
    except UsageError as error:
        raise UsageError(f"{config.name}: training.first: {error.message}", error.hint) from error
    if len(classes.names) <= len(config.classes.names):
        raise UsageError(
            f"{config.name}: training.first: '{name}' has {len(classes.names)} classes, "
            f"expected more than the {len(config.classes.names)} of {config.name}",
            "sktools zoo list",
        )
    first = dataclasses.replace(
        config,
        classes=classes,
        network=dataclasses.replace(config.network, classes=len(classes.names)),
        training=dataclasses.replace(config.training, first=None),
    )
    return first, config


def train_in_turn(
    runs: Sequence[Training],
    checkpoint: Path,
    digest: str = "",
    resume: bool = False,
    on_epoch: Callable[[int, int, dict[str, float]], None] | None = None,
) -> tuple[keras.Model, History]:
    """The network and history of the last run; every run starts from the weights of the one before it, but for the
    last layer's. The networks differ in their number of classes only.

    checkpoint: file that the state of the run under way is kept in. digest: of everything that shapes the runs.
    resume: go on with the run that the checkpoint is of; those before it are not repeated.
    on_epoch: told the run's number from 0, the epoch's from 1, and the epoch's figures (see fit).
    Raises DataError where the checkpoint is of other runs or damaged.
    """
    digests = [f"{digest} {number}" for number in range(len(runs))]
    found = checkpoint_digest(checkpoint) if resume and checkpoint.is_file() else None
    begin = digests.index(found) if found in digests else 0
    start: keras.Model | None = None
    history: History = []
    for number, run in enumerate(runs[begin:], begin):
        recipe = run.config.training
        prepare_tensorflow(recipe.seed)
        model = build_network(run.config.network, run.config.name, recipe.seed)
        if start is not None:
            for variable, value in zip(model.variables, start.variables, strict=True):
                if variable.shape == value.shape:  # all but the last layer's
                    variable.assign(value)
        history = fit(
            model,
            recipe,
            Sampler(run.nights, run.config, find_feature_set(run.config.features.set), recipe.seed, run.taught),
            list(run.validation),
            checkpoint,
            digests[number],
            resume and number == begin,
            partial(on_epoch, number) if on_epoch else None,
        )
        start = model
    assert start is not None, "no run"
    return start, history
