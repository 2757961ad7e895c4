"""The yardsticks of a model on an evaluation set: what it must beat to be worth running."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktools.datasets.registry import Dataset, readers
from sktools.errors import DataError
from sktools.features.evaluation_set import EvaluationSet, load_nights, training_subjects
from sktools.features.frames import Night, join
from sktools.metrics import yardsticks as metrics
from sktools.metrics.clock import Clock
from sktools.model_config import ClassesConfig, ModelConfig
from sktools.training.progress import Progress, ProgressCallback, silent
from sktools.training.trees import CONTEXT, Trees, fit_trees

NO_TREES = "sktools evaluate MODEL --baselines --training-data DIR trains them on the model's own training people"


def yardsticks(
    chosen: EvaluationSet,
    classes: ClassesConfig,
    clock: Clock | None = None,
    trees: Trees | None = None,
    learned_on: str = "",
    why_no_trees: str = NO_TREES,
) -> dict[str, Any]:
    """The yardsticks on the epochs that a model is scored on, by name.

    clock: of the model, None if it has none. trees: fitted on the model's training people, None if there are none.
    learned_on: those people, in words. why_no_trees: the reason for None.
    """
    found = {
        metrics.MAJORITY: metrics.majority(chosen.labels, chosen.mask, classes.names),
        metrics.CLOCK: metrics.clock_alone(
            clock, chosen.epochs_since_bedtime(), chosen.labels, chosen.mask, classes.names
        ),
        metrics.TREES: metrics.not_computed(why_no_trees),
    }
    if trees is not None:
        answers = tree_answers(trees, chosen)
        found[metrics.TREES] = metrics.answered(chosen.labels, answers, chosen.mask, classes.names, learned_on)
    return found


def context_of(config: ModelConfig) -> tuple[tuple[int, int], ...]:
    """What the trees may look at: as far ahead as the model is given before its answer is read."""
    if config.live is None:
        return CONTEXT
    ahead = config.live.delay_epochs
    return tuple((first, min(last, ahead)) for first, last in CONTEXT if first <= ahead)


def people_trees(config: ModelConfig, nights: Sequence[Night]) -> tuple[Trees | None, str, str]:
    """Trees of the nights that a model was trained on, these nights in words, and why there are none."""
    try:
        fitted = fit_trees(nights, len(config.classes.names), context_of(config))
    except DataError as error:
        return None, "", error.message
    return fitted, f"the {len(nights)} nights of {config.name}'s training people", ""


def tree_answers(trees: Trees, chosen: EvaluationSet) -> NDArray[np.int64]:
    """The class that trees answer for each epoch, [n, epochs]; they look beyond an epoch's frame at its night."""
    epochs = int(chosen.labels.shape[1])
    predicted = np.zeros(chosen.labels.shape, np.int64)
    owners = np.array(chosen.frame_subjects)
    for night in chosen.nights:
        mine = np.flatnonzero(owners == night.subject)
        features = join(chosen.features[mine], len(night.measured))
        flat = np.zeros(len(mine) * epochs, np.int64)
        flat[: len(features)] = trees.probabilities(features).argmax(axis=1)
        predicted[mine] = flat.reshape(len(mine), -1)
    return predicted


def training_data_sets(metrics_file: Path) -> tuple[str, ...]:
    """The data sets whose people a model was trained on, from its metrics.json: recordings of people if there are any,
    else generated ones. Empty if the file names none.
    """
    try:
        named = json.loads(metrics_file.read_text(encoding="utf-8"))["training_subjects"]
        known = readers()
        found = [str(name) for name in named if named[name] and name in known]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ()
    return tuple(name for name in found if not known[name].synthetic) or tuple(found)


def training_trees(
    config: ModelConfig,
    metrics_file: Path,
    datasets: Sequence[Dataset],
    progress: ProgressCallback = silent,
) -> tuple[Trees, str]:
    """Trees fitted on the people that a model was trained on, and these people in words.

    metrics_file: the model's metrics.json, which names them. datasets: where their recordings are.
    Raises DataError if metrics.json names none of them, or none can be read.
    """
    nights: list[Night] = []
    told = []
    for dataset in datasets:
        people = training_subjects(metrics_file, dataset.name) or frozenset()
        progress(Progress("read", message=f"reading the training people of {dataset.name}"))
        held = [subject for subject in dataset.subjects() if subject in people]
        if not held:
            raise DataError(
                f"{dataset.folder}: holds none of the {len(people)} people of '{dataset.name}' "
                f"that {config.name} was trained on"
            )
        nights += load_nights(config, dataset, held)
        told.append(f"{len(held)} of {config.name}'s {len(people)} training people of {dataset.name}")
    if not nights:
        raise DataError(f"{metrics_file}: names nobody that the model was trained on")
    progress(Progress("read", message=f"fitting trees on {len(nights)} nights"))
    return fit_trees(nights, len(config.classes.names), context_of(config)), " and ".join(told)
