"""Trees beside a model: context, determinism, and the people that they learn from."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from sktools.errors import DataError
from sktools.features.evaluation_set import EvaluationSet, NightSpan
from sktools.features.frames import Night
from sktools.metrics.yardsticks import NOT_COMPUTED
from sktools.model_config import ClassesConfig
from sktools.training.trees import LIVE_CONTEXT, fit_trees, with_context
from sktools.training.yardsticks import training_data_sets, tree_answers, yardsticks

CLASSES = ClassesConfig(("WAKE", "SLEEP"), {0: 0, 1: 1, 2: 1, 3: 1, 5: 1})


def _night(seed: int, length: int = 300) -> Night:
    """Ten awake, twenty asleep, in turn; the first feature tells which ten epochs later."""
    labels = (np.arange(length) % 30 >= 10).astype(np.int64)
    features = np.random.default_rng(seed).normal(0, 0.5, (length, 3)).astype(np.float32)
    features[:, 0] += 4 * np.roll(labels, 10)
    labels[::7] = -1
    return Night("d", f"s{seed}", features, labels, np.ones(length, np.bool_))


def _chosen(night: Night, epochs: int = 240) -> EvaluationSet:
    count = -(-len(night.labels) // epochs)
    features = np.zeros((count * epochs, 3), np.float32)
    labels = np.full(count * epochs, -1, np.int64)
    features[: len(night.labels)], labels[: len(night.labels)] = night.features, night.labels
    labels = labels.reshape(count, epochs)
    spans = (NightSpan(night.subject, "", night.measured),)
    shaped = features.reshape(count, epochs, 3)
    return EvaluationSet(
        "d", shaped, labels, labels >= 0, (night.subject,) * count, (night.subject,), 0, (), (), False, spans
    )


def test_context_is_of_the_night_and_ends_with_it() -> None:
    features = np.arange(6, dtype=np.float32)[:, None]
    found = with_context(features, ((0, 0), (-2, -1), (1, 2)))
    assert found[:, 0].tolist() == [0, 1, 2, 3, 4, 5]
    assert found[:, 1].tolist() == [0, 0, 0.5, 1.5, 2.5, 3.5]
    assert found[:, 2].tolist() == [1.5, 2.5, 3.5, 4.5, 5, 5]
    later = features.copy()
    later[4:] = 99
    assert np.array_equal(with_context(features, LIVE_CONTEXT)[:4], with_context(later, LIVE_CONTEXT)[:4])


def test_trees_use_what_stands_beyond_the_frame_of_an_epoch() -> None:
    trees = fit_trees([_night(1), _night(2), _night(3)], 2)
    night = _night(4)
    chosen = _chosen(night)
    predicted = tree_answers(trees, chosen)
    assert np.mean(predicted[chosen.mask] == chosen.labels[chosen.mask]) > 0.95
    again = fit_trees([_night(1), _night(2), _night(3)], 2)
    assert np.array_equal(trees.probabilities(night.features), again.probabilities(night.features))
    found = yardsticks(chosen, CLASSES, trees=trees, learned_on="three nights")["trees"]
    assert found["kappa"] > 0.9 and found["learned_on"] == "three nights"
    assert NOT_COMPUTED in yardsticks(chosen, CLASSES)["trees"]


def test_trees_answer_classes_that_no_training_epoch_has_with_probability_0() -> None:
    trees = fit_trees([_night(1)], 4)
    found = trees.probabilities(_night(2).features)
    assert found.shape == (300, 4) and not found[:, 2:].any() and np.allclose(found.sum(axis=1), 1)
    with pytest.raises(DataError, match="two classes"):
        fit_trees([], 2)


def test_people_go_before_generated_nights(tmp_path: Path) -> None:
    file = tmp_path / "metrics.json"
    assert training_data_sets(file) == ()
    file.write_text(json.dumps({"training_subjects": {"synthetic": ["syn-001"], "sleep-accel": ["1", "2"], "csv": []}}))
    assert training_data_sets(file) == ("sleep-accel",)
    file.write_text(json.dumps({"training_subjects": {"synthetic": ["syn-001"], "elsewhere": ["1"]}}))
    assert training_data_sets(file) == ("synthetic",)
    file.write_text("{")
    assert training_data_sets(file) == ()
