"""Yardsticks by hand: one constant answer, scores of answers, and which of two is the better."""

from __future__ import annotations

import numpy as np
import pytest

from sktools.metrics.yardsticks import (
    CLOCK,
    MAJORITY,
    TREES,
    answered,
    clock_is_better,
    computed,
    majority,
    not_computed,
    title,
)

LABELS = np.array([[0, 1, 1, 1], [0, 1, -1, -1]])
NAMES = ("WAKE", "SLEEP")


def test_the_constant_answer_is_the_class_of_most_epochs() -> None:
    found = majority(LABELS, LABELS >= 0, NAMES)
    assert title(MAJORITY, found) == "always SLEEP"
    assert found["accuracy"] == pytest.approx(4 / 6) and found["kappa"] == 0.0
    assert found["per_class"] == {"WAKE": {"recall": 0.0}, "SLEEP": {"recall": 1.0}}


def test_answers_are_scored_on_the_mask_alone() -> None:
    predicted = np.array([[0, 1, 1, 0], [0, 1, 0, 1]])
    found = answered(LABELS, predicted, LABELS >= 0, NAMES, "nobody")
    # Confusion [[2, 0], [1, 3]]: 5 of 6 right, by chance (2 * 3 + 4 * 3) / 36.
    assert found["accuracy"] == pytest.approx(5 / 6) and found["kappa"] == pytest.approx((5 / 6 - 0.5) / 0.5)
    assert found["per_class"]["SLEEP"]["recall"] == 0.75 and found["learned_on"] == "nobody"


def test_what_is_not_computed_is_neither_a_score_nor_better() -> None:
    score = {"kappa": 0.3, "yardsticks": {CLOCK: {"kappa": 0.4}, TREES: not_computed("no data")}}
    assert list(computed(score["yardsticks"])) == [CLOCK]  # type: ignore[arg-type]
    assert clock_is_better(score)
    assert not clock_is_better({**score, "kappa": 0.4})
    assert not clock_is_better({"kappa": 0.3, "yardsticks": {CLOCK: not_computed("no table")}})
    assert not clock_is_better({"kappa": 0.3})
