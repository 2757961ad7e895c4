"""Cross-validation over subjects: every subject is scored by a network that never saw one of its nights."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sktools.datasets.recording import deal
from sktools.datasets.registry import Dataset, Skipped
from sktools.errors import DataError
from sktools.features.evaluation_set import EvaluationSet, evaluation_set, load_nights
from sktools.features.frames import NO_CLASS, Night, blend, cut, overlapping
from sktools.metrics.classification import cohen_kappa, confusion_matrix
from sktools.model_config import ModelConfig
from sktools.training.batches import rows_at
from sktools.training.evaluation import WAKE_STAGE, scored
from sktools.training.first_training import Training, train_in_turn, trainings
from sktools.training.progress import Progress, ProgressCallback, silent
from sktools.training.tensorflow_setup import require_tensorflow

if TYPE_CHECKING:
    import keras

Probabilities = dict[tuple[str, str], NDArray[np.float32]]

ALONE, TOGETHER, STUDENT = "one network", "together", "student"
OVERLAPPING = ", overlapping frames"
DECIDED = ", wake by inner folds"
OFFSETS = np.linspace(-2.0, 2.0, 41)
"""Tried of the wake class's logit."""


@dataclass(frozen=True)
class CrossValidation:
    """accuracy: the `accuracy` object over every subject, each scored by the fold that held it out (float network).
    folds: subject ids of each fold. logits: float32 [n, epochs, classes] of `chosen`.
    others: the same of other ways to answer, by name, on the same folds.
    """

    accuracy: dict[str, Any]
    folds: tuple[tuple[str, ...], ...]
    chosen: EvaluationSet
    logits: NDArray[np.float32]
    others: Mapping[str, dict[str, Any]]


def cross_validate(
    config: ModelConfig,
    dataset: Dataset,
    extra: Sequence[Dataset] = (),
    folds: int = 5,
    progress: ProgressCallback = silent,
    hop: int | None = None,
    teachers: Sequence[ModelConfig] = (),
    teach: bool = True,
    subjects: Sequence[str] | None = None,
    inner: int = 0,
) -> CrossValidation:
    """Fit `folds` networks by the configuration's recipe, each on the subjects of the other folds.

    Subjects are dealt to the folds in turn, in the reader's order. Every network trains for all of
    `training.epochs` and keeps its last weights: no subject of its own fold has a say.
    extra: data sets that every network trains on besides.
    hop: epochs between overlapping frames; `others` then tells what their mean reaches.
    teachers: of other seeds or feature sets; trained on the fold's training subjects, their mean probabilities
    there teach the network that is scored. Needs hop. teach: False leaves the teaching out; `others` then tells what
    the network and they reach together.
    subjects: only these, None for all. inner: where not 0, folds of each fold's own training subjects, whose
    networks settle what is added to the logit of wake: what makes kappa largest on subjects that they did not see.
    `others` then tells what the network reaches so. Not with teachers.
    Where a configuration asks for a first training (`training.first`), it is on the same subjects as the second.
    Raises DataError where there are fewer subjects than folds, or the data sets' nights differ between feature sets.
    """
    require_tensorflow()

    def note(item: Skipped) -> None:
        progress(Progress("skip", message=f"{item.dataset} {item.subject}: {item.reason}"))

    progress(Progress("read", message=f"reading {dataset.name}"))
    nights = load_nights(config, dataset, subjects, note)
    parts = deal([night.subject for night in nights], folds) if folds >= 2 else ()
    if not parts or not all(parts):
        raise DataError(f"data set '{dataset.name}': {len(nights)} usable subjects do not make {folds} folds")

    def nights_of(wanted: ModelConfig) -> dict[tuple[str, str], Night]:
        return {
            (night.dataset, night.subject): night
            for part in (dataset, *extra)
            for night in load_nights(wanted, part, subjects if part is dataset else None)
        }

    views = {_view(wanted): nights_of(wanted) for run in (config, *teachers) for wanted in trainings(run)}
    chosen = evaluation_set(config, dataset, subjects=[night.subject for night in nights])
    student = config if teachers and teach else None
    runs = [*teachers, config] if student else [config, *teachers]
    epochs = sum(wanted.training.epochs for run in runs for wanted in trainings(run))
    total, done = folds * (1 + inner) * epochs, itertools.count(1)
    answers: dict[str, Probabilities] = {}

    def tell(_: int, __: int, figures: dict[str, float]) -> None:
        progress(Progress("fit", next(done), total, figures))

    def learn(run: ModelConfig, without: set[tuple[str, str]], taught: Probabilities | None = None) -> keras.Model:
        parts = [
            Training(
                wanted,
                [night for key, night in views[_view(wanted)].items() if key not in without],
                taught=taught if wanted is run else None,
            )
            for wanted in trainings(run)
        ]
        return _fitted(parts, tell)

    def keep(way: str, held_out: set[tuple[str, str]], found: Probabilities) -> None:
        answers.setdefault(way, {}).update({key: found[key] for key in held_out})

    for held_out in parts:
        mine = {(dataset.name, subject) for subject in held_out}
        taught: list[Probabilities] = []
        for run in runs:
            view = views[_view(run)]
            learns = run is student
            model = learn(run, mine, _mean(taught) if learns else None)
            name = STUDENT if learns else ALONE
            told = learns or run is runs[0]
            if told:
                keep(name, mine, {key: _end_to_end(model, view[key]) for key in mine})
            if hop is not None:
                found = {key: _overlapped(model, view[key], hop) for key in (view if student else mine)}
                if told:
                    keep(name + OVERLAPPING, mine, found)
                if not learns:
                    taught.append(found)
        if inner:
            rest = [night for key, night in views[_view(config)].items() if key not in mine and key[0] == dataset.name]
            offset = _inner_offset(config, rest, mine, inner, hop, learn)
            for way in [name for name in answers if not name.endswith(DECIDED)]:
                shifted = {key: shift(answers[way][key], config.classes.map[WAKE_STAGE], offset) for key in mine}
                keep(way + DECIDED, mine, shifted)
        if teachers:
            keep(TOGETHER + OVERLAPPING, mine, _mean(taught))
    logits = {way: _framed(chosen, found) for way, found in answers.items()}
    reports = {way: scored(chosen, found, config.classes) for way, found in logits.items()}
    main = STUDENT if student else ALONE
    others = {way: report for way, report in reports.items() if way != main}
    return CrossValidation(reports[main], parts, chosen, logits[main], others)


