from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from sktools.compiler.compiled import TensorSpec
from sktools.features.evaluation_set import EvaluationSet, NightSpan
from sktools.profiling.scoring import nights, score

SPEC = TensorSpec((1, 4, 2), 0.5, 0)
LABELS = np.array([[0, 1, 1, 0], [1, 1, -1, -1], [0, -1, -1, -1]])


def _evaluation() -> EvaluationSet:
    return EvaluationSet(
        dataset="synthetic",
        features=np.zeros((3, 4, 2), np.float32),
        labels=LABELS,
        mask=LABELS >= 0,
        frame_subjects=("a", "a", "b"),
        subjects=("a", "b"),
        left_out=7,
        training_included=("b",),
        skipped=(),
        synthetic=True,
    )


def _answers(stages: np.ndarray) -> np.ndarray:
    return np.where(np.eye(2, dtype=bool)[stages], 10, -10).astype(np.int8).reshape(len(stages), 1, 4, 2)


def test_device_and_host_are_scored_apart() -> None:
    right = np.where(LABELS >= 0, LABELS, 0)
    wrong = right.copy()
    wrong[0, 0] = 1
    found = score(_evaluation(), _answers(wrong), _answers(right), SPEC, ("WAKE", "SLEEP"))
    assert found is not None
    assert found["accuracy"] == pytest.approx(6 / 7)
    assert found["confusion"] == [[2, 1], [0, 4]]
    assert found["host"]["accuracy"] == 1.0
    assert (found["subjects"], found["frames"], found["left_out"], found["training_included"]) == (
        ["a", "b"], 3, 7, ["b"],
    )  # fmt: skip


def test_only_the_frames_that_ran_count() -> None:
    answers = _answers(np.where(LABELS >= 0, LABELS, 0)[:2])
    found = score(_evaluation(), answers, answers, SPEC, ("WAKE", "SLEEP"))
    assert found is not None
    assert (found["subjects"], found["frames"], found["epochs"], found["training_included"]) == (["a"], 2, 6, [])


def test_nights_are_joined_and_cut_at_the_last_label() -> None:
    answers = _answers(np.ones((3, 4), int))
    assert nights(_evaluation(), answers) == [
        {"subject": "a", "true": [0, 1, 1, 0, 1, 1], "device": [1] * 6},
        {"subject": "b", "true": [0], "device": [1]},
    ]


def test_a_night_without_labels_is_as_long_as_its_recording() -> None:
    unlabelled = dataclasses.replace(
        _evaluation(),
        labels=np.full_like(LABELS, -1),
        mask=np.zeros_like(LABELS, dtype=bool),
        nights=(NightSpan("a", "", np.ones(7, dtype=bool)), NightSpan("b", "", np.ones(3, dtype=bool))),
    )
    found = nights(unlabelled, _answers(np.ones((3, 4), int)))
    assert [(night["subject"], len(night["device"]), set(night["true"])) for night in found] == [
        ("a", 7, {-1}), ("b", 3, {-1}),
    ]  # fmt: skip


def test_nights_without_labels_are_not_among_those_scored() -> None:
    labels = LABELS.copy()
    labels[2] = -1
    half = dataclasses.replace(_evaluation(), labels=labels, mask=labels >= 0)
    answers = _answers(np.where(labels >= 0, labels, 0))
    found = score(half, answers, answers, SPEC, ("WAKE", "SLEEP"))
    assert found is not None and (found["subjects"], found["unlabelled_subjects"]) == (["a"], ["b"])
