"""`sktools cross-validate`: a fold's model knows nothing of the people that it answers, and no fold is fitted twice."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from sktools.datasets.registry import Dataset, find_reader
from sktools.errors import DataError, UsageError
from sktools.model_config import FeaturesConfig, LiveConfig, ModelConfig, PriorConfig
from sktools.training import teachers, validation
from sktools.training.cohort import read_cohort
from sktools.training.learning import learn
from sktools.training.validation import ALONE, CLOCK, validate
from sktools.training.validation_report import confusions, difference, report
from tests.support.sleep_accel_files import write_subject


def folder_of(folder: Path, count: int, seed: int = 0) -> Path:
    generator = np.random.default_rng(seed)
    for index in range(count):
        stages = np.repeat(generator.permutation([0, 2, 0, 2, 2, 0, 3, 5]), 40)
        write_subject(folder, str(index + 1), stages.tolist(), seed=index + seed, wake_bpm=75)
    return folder


@pytest.fixture
def watch_config(small_config: ModelConfig, monkeypatch: pytest.MonkeyPatch) -> ModelConfig:
    """Of every learned part: prior, stage prior, teachers, ending frames."""
    monkeypatch.setattr(teachers, "ROUNDS", 3)
    recipe = dataclasses.replace(
        small_config.training, epochs=1, steps=4, frames="ending", teacher="trees", teacher_features="fs-night-14"
    )
    prior = PriorConfig((0.0,) * 14, (1.0,) * 14)
    return dataclasses.replace(
        small_config,
        features=FeaturesConfig("fs-watch-14", "causal", prior=prior),
        training=recipe,
        live=LiveConfig(5.0, "for a test"),
    )


def test_nothing_is_learned_from_a_scored_person(watch_config: ModelConfig, tmp_path: Path) -> None:
    one = read_cohort(Dataset(find_reader("sleep-accel"), folder_of(tmp_path / "one", 5)))
    changed = folder_of(tmp_path / "two", 5)
    for scored in ("2", "5"):
        write_subject(changed, scored, [5, 3] * 200, seed=99, wake_bpm=120)
    two = read_cohort(Dataset(find_reader("sleep-accel"), changed))
    first, second = (learn(watch_config, cohort, ["1", "3", "4"]) for cohort in (one, two))
    assert first.tflite == second.tflite
    assert first.config == second.config
    assert np.array_equal(first.clock.shares, second.clock.shares)
    assert first.config.features.prior != watch_config.features.prior
    # What it learned from does matter.
    assert learn(watch_config, one, ["1", "2", "3"]).tflite != first.tflite


def test_every_person_is_answered_once_and_a_finished_fold_is_not_fitted_again(
    small_config: ModelConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Dataset(find_reader("sleep-accel"), folder_of(tmp_path / "data", 5))
    recipe = dataclasses.replace(small_config.training, epochs=2, steps=10, batch=8)
    config = dataclasses.replace(small_config, training=recipe)
    seen: list[tuple[str, ...]] = []

    def watching(config, cohort, people, progress, cache):  # type: ignore[no-untyped-def]
        seen.append(tuple(people))
        if len(seen) == 2:
            raise KeyboardInterrupt
        return learn(config, cohort, people, progress, cache)

    monkeypatch.setattr(validation, "learn", watching)
    with pytest.raises(KeyboardInterrupt):
        validate(config, source, tmp_path / "folds", seeds=(1,), folds=2)
    (run,) = validate(config, source, tmp_path / "folds", seeds=(1,), folds=2)
    assert seen == [("2", "4"), ("1", "3", "5"), ("1", "3", "5")]
    assert run.folds == (("1", "3", "5"), ("2", "4"))
    assert set(run.answers) == {ALONE, CLOCK}
    for way in run.answers.values():
        assert {subject: logits.shape for subject, logits in way.items()} == dict.fromkeys("12345", (320, 2))
    document = report([run], config.classes.names)
    assert document["epochs"] == 5 * 320
    assert set(document["ways"][ALONE]["by_subject"]) == set("12345")
    table = confusions([run], ALONE, 2)
    assert difference(table, table) == {"kappa": 0.0, "interval": [0.0, 0.0]}


def test_a_watch_is_answered_live_and_without_a_sensor(watch_config: ModelConfig, tmp_path: Path) -> None:
    source = Dataset(find_reader("sleep-accel"), folder_of(tmp_path / "data", 4))
    (run,) = validate(watch_config, source, tmp_path / "folds", seeds=(1,), folds=2, hide=["clock"])
    assert {"live 0", "live 2.5", "live 30", "without clock"} <= set(run.answers)
    for subject in run.subjects:
        assert np.array_equal(run.answers[ALONE][subject], run.answers["live 5"][subject])


def test_a_sensor_that_the_features_do_not_have_is_refused(small_config: ModelConfig, tmp_path: Path) -> None:
    source = Dataset(find_reader("sleep-accel"), folder_of(tmp_path / "data", 2))
    with pytest.raises(UsageError, match="'nose' is no sensor"):
        validate(small_config, source, tmp_path, hide=["nose"])
    with pytest.raises(DataError, match="2 usable subjects do not make 5 folds"):
        validate(small_config, source, tmp_path)