def _view(config: ModelConfig) -> tuple[Any, ...]:
    """Of what nights hold: features and labels."""
    return config.features, *sorted(config.classes.map.items())


def _fitted(runs: Sequence[Training], tell: Callable[[int, int, dict[str, float]], None]) -> keras.Model:
    with tempfile.TemporaryDirectory() as folder:
        return train_in_turn(runs, Path(folder) / "state.npz", on_epoch=tell)[0]


def _inner_offset(
    config: ModelConfig,
    nights: Sequence[Night],
    held_out: set[tuple[str, str]],
    folds: int,
    hop: int | None,
    learn: Callable[[ModelConfig, set[tuple[str, str]]], keras.Model],
) -> float:
    """best_offset of networks that are each fitted without one of `folds` parts of the training subjects, on the
    nights of those parts.

    nights: of the training subjects. held_out: others. learn: fits a network without some (data set, subject).
    """
    labels, answers = [], []
    for part in deal([night.subject for night in nights], folds):
        mine = [night for night in nights if night.subject in part]
        model = learn(config, held_out | {(night.dataset, night.subject) for night in mine})
        for night in mine:
            found = _end_to_end(model, night) if hop is None else _overlapped(model, night, hop)
            labels.append(night.labels[night.labels != NO_CLASS])
            answers.append(found[night.labels != NO_CLASS])
    return best_offset(np.concatenate(labels), np.concatenate(answers), config.classes.map[WAKE_STAGE])


def best_offset(labels: NDArray[np.int64], probabilities: NDArray[np.float32], wake: int) -> float:
    """The one of OFFSETS that makes kappa largest, of equal ones the nearest to 0. labels: [n]. probabilities: [n,
    classes].
    """

    def kappa(offset: float) -> float:
        answered = shift(probabilities, wake, offset).argmax(axis=-1)
        return cohen_kappa(confusion_matrix(labels, answered, probabilities.shape[-1]))

    return max(map(float, OFFSETS), key=lambda offset: (kappa(offset), -abs(offset)))


def shift(probabilities: NDArray[np.float32], wake: int, offset: float) -> NDArray[np.float32]:
    """Probabilities [..., classes] with something added to the logit of class `wake`."""
    raised = probabilities.copy()
    raised[..., wake] *= np.exp(offset)
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True), np.float32)


def _end_to_end(model: keras.Model, night: Night) -> NDArray[np.float32]:
    frames = cut(night, model.input_shape[1]).features
    logits = np.asarray(model.predict_on_batch(frames), np.float32)
    return _softmax(logits.reshape(-1, logits.shape[-1])[: len(night.labels)])


def _overlapped(model: keras.Model, night: Night, hop: int) -> NDArray[np.float32]:
    epochs, length = model.input_shape[1], len(night.labels)
    starts = overlapping(length, epochs, hop)
    frames = np.stack([rows_at(night.features, start, epochs) for start in starts])
    return _softmax(blend(np.asarray(model.predict_on_batch(frames), np.float32), starts, length))


def _mean(parts: Sequence[Probabilities]) -> Probabilities:
    return {key: np.mean([part[key] for part in parts], axis=0, dtype=np.float32) for key in parts[0]}


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), np.float32)


def _framed(chosen: EvaluationSet, found: Probabilities) -> NDArray[np.float32]:
    """Probabilities by night as logits [n, epochs, classes] of the evaluation set's frames."""
    epochs = chosen.labels.shape[1]
    frames: list[NDArray[np.float32]] = []
    for subject in chosen.subjects:
        night = np.log(np.maximum(found[chosen.dataset, subject], 1e-9))
        frames += [rows_at(night, start, epochs) for start in range(0, len(night), epochs)]
    return np.stack(frames)
