"""The comparison network: what it reads, what it costs, and that it learns."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from sktools.features.frames import Night
from sktools.features.fs_w_pa_14 import NAMES
from sktools.metrics.slamss import EPOCHS, slamss_costs
from sktools.model_config import ModelConfig
from sktools.training.slamss import build_slamss, columns, slamss_logits, train_slamss


def test_the_count_is_of_the_layers_that_keras_builds() -> None:
    model = build_slamss(4, seed=1)
    for cost in slamss_costs():
        layer = model.get_layer(cost.name)
        assert layer.count_params() == cost.parameters
        # Every weight but the biases works once an epoch.
        weights = sum(int(np.prod(weight.shape)) for weight in layer.weights if len(weight.shape) > 1)
        assert cost.macs == EPOCHS * weights


def test_it_reads_activity_heart_rate_and_its_spread() -> None:
    assert [NAMES[index] for index in columns(NAMES)] == ["mov_mu", "hr_bpm", "hrv_td_sd_nn"]


def test_it_learns_and_scores_every_epoch_of_a_frame_once(small_config: ModelConfig) -> None:
    generator = np.random.default_rng(0)
    nights = []
    for subject in ("a", "b", "c"):
        labels = np.repeat(generator.integers(0, 2, 20), 12)
        features = generator.normal(0, 0.3, (len(labels), len(NAMES))).astype(np.float32)
        features[:, NAMES.index("hr_bpm")] += np.where(labels == 0, 1.5, -0.5)
        nights.append(Night("synthetic", subject, features, labels))
    config = dataclasses.replace(
        small_config, training=dataclasses.replace(small_config.training, dataset_weights={"synthetic": 1.0})
    )
    losses: list[float] = []
    model = train_slamss(nights[:2], NAMES, config, steps=30, batch=8, on_step=lambda _, loss: losses.append(loss))
    assert len(losses) == 30 and np.mean(losses[-5:]) < np.mean(losses[:5])
    logits = slamss_logits(model, nights[2].features[None], NAMES)
    assert logits.shape == (1, 240, 2)
    accuracy = np.mean(logits[0].argmax(axis=1) == nights[2].labels)
    assert accuracy > 0.85
    # An epoch's answer hangs on its own window of 12 and on no other.
    changed = nights[2].features.copy()
    changed[:12] = 0
    assert np.array_equal(slamss_logits(model, changed[None], NAMES)[0, 12:], logits[0, 12:])


@pytest.mark.parametrize("seed", [3, 4])
def test_a_seed_makes_the_first_weights(seed: int) -> None:
    first, second = (build_slamss(3, seed).get_weights() for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
