"""Scores against scikit-learn, and the `accuracy` object's shape."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

from sktools.errors import DataError
from sktools.metrics.classification import accuracy_report, average_precision, cohen_kappa, confusion_matrix


def draw(seed: int, classes: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, classes, (4, 50))
    logits = generator.normal(size=(4, 50, classes)).astype(np.float32)
    logits[np.arange(4)[:, None], np.arange(50), labels] += 0.7
    return logits, labels, generator.random((4, 50)) < 0.8


@given(st.integers(0, 2**32 - 1), st.integers(2, 5))
def test_scores_are_scikit_learns(seed: int, classes: int) -> None:
    logits, labels, mask = draw(seed, classes)
    names = [f"c{index}" for index in range(classes)]
    report = accuracy_report("d", logits, labels, mask, names, ["s"])
    truth, predicted = labels[mask], logits[mask].argmax(axis=1)
    assert report["accuracy"] == pytest.approx(sk.accuracy_score(truth, predicted))
    assert report["f1"] == pytest.approx(sk.f1_score(truth, predicted, average="weighted", zero_division=0))
    assert report["kappa"] == pytest.approx(sk.cohen_kappa_score(truth, predicted))
    assert report["confusion"] == sk.confusion_matrix(truth, predicted, labels=range(classes)).tolist()
    precision, recall, f1, support = sk.precision_recall_fscore_support(
        truth, predicted, labels=range(classes), zero_division=0
    )
    for index, name in enumerate(names):
        scores = report["per_class"][name]
        assert [scores["precision"], scores["recall"], scores["f1"]] == pytest.approx(
            [precision[index], recall[index], f1[index]]
        )
        assert scores["support"] == support[index]


@given(st.integers(0, 2**32 - 1), st.integers(2, 5), st.integers(1, 60), st.sampled_from([1, 3, 1000]))
def test_average_precision_is_scikit_learns_to_the_bit(seed: int, classes: int, count: int, levels: int) -> None:
    """levels: few of them give equal scores, as int8 answers do."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, classes, count)
    logits = (generator.integers(-levels, levels + 1, (count, classes)) / 8).astype(np.float32)
    exponent = np.exp(logits.astype(float) - logits.max(axis=1, keepdims=True))
    share = exponent / exponent.sum(axis=1, keepdims=True)
    present = np.unique(labels)
    expected = np.mean([sk.average_precision_score(labels == target, share[:, target]) for target in present])
    assert average_precision(logits, labels) == expected


def test_masked_epochs_do_not_count() -> None:
    logits, labels, mask = draw(3, 3)
    changed = logits.copy()
    changed[~mask] = 99 * np.random.default_rng(0).normal(size=changed[~mask].shape)
    report = [accuracy_report("d", part, labels, mask, "abc", ["s"]) for part in (logits, changed)]
    assert report[0] == report[1] and report[0]["epochs"] == mask.sum() and report[0]["frames"] == 4


def test_perfect_and_absent_classes() -> None:
    labels = np.array([[0, 0, 2, 2]])
    logits = (np.eye(3)[labels] * 5).astype(np.float32)
    report = accuracy_report("d", logits, labels, np.ones((1, 4), bool), "abc", ["s"])
    assert report["accuracy"] == report["kappa"] == report["average_precision"] == report["f1"] == 1
    assert report["per_class"]["b"] == {"precision": 0, "recall": 0, "f1": 0, "support": 0}
    assert cohen_kappa(confusion_matrix(np.zeros(4, int), np.zeros(4, int), 2)) == 0


def test_shapes_that_do_not_fit_are_refused() -> None:
    logits, labels, mask = draw(0, 3)
    with pytest.raises(DataError, match="do not fit"):
        accuracy_report("d", logits, labels, mask, "ab", ["s"])
    with pytest.raises(DataError, match="no epoch to score"):
        accuracy_report("d", logits, labels, mask & False, "abc", ["s"])
