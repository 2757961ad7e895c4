"""Scoring a model on recordings by LiteRT's reference kernels. Needs no TensorFlow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktools.datasets.recording import person_of
from sktools.datasets.registry import Dataset, Skipped
from sktools.errors import UsageError
from sktools.features.evaluation_set import EvaluationSet, by_night, evaluation_set
from sktools.features.frames import NO_CLASS
from sktools.metrics.agreement import bootstrap_by_subject
from sktools.metrics.classification import (
    accuracy_report,
    cohen_kappa,
    confusion_matrix,
    plain_accuracy,
    weighted_f1,
)
from sktools.metrics.clock import read_clock
from sktools.metrics.lights import NO_LIGHTS, LightsTimes
from sktools.metrics.sleep import compare_nights, sleep_agreement, stages_of
from sktools.model_config import ClassesConfig, ModelConfig
from sktools.training.answers import Answers, answered, answers
from sktools.training.progress import Progress, ProgressCallback, silent
from sktools.training.yardsticks import yardsticks
from sktools.zoo import METRICS_FILE, ModelRef

WAKE_STAGE = 0


def evaluate(
    model: ModelRef,
    dataset: Dataset,
    include_training: bool = False,
    subjects: Iterable[str] | None = None,
    progress: ProgressCallback = silent,
    clock: bool = True,
    live: bool = False,
) -> dict[str, Any]:
    """The `accuracy` object of a model on a data set, with how the subjects were chosen.

    Every subject that the model was not trained on is scored, each epoch once; see evaluation_set for the options.
    clock: False leaves the stage prior out. live: score it as a watch answers, whatever the model is for.
    Beyond the keys of `accuracy`: by_subject, intervals, sleep, yardsticks, missing, decision, left_out,
    training_included, skipped, synthetic; and `live`, if the model is scored so.
    Raises UsageError where no config.yaml stands beside the .tflite, and what evaluation_set raises.
    """
    config = _config(model)
    found = answer(model, dataset, include_training, subjects, progress, clock=clock, live=live)
    return {**scored(found.chosen, found.logits, config.classes), **answered(found, config)}


def answer(
    model: ModelRef,
    dataset: Dataset,
    include_training: bool = False,
    subjects: Iterable[str] | None = None,
    progress: ProgressCallback = silent,
    need_labels: bool = True,
    clock: bool = True,
    live: bool = False,
) -> Answers:
    """The frames of a data set and the model's decision; see evaluate.

    need_labels: refuse nights of which no epoch is scored.
    """
    config = _config(model)

    def note(item: Skipped) -> None:
        progress(Progress("skip", message=f"{item.dataset} {item.subject}: {item.reason}"))

    progress(Progress("read", message=f"reading {dataset.name}"))
    chosen = evaluation_set(config, dataset, model.folder / METRICS_FILE, include_training, subjects, note, need_labels)
    table = read_clock(model.folder, config.classes.names) if clock else None
    return answers(model.tflite.read_bytes(), config, chosen, table, live, progress)


def _config(model: ModelRef) -> ModelConfig:
    if model.config is None:
        raise UsageError(
            f"{model.tflite}: no config.yaml beside it tells its features and classes",
            "give a zoo name or a model folder",
        )
    return model.config


def scored(
    chosen: EvaluationSet,
    logits: NDArray[np.float32],
    classes: ClassesConfig,
    beside: Mapping[str, Any] | None = None,
    lights: LightsTimes = NO_LIGHTS,
) -> dict[str, Any]:
    """The `accuracy` object of logits [n, epochs, classes] on an evaluation set, with its subjects one by one.

    beside: the yardsticks on the same epochs; None for those that need nothing to learn from. lights: off and on.
    missing: sensors of the feature set that no night has. intervals: 95 % bootstrap intervals over subjects.
    sleep: the sleep statistics over subjects, true and predicted, with bias and limits. `subjects` are those that are
    scored; `unlabelled_subjects` those without a label, whose predicted statistics stand under `unlabelled`.
    If no epoch is labelled, `epochs` is 0 and there are no scores.
    """
    answers = logits.argmax(axis=-1)
    stages = stages_of(classes.names, classes.map[WAKE_STAGE])
    subjects, unlabelled = {}, {}
    for night, labels, predicted in by_night(chosen, answers):
        sleep = compare_nights(labels, predicted, stages, lights.of(night.subject, night.start))
        if sleep["true"] is None:
            unlabelled[night.subject] = {"epochs": len(labels), "sleep": {"predicted": sleep["predicted"]}}
        else:
            known = labels != NO_CLASS
            confusion = confusion_matrix(labels[known], predicted[known], len(classes.names))
            subjects[night.subject] = _Subject(confusion, sleep)
    report: dict[str, Any] = {"dataset": chosen.dataset, "subjects": list(subjects), "epochs": 0}
    if subjects:
        report = accuracy_report(chosen.dataset, logits, chosen.labels, chosen.mask, classes.names, subjects)
        confusions = _by_person(subjects)
        report["by_subject"] = {name: subject.figures() for name, subject in subjects.items()}
        report["intervals"] = {
            name: list(bootstrap_by_subject(confusions, statistic))
            for name, statistic in (("accuracy", plain_accuracy), ("f1", weighted_f1), ("kappa", cohen_kappa))
        }
        report["sleep"] = sleep_agreement([subject.sleep for subject in subjects.values()])
        report["yardsticks"] = yardsticks(chosen, classes) if beside is None else dict(beside)
    report["unlabelled_subjects"] = list(unlabelled)
    report["unlabelled"] = unlabelled
    report["missing"] = list(chosen.missing)
    report["left_out"] = chosen.left_out
    report["training_included"] = list(chosen.training_included)
    report["skipped"] = [{"subject": item.subject, "reason": item.reason} for item in chosen.skipped]
    report["synthetic"] = chosen.synthetic
    return report


def _by_person(subjects: Mapping[str, _Subject]) -> NDArray[np.int64]:
    """Confusions [persons, classes, classes]; nights of a person are not independent, so they count together."""
    people: dict[str, NDArray[np.int64]] = {}
    for name, subject in subjects.items():
        person = person_of(name)
        people[person] = people[person] + subject.confusion if person in people else subject.confusion
    return np.stack(list(people.values()))


@dataclass(frozen=True)
class _Subject:
    confusion: NDArray[np.int64]
    sleep: Mapping[str, Any]

    def figures(self) -> dict[str, Any]:
        return {
            "epochs": int(self.confusion.sum()),
            "accuracy": plain_accuracy(self.confusion),
            "f1": weighted_f1(self.confusion),
            "kappa": cohen_kappa(self.confusion),
            "sleep": dict(self.sleep),
        }
