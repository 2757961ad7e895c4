"""The Keras networks: counts, operators after conversion, int8 against float."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sktools import zoo
from sktools.errors import ModelError, UsageError
from sktools.metrics.complexity import parameters
from sktools.metrics.reference import reference_logits
from sktools.model_config import NetworkConfig
from sktools.training.networks import build_network, randomize_norms
from sktools.training.quantize import check_operators, operator_names, to_float, to_int8

VARIANTS = {
    "even kernel, no squeeze-excite": NetworkConfig(
        4, (9, 17), (1, 2), (1, 3), 4, squeeze_ratio=0, epochs=48, features=7
    ),
    "skips": NetworkConfig(5, (6, 6, 10), (2, 1, 1), (1, 2, 16), 3, epochs=64, features=6),
    "one tap": NetworkConfig(1, (3,), (1,), (1,), 2, squeeze_ratio=8, epochs=32, features=3),
    "wide": NetworkConfig(9, (80, 12), (1, 1), (16, 2), 5, epochs=96, features=5),
}


@pytest.mark.parametrize("name", ["ss-2", "ss-3", "ss-4", "ss-5"])
def test_keras_counts_the_parameters_of_the_configuration(name: str) -> None:
    config = zoo.find_config(name)[0]
    model = build_network(config.network, config.name)
    assert model.count_params() == parameters(config.network)
    assert model.output_shape == (None, 240, config.network.classes)


@pytest.mark.parametrize("network", VARIANTS.values(), ids=VARIANTS.keys())
def test_the_family_converts_to_pure_int8_with_the_float_twin(network: NetworkConfig) -> None:
    model = build_network(network, "variant", seed=1)
    randomize_norms(model, 1)
    assert model.count_params() == parameters(network)
    generator = np.random.default_rng(0)
    frames = generator.normal(size=(12, network.epochs, network.features)).astype(np.float32)
    int8, single = to_int8(model, frames), to_float(model)
    names = operator_names(int8)
    assert operator_names(single) == names
    depths, skips = sum(network.depths), sum(network.has_skip(index) for index in range(len(network.filters)))
    expected = {"RESHAPE": 2, "DEPTHWISE_CONV_2D": 1 + depths, "CONV_2D": 1 + depths}
    if network.squeeze_ratio:
        expected |= {"MEAN": depths, "MUL": 2 * depths}
        expected["CONV_2D"] += 2 * depths
    if skips:
        expected["ADD"] = skips
    assert check_operators(int8) == expected
    keras_logits = model.predict(frames, verbose=0)
    assert np.allclose(reference_logits(single, frames), keras_logits, atol=1e-3)
    spread = keras_logits.std()
    assert np.abs(reference_logits(int8, frames) - keras_logits).mean() < 0.15 * spread


def test_the_float_twin_has_the_same_tensor_names() -> None:
    import tflite

    network = VARIANTS["skips"]
    model = build_network(network, "variant", seed=1)
    frames = np.random.default_rng(0).normal(size=(2, network.epochs, network.features)).astype(np.float32)

    def outputs(content: bytes) -> list[bytes]:
        graph = tflite.Model.GetRootAs(content, 0).Subgraphs(0)
        # The model's own output is named by the call that made it.
        count = graph.OperatorsLength() - 1
        return [graph.Tensors(graph.Operators(index).Outputs(0)).Name() for index in range(count)]

    names = outputs(to_int8(model, frames))
    assert names == outputs(to_float(model))
    for block in ("ENC_dw", "B1.1_dw", "B1.2_pw", "B2.1_se_mean", "B2.1_skip", "DEC_conv"):
        assert any(block in name.decode() for name in names) or (block == "B2.1_skip" and not network.has_skip(1))


def test_a_dynamic_batch_is_caught() -> None:
    import tensorflow as tf

    network = NetworkConfig(3, (4, 4), (1, 1), (2, 4), 2, epochs=32, features=4, squeeze_ratio=0)
    model = build_network(network, "dynamic", seed=1)
    content = tf.lite.TFLiteConverter.from_keras_model(model).convert()
    with pytest.raises(ModelError, match=r"SPACE_TO_BATCH_ND|expected a fixed batch"):
        check_operators(content)


def test_representative_frames_must_fit() -> None:
    network = VARIANTS["one tap"]
    model = build_network(network, "variant")
    with pytest.raises(ModelError, match=r"needs \[n, 32, 3\]"):
        to_int8(model, np.zeros((4, 31, 3), np.float32))


def test_a_saved_network_loads_with_plain_keras(tmp_path: Path) -> None:
    import keras

    network = VARIANTS["skips"]
    model = build_network(network, "saved", seed=3)
    frames = np.random.default_rng(0).normal(size=(2, network.epochs, network.features)).astype(np.float32)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert np.array_equal(again.predict(frames, verbose=0), model.predict(frames, verbose=0))


def test_an_unknown_kind_is_answered_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean 'tcn-sm'"):
        NetworkConfig(3, (4,), (1,), (1,), 2, kind="tcn")
