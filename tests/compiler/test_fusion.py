"""Fused steps: what they take in, what stays observable, and that bytes do not change (test_parity holds those too)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sktools.compiler import compile_model
from sktools.compiler.compiled import CompiledModel
from tests.support.native_model import NativeModel
from tests.support.random_network import Family, random_network

TFLITE = random_network(Family(frames=40, filters=(24, 16), depths=(1, 1), dilations=(1, 2), seed=5))


def step_members(model: CompiledModel, kernel: str) -> list[list[str]]:
    """Names of the layers of each step that the kernel computes."""
    steps = [layer.step for layer in model.layers if layer.kernel == kernel]
    return [[layer.name for layer in model.layers if layer.step == step] for step in steps]


def assert_same_bytes(network: bytes, fused: CompiledModel, tmp_path: Path, frames: int = 1) -> None:
    """The output, and each activation that is observable, of random frames: as without any fusion."""
    plain = NativeModel(compile_model(network, name="x", optimize="none"), tmp_path / "none")
    native = NativeModel(fused, tmp_path / "fused")
    for frame in np.random.default_rng(1).integers(-128, 128, (frames, *fused.input.shape)).astype(np.int8):
        expected, output = plain.run(frame)
        activations, fused_output = native.run(frame)
        np.testing.assert_array_equal(fused_output, output)
        for index, activation in activations.items():
            np.testing.assert_array_equal(activation, expected[index])


def test_squeeze_excite_ends_in_one_step() -> None:
    before = compile_model(TFLITE, name="x", optimize="none")
    after = compile_model(TFLITE, name="x", optimize="speed")
    assert before.step_count == sum(layer.op != "RESHAPE" for layer in before.layers) + 1
    fused = step_members(after, "conv_1x1_excite")
    assert ["B1.1/hard_sigmoid", "B1.1/scale", "B1.1/pointwise"] in fused
    assert after.step_count < before.step_count


def test_reshapes_within_squeeze_excite_are_looked_through(tmp_path: Path) -> None:
    network = random_network(Family(frames=40, filters=(24,), depths=(1,), dilations=(1,), reshapes=True, seed=6))
    model = compile_model(network, name="x", optimize="speed")
    members = ["B1.1/hard_sigmoid", "B1.1/reshape_2", "B1.1/scale", "B1.1/reshape_3", "B1.1/pointwise"]
    assert step_members(model, "conv_1x1_excite") == [members]
    assert_same_bytes(network, model, tmp_path)


@pytest.mark.parametrize("channels", [12, 40, 48])
def test_a_product_of_other_rows_is_not_fused(tmp_path: Path, channels: int) -> None:
    family = Family(
        frames=40, features=24, filters=(10,), depths=(1,), dilations=(1,), reshapes=True, regrouped=channels
    )
    network = random_network(family)
    model = compile_model(network, name="x", optimize="speed")
    assert {"conv_1x1_excite", "conv_1x1_gated"}.isdisjoint(layer.kernel for layer in model.layers)
    assert_same_bytes(network, model, tmp_path)


def test_a_gate_that_no_constant_scales_is_fused_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The broadcast MUL and the pointwise convolution, where hard sigmoid's factor does not fit the gates' kernel."""
    monkeypatch.setattr("sktools.compiler.kernels.fast.mul_constant.factor_line", lambda *arguments: None)
    model = compile_model(TFLITE, name="x", optimize="speed")
    assert ["B1.1/scale", "B1.1/pointwise"] in step_members(model, "conv_1x1_gated")
    assert step_members(model, "conv_1x1_excite") == []
    assert next(layer for layer in model.layers if layer.name == "B1.1/hard_sigmoid").observable
    assert_same_bytes(TFLITE, model, tmp_path)


def test_only_the_last_of_a_fused_step_is_observable_and_carries_its_cost() -> None:
    model = compile_model(TFLITE, name="x", optimize="speed")
    by_name = {layer.name: layer for layer in model.layers}
    for name in ("B1.1/hard_sigmoid", "B1.1/scale"):
        assert not by_name[name].observable
        assert not by_name[name].cost_owner
        assert by_name[name].kernel == ""
    assert by_name["B1.1/pointwise"].observable
    assert by_name["B1.1/pointwise"].cost_owner
    assert [layer.index for layer in model.layers] == list(range(len(model.layers)))


def test_fused_and_plain_give_the_same_bytes(tmp_path: Path) -> None:
    assert_same_bytes(TFLITE, compile_model(TFLITE, name="x", optimize="speed"), tmp_path, frames=3)


def test_a_reshape_of_the_input_copies_nothing() -> None:
    model = compile_model(TFLITE, name="x", optimize="speed")
    assert model.layers[0].op == "RESHAPE"
    assert "copy" not in {layer.kernel for layer in model.layers}
