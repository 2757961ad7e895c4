"""The figures of a cross-validation in a model's folder and on its card."""

from __future__ import annotations

import numpy as np
import pytest

from sktools.errors import DataError
from sktools.model_config import ModelConfig
from sktools.training.validation import ALONE, CLOCK, Validated
from sktools.training.validation_report import report
from sktools.training.validation_summary import card_lines, summary


def document(config: ModelConfig) -> dict[str, object]:
    generator = np.random.default_rng(0)
    labels = {subject: generator.integers(-1, 2, 50) for subject in "abcd"}
    right = {subject: np.eye(2, dtype=np.float32)[np.maximum(truth, 0)] * 3 for subject, truth in labels.items()}
    constant = {subject: np.array([[0, 1]] * 50, np.float32) for subject in "abcd"}
    run = Validated(7, tuple("abcd"), labels, (("a", "c"), ("b", "d")), {ALONE: right, CLOCK: constant})
    return {"model": config.name, "dataset": "test", **report([run], config.classes.names)}


def test_a_right_answer_is_above_the_clock_and_off_by_no_minute(small_config: ModelConfig) -> None:
    found = summary(small_config, document(small_config))
    assert (found["people"], found["folds"], found["seeds"]) == (4, 2, [7])
    alone = found["ways"][ALONE]
    assert (alone["kappa"], alone["interval"]) == (1.0, [1.0, 1.0])
    assert alone["above_clock"] == {"kappa": 1.0, "interval": [1.0, 1.0]}
    assert all(row == {"recall": 1.0, "minutes": 0.0, "share_error": 0.0} for row in alone["per_class"].values())
    assert "by_subject" not in alone
    assert found["ways"][CLOCK]["kappa"] == 0.0
    (row,) = [line for line in card_lines({"cross_validation": found}) if line.startswith("| model")]
    assert row.startswith("| model | 1.000 | 1.000 to 1.000 | +1.000 (+1.000 to +1.000) | 1.000 | WAKE 1.00")


def test_figures_of_another_model_are_refused(small_config: ModelConfig) -> None:
    with pytest.raises(DataError, match="is of other, not of small"):
        summary(small_config, {**document(small_config), "model": "other"})
    with pytest.raises(DataError, match="is no document"):
        summary(small_config, {"model": small_config.name})
    assert card_lines({}) == []
