"""Everything that a model learns, from the nights of some people and of nobody else: the prior of the normalisation,
the stage prior, class weights, teachers, weights and the ranges of the quantization.
"""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sktools.features.prior import fit_prior
from sktools.metrics.clock import Clock
from sktools.model_config import ModelConfig
from sktools.training.cohort import Cohort
from sktools.training.first_training import Training, train_in_turn, trainings
from sktools.training.progress import Progress, ProgressCallback, silent
from sktools.training.quantize import to_int8
from sktools.training.stage_prior import clock_of
from sktools.training.teachers import STAGES, by_classes, teach, teacher_features
from sktools.training.trainer import calibration_frames


@dataclass(frozen=True)
class Learned:
    """config: with the prior of these people. tflite: the int8 network. clock: None if the model has none."""

    config: ModelConfig
    tflite: bytes
    clock: Clock


def refitted(config: ModelConfig, cohort: Cohort, people: Sequence[str]) -> ModelConfig:
    """The configuration with the prior of the causal normalisation fitted on some people's nights."""
    features = config.features
    if features.prior is None:
        return config
    prior = fit_prior(cohort.tables(features.set, people), features.prior.epochs)
    return dataclasses.replace(config, features=dataclasses.replace(features, prior=prior))


def runs_of(
    config: ModelConfig,
    cohort: Cohort,
    people: Sequence[str],
    progress: ProgressCallback = silent,
    cache: Path | None = None,
) -> list[Training]:
    """The trainings of a configuration on some people, with what their teachers say.

    cache: see teachers.teach.
    """
    taught = None
    if config.training.teacher is not None:
        seen = cohort.nights(teacher_features(config), STAGES, people)
        taught = teach(seen, progress, cache)
    return [
        Training(
            wanted,
            cohort.nights(wanted.features, wanted.classes, people),
            taught=None if taught is None else by_classes(taught, wanted.classes),
        )
        for wanted in trainings(config)
    ]


def learn(
    config: ModelConfig,
    cohort: Cohort,
    people: Sequence[str],
    progress: ProgressCallback = silent,
    cache: Path | None = None,
) -> Learned:
    """A model of some people's nights, quantized. Raises DataError if they do not suffice."""
    config = refitted(config, cohort, people)
    runs = runs_of(config, cohort, people, progress, cache)
    total = len(runs) * config.training.epochs

    def tell(number: int, epoch: int, figures: dict[str, float]) -> None:
        progress(Progress("fit", number * config.training.epochs + epoch, total, figures))

    with tempfile.TemporaryDirectory() as folder:
        model, _ = train_in_turn(runs, Path(folder) / "state.npz", on_epoch=tell)
    nights = runs[-1].nights
    tflite = to_int8(model, calibration_frames(nights, config))
    return Learned(config, tflite, clock_of(config, nights))
