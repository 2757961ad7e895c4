"""Cross-validation: every subject once, by a network that never saw it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from sktools.datasets.registry import open_dataset
from sktools.errors import DataError
from sktools.features.frames import Night
from sktools.model_config import FeaturesConfig, ModelConfig
from sktools.training import cross_validation, first_training
from sktools.training.cross_validation import cross_validate
from sktools.training.first_training import Training
from tests.support.sleep_accel_files import write_subject


def folder_of(tmp_path: Path, count: int) -> Path:
    generator = np.random.default_rng(0)
    for index in range(count):
        stages = np.repeat(generator.permutation([0, 2, 0, 2, 2, 0, 2, 2]), 40)
        write_subject(tmp_path, str(index + 1), stages.tolist(), seed=index, wake_bpm=75)
    return tmp_path


def test_every_subject_is_scored_once_by_a_network_that_did_not_see_it(
    small_config: ModelConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[set[str]] = []
    sampler = first_training.Sampler

    def watching(nights, *rest):  # type: ignore[no-untyped-def]
        seen.append({night.subject for night in nights})
        return sampler(nights, *rest)

    monkeypatch.setattr(first_training, "Sampler", watching)
    recipe = dataclasses.replace(small_config.training, epochs=8, steps=10, batch=8)
    config = dataclasses.replace(small_config, training=recipe)
    result = cross_validate(config, open_dataset("sleep-accel", folder_of(tmp_path, 5)), folds=2)
    assert result.folds == (("1", "3", "5"), ("2", "4"))
    assert [sorted(part) for part in seen] == [["2", "4"], ["1", "3", "5"]]
    assert result.accuracy["subjects"] == ["1", "2", "3", "4", "5"]
    assert result.accuracy["epochs"] == 5 * 320
    # Heart rate alone tells these stages apart.
    assert result.accuracy["kappa"] > 0.5
    low, high = result.accuracy["intervals"]["kappa"]
    assert low <= result.accuracy["kappa"] <= high


class Constant:
    """Stands for a fitted network: answers every epoch alike."""

    def __init__(self, wake: float, epochs: int) -> None:
        self.input_shape, self._logits = (None, epochs, 14), np.array([wake, 0.0], np.float32)

    def predict_on_batch(self, frames: np.ndarray) -> np.ndarray:
        return np.broadcast_to(self._logits, (*frames.shape[:2], 2))


@pytest.mark.parametrize("teach", [True, False])
def test_teachers_see_no_night_of_the_fold_and_their_answers_are_what_is_taught(
    small_config: ModelConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, teach: bool
) -> None:
    seen: list[tuple[str, set[str], dict[tuple[str, str], np.ndarray] | None]] = []

    def fitted(runs, tell):  # type: ignore[no-untyped-def]
        (run,) = runs
        features = run.config.features.set
        seen.append((features, {night.subject for night in run.nights}, run.taught))
        return Constant(1.0 if features == "fs-hr-14" else 3.0, run.config.network.epochs)

    monkeypatch.setattr(cross_validation, "_fitted", fitted)
    network, teacher = (
        dataclasses.replace(small_config, features=FeaturesConfig(set=name)) for name in ("fs-hr-14", "fs-hr-night-14")
    )
    source = open_dataset("sleep-accel", folder_of(tmp_path, 4))
    result = cross_validate(network, source, folds=2, hop=60, teachers=[teacher], teach=teach)
    order = ["fs-hr-night-14", "fs-hr-14"] if teach else ["fs-hr-14", "fs-hr-night-14"]
    assert [name for name, _, _ in seen] == order * 2
    assert [nights for _, nights, _ in seen] == [{"2", "4"}, {"2", "4"}, {"1", "3"}, {"1", "3"}]
    for _, nights, answers in seen[1::2]:
        assert (answers is not None) == teach
        for subject in nights if answers is not None else ():
            assert np.allclose(answers["sleep-accel", subject], np.exp([3, 0]) / np.exp([3, 0]).sum(), atol=1e-5)
    assert all(answers is None for _, _, answers in seen[::2])
    student = {"one network", "student, overlapping frames"} if teach else set()
    assert set(result.others) == {"one network, overlapping frames", "together, overlapping frames", *student}
    assert all(report["epochs"] == 4 * 320 for report in (result.accuracy, *result.others.values()))


def test_what_is_taught_outweighs_the_labels(small_config: ModelConfig, tmp_path: Path) -> None:
    """Labels say wake throughout, the teachers say sleep, and theirs is the larger share of the target."""
    features = np.random.default_rng(0).normal(size=(300, 14)).astype(np.float32)
    night = Night("sleep-accel", "1", features, np.zeros(300, np.int64))
    answers = {("sleep-accel", "1"): np.tile(np.array([0.0, 1.0], np.float32), (300, 1))}
    recipe = dataclasses.replace(small_config.training, epochs=6, steps=10, class_weights=False, focal_gamma=0.0)
    config = dataclasses.replace(small_config, training=recipe)
    model = cross_validation._fitted([Training(config, [night], taught=answers)], lambda *_: None)
    logits = model.predict_on_batch(features[None, :240])
    assert np.mean(logits[0].argmax(axis=1) == 1) > 0.9


def test_the_offset_of_wake_is_settled_by_subjects_that_the_scored_ones_never_met(
    small_config: ModelConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[set[str]] = []

    def fitted(runs, tell):  # type: ignore[no-untyped-def]
        (run,) = runs
        seen.append({night.subject for night in run.nights})
        return Constant(-0.5, run.config.network.epochs)

    asked: list[int] = []

    def offset(labels, probabilities, wake):  # type: ignore[no-untyped-def]
        asked.append(len(labels))
        assert wake == 0 and probabilities.shape == (len(labels), 2)
        return 1.0

    monkeypatch.setattr(cross_validation, "_fitted", fitted)
    monkeypatch.setattr(cross_validation, "best_offset", offset)
    people = ["1", "2", "3", "4"]
    source = open_dataset("sleep-accel", folder_of(tmp_path, 5))
    result = cross_validate(small_config, source, folds=2, subjects=people, inner=2)
    assert seen == [{"2", "4"}, {"4"}, {"2"}, {"1", "3"}, {"3"}, {"1"}] and asked == [2 * 320] * 2
    assert result.accuracy["subjects"] == people
    # The network answers sleep throughout, and wake where 1 is added to that logit.
    assert result.accuracy["per_class"]["WAKE"]["recall"] == 0
    assert result.others["one network, wake by inner folds"]["per_class"]["WAKE"]["recall"] == 1


def test_the_best_offset_makes_kappa_largest() -> None:
    wake = np.array([0.1, 0.2, 0.3, 0.4, 0.45, 0.6], np.float32)
    probabilities, labels = np.stack([wake, 1 - wake], axis=1), np.array([1, 1, 0, 0, 0, 0])
    found = cross_validation.best_offset(labels, probabilities, 0)
    # Just enough to answer 0.3 and above with wake.
    assert np.log(0.7 / 0.3) < found < np.log(0.8 / 0.2)
    answered = cross_validation.shift(probabilities, 0, found).argmax(axis=1)
    assert answered.tolist() == labels.tolist()
    assert cross_validation.best_offset(np.array([0]), np.array([[0.9, 0.1]], np.float32), 0) == 0.0


def test_fewer_subjects_than_folds_are_refused(small_config: ModelConfig, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="3 usable subjects do not make 5 folds"):
        cross_validate(small_config, open_dataset("sleep-accel", folder_of(tmp_path, 3)))


@pytest.mark.parametrize("inner", [0, 2])
def test_a_first_training_sees_more_classes_and_no_night_of_the_fold(
    small_config: ModelConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inner: int
) -> None:
    seen: list[list[tuple[int, set[str]]]] = []

    def fitted(runs, tell):  # type: ignore[no-untyped-def]
        for run in runs:
            stages = {int(label) for night in run.nights for label in night.labels if label >= 0}
            assert stages == ({0, 1, 2} if run.config.network.classes == 4 else {0, 1})
        seen.append([(run.config.network.classes, {night.subject for night in run.nights}) for run in runs])
        return Constant(0.5, runs[-1].config.network.epochs)

    monkeypatch.setattr(cross_validation, "_fitted", fitted)
    for subject in "1234":
        write_subject(tmp_path, subject, [0] * 80 + [2] * 120 + [3] * 120, seed=int(subject))
    config = dataclasses.replace(small_config, training=dataclasses.replace(small_config.training, first="ss-4"))
    cross_validate(config, open_dataset("sleep-accel", tmp_path), folds=2, inner=inner)
    people = [{"2", "4"}, {"4"}, {"2"}, {"1", "3"}, {"3"}, {"1"}] if inner else [{"2", "4"}, {"1", "3"}]
    assert seen == [[(4, nights), (2, nights)] for nights in people]
