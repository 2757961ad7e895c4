"""Subjects kept apart, and what a training batch holds."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sktools.datasets.recording import person_of
from sktools.errors import DataError
from sktools.features.feature_set import find_feature_set
from sktools.features.frames import Night
from sktools.features.fs_w_pa_14 import FS_W_PA_14
from sktools.model_config import ModelConfig, TrainingConfig
from sktools.training.batches import Sampler, class_weights, dataset_shares, drop_sensors
from sktools.training.fitting import cosine_rate, focal_loss
from sktools.training.split import split_subjects


def night(dataset: str, subject: str, length: int, value: float, wake: float = 0.25) -> Night:
    labels = (np.arange(length) % 100 >= 100 * wake).astype(np.int64)
    labels[:3] = -1
    return Night(dataset, subject, np.full((length, 14), value, np.float32), labels)


@given(st.integers(3, 60), st.sampled_from([0.0, 0.1, 0.2, 0.5, 0.9]))
def test_a_split_is_disjoint_and_complete(count: int, share: float) -> None:
    from sktools import zoo

    config = zoo.find_config("ss-2")[0]
    config = dataclasses.replace(config, held_out={}, training=dataclasses.replace(config.training, validation=share))
    ids = [str(index) for index in range(count)]
    split = split_subjects(config, "d", ids)
    assert sorted(split.train + split.validation + split.held_out, key=int) == ids
    assert split.train and split.held_out and bool(split.validation) == bool(share)
    if count >= 5:
        assert list(split.held_out) == ids[4::5]


def test_nights_of_a_person_are_never_on_two_sides(small_config: ModelConfig) -> None:
    ids = [f"p{person:02d}@{night}" for person in range(12) for night in (1, 2, 3)]
    free = dataclasses.replace(small_config, held_out={})
    listed = dataclasses.replace(small_config, held_out={"d": ("p03@2",)})
    for config in (free, listed):
        split = split_subjects(config, "d", ids)
        sides = [{person_of(subject) for subject in side} for side in (split.train, split.validation, split.held_out)]
        assert sum(map(len, sides)) == 12 and set.union(*sides) == {person_of(subject) for subject in ids}
        assert sorted(split.train + split.validation + split.held_out) == ids
    assert split.held_out == ("p03@1", "p03@2", "p03@3")
    with pytest.raises(DataError, match="1 usable"):
        split_subjects(free, "d", ids[:3])


def test_listed_subjects_are_held_out(small_config: ModelConfig) -> None:
    split = split_subjects(small_config, "synthetic", ["syn-001", "syn-002", "syn-003", "syn-005"])
    assert split.held_out == ("syn-005",)
    with pytest.raises(DataError, match="training needs 2"):
        split_subjects(small_config, "synthetic", ["syn-001", "syn-005"])


def test_class_weights_balance_the_classes(small_config: ModelConfig) -> None:
    weights = class_weights([night("d", "1", 1003, 1.0)], small_config)
    labels = night("d", "1", 1003, 1.0).labels
    shares = [weights[index] * (labels == index).sum() for index in range(2)]
    assert shares[0] == pytest.approx(shares[1], rel=1e-5)
    assert (weights[labels[labels >= 0]]).mean() == pytest.approx(1, rel=1e-5)


def test_dataset_shares_follow_the_configuration() -> None:
    assert dataset_shares(["a", "b"], {}).tolist() == [0.5, 0.5]
    assert dataset_shares(["a", "b", "c"], {"a": 0.5}).tolist() == [0.5, 0.25, 0.25]
    assert dataset_shares(["a"], {"b": 0.5}).tolist() == [1.0]


def test_sensors_are_dropped_as_groups_and_heart_rate_stays() -> None:
    generator = np.random.default_rng(0)
    recipe = TrainingConfig(sensor_dropout=0.5, heart_rate_only=0.2)
    ones = np.ones((5, 14), np.float32)
    seen = set()
    for _ in range(300):
        kept = drop_sensors(ones, FS_W_PA_14, recipe, generator)
        assert np.array_equal(kept[:, :4], ones[:, :4])
        state = []
        for group in list(FS_W_PA_14.groups.values())[1:]:
            columns = kept[:, list(group)]
            assert columns.min() == columns.max()
            state.append(bool(columns.max()))
        seen.add(tuple(state))
    assert len(seen) == 8 and ones.all()


def test_batches_depend_on_seed_and_number_alone(small_config: ModelConfig) -> None:
    nights = [night("a", str(index), 500, index + 1.0) for index in range(5)] + [night("b", "9", 100, 9.0)]
    first, second = (Sampler(nights, small_config, FS_W_PA_14, 7) for _ in range(2))
    first.epoch(0)
    for one, other in zip(first.epoch(3), second.epoch(3), strict=True):
        assert np.array_equal(one.features, other.features) and np.array_equal(one.weights, other.weights)
    assert not np.array_equal(first.epoch(3)[0].features, first.epoch(4)[0].features)
    batch = first.epoch(0)[0]
    assert batch.features.shape == (4, 240, 14) and len(first.epoch(0)) == 6


def test_padding_and_unscored_epochs_weigh_nothing(small_config: ModelConfig) -> None:
    batch = Sampler([night("b", "9", 100, 9.0)], small_config, FS_W_PA_14, 7).epoch(0)[0]
    inside, weighed = batch.features.any(axis=2), batch.weights > 0
    assert not (weighed & ~inside).any() and not inside[:, 100:].any()
    # The night's first 3 epochs are unscored; a frame that starts past them has none.
    for frame in range(len(inside)):
        assert weighed[frame].sum() == min(97, inside[frame].sum())


def test_the_clock_is_never_dropped() -> None:
    watch = find_feature_set("fs-watch-14")
    recipe = TrainingConfig(sensor_dropout=0.0, heart_rate_only=0.9)
    generator = np.random.default_rng(2)
    frames = [drop_sensors(np.ones((4, 14), np.float32), watch, recipe, generator) for _ in range(50)]
    assert any(not frame[:, 10:13].any() for frame in frames)
    assert all(frame[:, 13].all() for frame in frames)


def test_the_learning_rate_falls_once_along_a_cosine() -> None:
    recipe = TrainingConfig(epochs=10, steps=10, learning_rate=2.0)
    rates = [cosine_rate(recipe, step) for step in range(101)]
    assert rates[0] == 2.0 and rates[50] == pytest.approx(1.0) and rates[100] == pytest.approx(0.0)
    assert np.all(np.diff(rates) < 0)


PLAIN = TrainingConfig(focal_gamma=0.0, teacher_share=0.6)


def test_ending_frames_end_within_the_night_and_weigh_its_newest_epochs_most(small_config: ModelConfig) -> None:
    epochs = small_config.network.epochs
    features = np.arange(1, 301, dtype=np.float32)[:, None] * np.ones(14, np.float32)
    night = Night("synthetic", "a", features, np.zeros(300, np.int64))
    recipe = dataclasses.replace(
        small_config.training, sensor_dropout=0.0, heart_rate_only=0.0, frames="ending", newest=10, older_weight=0.5
    )
    config = dataclasses.replace(small_config, training=recipe)
    ends = set()
    for batch in Sampler([night], config, FS_W_PA_14, 1).epoch(0):
        for frame, weights in zip(batch.features[..., 0], batch.weights, strict=True):
            end = int(frame[-1])
            ends.add(end)
            assert np.array_equal(frame, np.maximum(np.arange(end - epochs + 1, end + 1), 0))
            inside = frame > 0
            assert np.all(weights[~inside] == 0)
            assert np.all(weights[-10:][inside[-10:]] == 1)
            assert np.all(weights[:-10][inside[:-10]] == 0.5)
    assert min(ends) < epochs < max(ends)


def test_focal_loss_by_hand() -> None:
    logits = np.array([[[0.0, 0.0], [2.0, 0.0], [0.0, 9.0]]], np.float32)
    labels, weights = np.array([[0, 0, 0]], np.int32), np.array([[1.0, 3.0, 0.0]], np.float32)
    p = 1 / (1 + np.exp(-2.0))
    expected = (0.25 * np.log(2) + 3 * (1 - p) ** 2 * -np.log(p)) / 4
    assert float(focal_loss(logits, labels, weights, TrainingConfig(focal_gamma=2.0))) == pytest.approx(
        expected, rel=1e-5
    )


def test_teachers_make_up_most_of_the_target() -> None:
    logits, labels = np.zeros((1, 1, 2), np.float32), np.array([[0]], np.int32)
    weights = np.ones((1, 1), np.float32)
    sure = np.array([[[0.0, 2.0]]], np.float32)
    right, wrong = (
        float(focal_loss(sure, labels, weights, PLAIN, np.array([[row]], np.float32)))
        for row in ([1.0, 0.0], [0.0, 1.0])
    )
    low, high = np.log1p(np.exp(-2.0)), np.log1p(np.exp(2.0))
    assert right == pytest.approx(high, rel=1e-5)
    assert wrong == pytest.approx(0.4 * high + 0.6 * low, rel=1e-5)
    assert float(focal_loss(logits, labels, weights, PLAIN)) == pytest.approx(np.log(2), rel=1e-5)


def test_what_is_taught_stands_beside_its_epochs(small_config: ModelConfig) -> None:
    features = np.arange(1, 301, dtype=np.float32)[:, None] * np.ones(14, np.float32)
    whole = Night("synthetic", "a", features, np.zeros(300, np.int64))
    taught = {("synthetic", "a"): features[:, :2]}
    recipe = dataclasses.replace(small_config.training, sensor_dropout=0.0, heart_rate_only=0.0)
    config = dataclasses.replace(small_config, training=recipe)
    for batch in Sampler([whole], config, FS_W_PA_14, 1, taught).epoch(0):
        assert batch.taught is not None and np.array_equal(batch.taught, batch.features[..., :2])


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_a_certain_answer_has_a_finite_gradient(gamma: float) -> None:
    import tensorflow as tf

    logits = tf.Variable([[[60.0, -60.0]]])
    with tf.GradientTape() as tape:
        recipe = TrainingConfig(focal_gamma=gamma)
        loss = focal_loss(logits, np.array([[0]], np.int32), np.ones((1, 1), np.float32), recipe)
    assert np.isfinite(tape.gradient(loss, logits).numpy()).all()
