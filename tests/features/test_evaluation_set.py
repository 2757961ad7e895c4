"""Frames, and the subjects that a model is scored on."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sktools import zoo
from sktools.datasets.registry import find_reader, open_dataset
from sktools.errors import DataError, UsageError
from sktools.features.evaluation_set import evaluation_set
from sktools.features.frames import Night, cut, join
from tests.support.sleep_accel_files import write_subject

CONFIG = zoo.find_config("ss-4")[0]


@given(st.integers(1, 1000), st.integers(1, 300))
def test_every_epoch_stands_in_exactly_one_frame(length: int, epochs: int) -> None:
    features = np.arange(1, length + 1, dtype=np.float32)[:, None]
    labels = np.arange(length) % 3 - 1
    frames = cut(Night("d", "s", features, labels), epochs)
    assert frames.features.shape == (-(-length // epochs), epochs, 1)
    assert np.array_equal(join(frames.features, length), features)
    assert frames.features[..., 0].sum() == features.sum()
    assert frames.mask.sum() == (labels >= 0).sum()
    assert np.array_equal(frames.labels[frames.mask], labels[labels >= 0])


def test_labels_follow_the_class_map_and_unscored_epochs_are_masked(tmp_path: Path) -> None:
    write_subject(tmp_path, "1", [-1, 0, 1, 2, 3, 4, 5, 5])
    chosen = evaluation_set(CONFIG, open_dataset("sleep-accel", tmp_path))
    assert chosen.labels[0, :8].tolist() == [-1, 0, 1, 1, 2, 2, 3, 3]
    assert chosen.mask.sum() == 7 and not chosen.mask[0, 8:].any()
    assert chosen.features.dtype == np.float32 and chosen.features.shape == (1, 240, 14)


def test_training_subjects_are_left_out_and_counted(tmp_path: Path) -> None:
    metrics = tmp_path / "metrics.json"
    trained = ["syn-002", "syn-003"]
    metrics.write_text(json.dumps({"training_subjects": {"synthetic": trained}}))
    total = len(find_reader("synthetic").subjects(None))
    chosen = evaluation_set(CONFIG, open_dataset("synthetic"), metrics_file=metrics)
    assert chosen.left_out == 2 and len(chosen.subjects) == total - 2
    assert not set(trained) & set(chosen.subjects) and not chosen.training_included
    everyone = evaluation_set(CONFIG, open_dataset("synthetic"), metrics_file=metrics, include_training=True)
    assert everyone.left_out == 0 and everyone.training_included == ("syn-002", "syn-003")
    asked = evaluation_set(CONFIG, open_dataset("synthetic"), metrics_file=metrics, subjects=["syn-003", "syn-009"])
    assert asked.subjects == ("syn-003", "syn-009") and asked.training_included == ("syn-003",)
    assert set(asked.frame_subjects) == set(asked.subjects) and asked.synthetic


def test_without_metrics_everybody_is_scored(tmp_path: Path) -> None:
    chosen = evaluation_set(
        CONFIG, open_dataset("synthetic"), metrics_file=tmp_path / "absent.json", subjects=["syn-001"]
    )
    assert chosen.subjects == ("syn-001",) and chosen.left_out == 0


def test_damaged_metrics_are_refused_rather_than_ignored(tmp_path: Path) -> None:
    for text, reason in (("{", "not valid JSON"), ("{}", "no 'training_subjects'"), ("[]", "no 'training_subjects'")):
        (tmp_path / "metrics.json").write_text(text)
        with pytest.raises(DataError, match=reason):
            evaluation_set(CONFIG, open_dataset("synthetic"), metrics_file=tmp_path / "metrics.json")


def test_nobody_left_is_an_error(tmp_path: Path) -> None:
    write_subject(tmp_path, "1", [0] * 10)
    metrics = tmp_path / "metrics.json"
    metrics.write_text(json.dumps({"training_subjects": {"sleep-accel": ["1"]}}))
    with pytest.raises(DataError, match="trained on all 1 subjects"):
        evaluation_set(CONFIG, open_dataset("sleep-accel", tmp_path), metrics)
    write_subject(tmp_path, "1", [-1] * 10)
    with pytest.raises(DataError, match="no scored epoch"):
        evaluation_set(CONFIG, open_dataset("sleep-accel", tmp_path))
    with pytest.raises(UsageError, match="needs the folder"):
        evaluation_set(CONFIG, open_dataset("sleep-accel"), metrics)


def test_a_bad_subject_is_skipped_and_told(tmp_path: Path) -> None:
    for subject in ("1", "2"):
        write_subject(tmp_path, subject, [0, 2] * 10)
    (tmp_path / "heart_rate" / "1_heartrate.txt").write_text("broken")
    chosen = evaluation_set(CONFIG, open_dataset("sleep-accel", tmp_path))
    assert chosen.subjects == ("2",) and [item.subject for item in chosen.skipped] == ["1"]
