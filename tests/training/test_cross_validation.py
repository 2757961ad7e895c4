"""Cross-validation: every subject once, by a network that never saw it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from sktools.errors import DataError
from sktools.model_config import FeaturesConfig, ModelConfig
from sktools.training import cross_validation
from sktools.training.cross_validation import cross_validate
from sktools.training.source import Source
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
    sampler = cross_validation.Sampler

    def watching(nights, *rest):  # type: ignore[no-untyped-def]
        seen.append({night.subject for night in nights})
        return sampler(nights, *rest)

    monkeypatch.setattr(cross_validation, "Sampler", watching)
    recipe = dataclasses.replace(small_config.training, epochs=8, steps=10, batch=8)
    config = dataclasses.replace(small_config, training=recipe)
    result = cross_validate(config, Source("sleep-accel", folder_of(tmp_path, 5)), folds=2)
    assert result.folds == (("1", "3", "5"), ("2", "4"))
    assert [sorted(part) for part in seen] == [["2", "4"], ["1", "3", "5"]]
    assert result.accuracy["subjects"] == ["1", "2", "3", "4", "5"]
    assert result.accuracy["epochs"] == 5 * 320
    # Heart rate alone tells these stages apart.
    assert result.accuracy["kappa"] > 0.5
    low, high = result.accuracy["intervals"]["kappa"]
    assert low <= result.accuracy["kappa"] <= high


def test_teachers_see_no_night_of_the_fold_and_their_answers_are_what_is_taught(
    small_config: ModelConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, set[str], dict[tuple[str, str], np.ndarray] | None]] = []
    sampler = cross_validation.Sampler

    def watching(nights, config, feature_set, seed, taught=None):  # type: ignore[no-untyped-def]
        seen.append((config.features.set, {night.subject for night in nights}, taught))
        return sampler(nights, config, feature_set, seed, taught)

    monkeypatch.setattr(cross_validation, "Sampler", watching)
    recipe = dataclasses.replace(
        small_config.training, epochs=6, steps=10, batch=8, sensor_dropout=0, heart_rate_only=0
    )
    student, teacher = (
        dataclasses.replace(small_config, training=recipe, features=FeaturesConfig(set=name))
        for name in ("fs-hr-14", "fs-hr-night-14")
    )
    source = Source("sleep-accel", folder_of(tmp_path, 4))
    result = cross_validate(student, source, folds=2, hop=60, teachers=[teacher])
    assert [name for name, _, _ in seen] == ["fs-hr-night-14", "fs-hr-14"] * 2
    for (_, taught_nights, nothing), (_, learning, answers) in zip(seen[::2], seen[1::2], strict=True):
        assert nothing is None and taught_nights == learning and answers is not None
        for subject in learning:
            assert np.allclose(answers["sleep-accel", subject].sum(axis=1), 1, atol=1e-5)
    assert set(result.others) == {
        "one network",
        "one network, overlapping frames",
        "teachers together, overlapping frames",
        "student, overlapping frames",
    }
    # One teacher is a team of one.
    assert result.others["one network, overlapping frames"] == result.others["teachers together, overlapping frames"]
    assert all(report["epochs"] == 4 * 320 for report in (result.accuracy, *result.others.values()))
    assert result.accuracy["kappa"] > 0.4


def test_fewer_subjects_than_folds_are_refused(small_config: ModelConfig, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="3 usable subjects do not make 5 folds"):
        cross_validate(small_config, Source("sleep-accel", folder_of(tmp_path, 3)))
