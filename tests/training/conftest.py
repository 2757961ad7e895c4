"""A network and a recipe small enough to train in seconds."""

from __future__ import annotations

import pytest

from sktools.model_config import ClassesConfig, ModelConfig, NetworkConfig, QuantizationConfig, TrainingConfig

pytest.importorskip("tensorflow", reason="TensorFlow (extra 'train') is not installed")


@pytest.fixture
def small_config() -> ModelConfig:
    return ModelConfig(
        name="small",
        description="a network for tests",
        network=NetworkConfig(kernel=3, filters=(8, 8), depths=(1, 1), dilations=(1, 4), classes=2, l2=1e-4),
        classes=ClassesConfig(("WAKE", "SLEEP"), {0: 0, 1: 1, 2: 1, 3: 1, 5: 1}),
        training=TrainingConfig(epochs=4, steps=6, batch=4, learning_rate=5e-3, checkpoint_every=2),
        quantization=QuantizationConfig(calibration_frames=16, max_f1_drop=0.2),
        held_out={"synthetic": ("syn-005", "syn-010")},
        held_out_rule="two, for a test",
    )
