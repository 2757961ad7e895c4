"""Teachers of a network: gradient-boosted trees that never saw the night on which they teach.

The training people are dealt to folds; the trees that answer a night learned from the people of the other folds. So
what they say is what can be known of a new person. (Teachers that learned from the night itself repeat its labels,
and the student learns nothing new.) They answer the five base stages, whose probabilities add up to those of the
network's classes.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sktools.datasets.recording import person_of
from sktools.datasets.registry import Dataset
from sktools.errors import DataError
from sktools.features.evaluation_set import load_nights
from sktools.features.frames import Night
from sktools.model_config import BASE_STAGES, ClassesConfig, FeaturesConfig, ModelConfig
from sktools.partial import replace_file
from sktools.training.progress import Progress, ProgressCallback, silent
from sktools.training.trees import fit_trees

Taught = Mapping[tuple[str, str], NDArray[np.float32]]
"""(data set, subject) -> what teachers say of each epoch of the night."""

FOLDS = 4
STAGES = ClassesConfig(tuple(BASE_STAGES.values()), {stage: index for index, stage in enumerate(BASE_STAGES)})
ROUNDS = 60


def teacher_features(config: ModelConfig) -> FeaturesConfig:
    """The features that the teachers see: those of the model, or of `training.teacher_features` over whole nights."""
    wanted = config.training.teacher_features
    return config.features if wanted is None else FeaturesConfig(wanted, clip=config.features.clip)


def teacher_nights(config: ModelConfig, dataset: Dataset, subjects: Sequence[str]) -> tuple[Night, ...]:
    """Nights of some people as the teachers see them: their own features, and the five base stages."""
    network = dataclasses.replace(config.network, classes=len(STAGES.names))
    view = dataclasses.replace(config, features=teacher_features(config), classes=STAGES, network=network)
    return load_nights(view, dataset, subjects)


def teach(nights: Sequence[Night], progress: ProgressCallback = silent, cache: Path | None = None) -> Taught:
    """Probabilities of the base stages, [epochs, 5], of every night by trees that did not see the person.

    nights: of the training people, labelled by STAGES. cache: folder that keeps what was taught, for other models that
    learn from the same nights.
    Raises DataError if there are fewer than two people.
    """
    if cache is None:
        return _teach(nights, progress)
    path = cache / f"teachers-{_digest(nights)}.npz"
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {(night.dataset, night.subject): archive[f"{night.dataset}/{night.subject}"] for night in nights}
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        found = _teach(nights, progress)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **{"/".join(key): stages for key, stages in found.items()})  # type: ignore[arg-type]
    replace_file(path, buffer.getvalue())
    return found


def _digest(nights: Sequence[Night]) -> str:
    """Of everything that the trees see."""
    digest = hashlib.sha256(f"{FOLDS} {ROUNDS}".encode())
    for night in nights:
        digest.update(f"{night.dataset}/{night.subject}".encode())
        digest.update(night.features.tobytes() + night.labels.tobytes())
    return digest.hexdigest()[:16]


def _teach(nights: Sequence[Night], progress: ProgressCallback) -> Taught:
    people = list(dict.fromkeys((night.dataset, person_of(night.subject)) for night in nights))
    folds = min(FOLDS, len(people))
    if folds < 2:
        raise DataError(f"teachers need the nights of two people or more, found {len(people)}")
    result: dict[tuple[str, str], NDArray[np.float32]] = {}
    for fold in range(folds):
        progress(Progress("teach", fold, folds))
        asked = set(people[fold::folds])
        rest = [night for night in nights if (night.dataset, person_of(night.subject)) not in asked]
        trees = fit_trees(rest, len(STAGES.names), seed=fold, rounds=ROUNDS)
        for night in nights:
            if (night.dataset, person_of(night.subject)) in asked:
                result[night.dataset, night.subject] = trees.probabilities(night.features)
    progress(Progress("teach", folds, folds))
    return result


def by_classes(taught: Taught, classes: ClassesConfig) -> Taught:
    """Probabilities of a network's classes, [epochs, classes] per night, from those of the base stages.

    A stage that has no class leaves its share to the others.
    """
    result = {}
    for key, stages in taught.items():
        sums = np.zeros((len(stages), len(classes.names)), np.float32)
        for stage, target in classes.map.items():
            sums[:, target] += stages[:, STAGES.map[stage]]
        result[key] = np.asarray(sums / np.maximum(sums.sum(axis=1, keepdims=True), 1e-6), np.float32)
    return result
