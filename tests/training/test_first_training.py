"""A first training on more classes: what the second one starts from, how both are told and resumed."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from sktools.datasets.registry import open_dataset
from sktools.errors import DataError, UsageError
from sktools.features.frames import Night
from sktools.model_config import ModelConfig
from sktools.training.first_training import Training, train_in_turn, trainings
from sktools.training.networks import build_network
from sktools.training.progress import Progress
from sktools.training.trainer import train

if TYPE_CHECKING:
    import keras

SYNTHETIC = [open_dataset("synthetic")]
FIRST, OWN = "1 of 2: WAKE, CORE, DEEP, REM", "2 of 2: WAKE, SLEEP"


def after(config: ModelConfig, first: str | None, **recipe: object) -> ModelConfig:
    return dataclasses.replace(config, training=dataclasses.replace(config.training, first=first, **recipe))  # type: ignore[arg-type]


def test_only_classes_and_the_last_layer_differ_in_the_first_training(small_config: ModelConfig) -> None:
    config = after(small_config, "ss-4")
    first, own = trainings(config)
    assert own is config and trainings(small_config) == (small_config,)
    assert first.classes.names == ("WAKE", "CORE", "DEEP", "REM") and first.network.classes == 4
    network = dataclasses.replace(first.network, classes=2)
    assert dataclasses.replace(first, classes=own.classes, network=network, training=own.training) == own
    assert first.training == small_config.training


@pytest.mark.parametrize(
    ("first", "message"),
    [
        ("ss-9", r"^small: training\.first: model 'ss-9' is neither .*; known: .*ss-4-tcn-sm"),
        ("ss-2-night", r"^small: training\.first: 'ss-2-night' has 2 classes, expected more than the 2 of small$"),
    ],
)
def test_a_model_without_more_classes_is_refused(
    small_config: ModelConfig, tmp_path: Path, first: str, message: str
) -> None:
    steps: list[Progress] = []
    with pytest.raises(UsageError, match=message) as caught:
        train(after(small_config, first), SYNTHETIC, tmp_path / "small", progress=steps.append)
    assert caught.value.hint == "sktools zoo list"
    assert not steps and not (tmp_path / "small").exists()


def runs(config: ModelConfig, **own: object) -> list[Training]:
    """Of the smallest network, on a night of noise."""
    generator = np.random.default_rng(3)
    night = Night(
        "sleep-accel", "1", generator.normal(size=(300, 14)).astype(np.float32), generator.integers(0, 2, 300)
    )
    network = dataclasses.replace(config.network, filters=(4,), depths=(1,), dilations=(1,), squeeze_ratio=0)
    small = dataclasses.replace(after(config, "ss-4", epochs=2, steps=2, checkpoint_every=1), network=network)
    first, second = trainings(small)
    second = dataclasses.replace(second, training=dataclasses.replace(second.training, **own))  # type: ignore[arg-type]
    return [Training(first, [night]), Training(second, [night])]


def weights(model: keras.Model) -> list[np.ndarray]:
    return [variable.numpy() for variable in model.trainable_variables]


def test_the_second_training_starts_from_the_weights_of_the_first(small_config: ModelConfig, tmp_path: Path) -> None:
    # So slow that the second one stays where it starts.
    both = runs(small_config, epochs=1, steps=1, learning_rate=1e-9)
    checkpoint, own = tmp_path / "state.npz", both[1].config
    learnt = weights(train_in_turn(both[:1], checkpoint)[0])
    went_on = weights(train_in_turn(both, checkpoint, resume=True)[0])
    fresh = weights(build_network(own.network, own.name, own.training.seed))
    shared = [index for index, value in enumerate(learnt) if value.shape == went_on[index].shape]
    assert len(shared) == len(learnt) - 2
    assert all(np.allclose(learnt[index], went_on[index]) for index in shared)
    assert not all(np.allclose(fresh[index], went_on[index]) for index in shared)


def test_a_resumed_run_ends_where_an_uninterrupted_one_ends(small_config: ModelConfig, tmp_path: Path) -> None:
    both = runs(small_config)
    whole, history = train_in_turn(both, tmp_path / "whole.npz", "digest")

    class Interrupted(Exception):
        pass

    told: list[tuple[int, int]] = []
    # Before the checkpoint of that epoch: in the first training, between both, and in the second one.
    for number, end in enumerate([(0, 2), (1, 1), (1, 2)]):

        def interrupt(run: int, epoch: int, _: dict[str, float], end: tuple[int, int] = end) -> None:
            told.append((run, epoch))
            if told[-1] == end:
                raise Interrupted

        with pytest.raises(Interrupted):
            train_in_turn(both, tmp_path / "broken.npz", "digest", resume=number > 0, on_epoch=interrupt)
    with pytest.raises(DataError, match="another configuration, seed or data"):
        train_in_turn(both, tmp_path / "broken.npz", "other", resume=True)
    again, resumed = train_in_turn(
        both, tmp_path / "broken.npz", "digest", resume=True, on_epoch=lambda run, epoch, _: told.append((run, epoch))
    )
    assert told == [(0, 1), (0, 2), (0, 2), (1, 1), (1, 1), (1, 2), (1, 2)]
    assert resumed == history
    assert all(np.array_equal(one, other) for one, other in zip(weights(whole), weights(again), strict=True))


def test_train_tells_both_trainings(small_config: ModelConfig, tmp_path: Path) -> None:
    told: list[tuple[str, int]] = []

    def tell(step: Progress) -> None:
        if step.phase == "fit":
            told.append((step.message, step.done))

    config = after(small_config, "ss-4", epochs=2)
    result = train(config, SYNTHETIC, tmp_path / "small", progress=tell)
    assert told == [(FIRST, 1), (FIRST, 2), (OWN, 1), (OWN, 2)]
    assert len(result.history) == result.metrics["training_epochs"] == 2
    assert not (tmp_path / "small" / "checkpoint").exists()
    card = (tmp_path / "small" / "README.md").read_text()
    assert "learnt the classes of ss-4 first" in card and "logits of WAKE, SLEEP" in card
