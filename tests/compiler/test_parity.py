"""The generated C equals the reference to the bit, layer by layer, for networks of the family on the host."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sktools.compiler import OPTIMIZE_LEVELS, compile_model
from sktools.compiler.reference import Reference
from tests.support.native_model import NativeModel
from tests.support.random_network import Family, random_family, random_network


def mismatches(tflite: bytes, folder: Path, optimize: str, frames: int = 2) -> tuple[int, int]:
    """(elements that differ, elements compared) over random int8 frames, in all observable layers and the output."""
    compiled = compile_model(tflite, name="random", optimize=optimize)
    native, reference = NativeModel(compiled, folder), Reference(tflite)
    random = np.random.default_rng(0)
    different = compared = 0
    for _ in range(frames):
        frame = random.integers(-128, 128, compiled.input.shape).astype(np.int8)
        activations, output = native.run(frame)
        expected = reference.run(frame)
        for layer in compiled.layers:
            if layer.observable:
                different += int(np.count_nonzero(activations[layer.index] != expected[layer.tensor]))
                compared += activations[layer.index].size
        different += int(np.count_nonzero(output != expected[compiled.layers[-1].tensor]))
    return different, compared


@pytest.mark.parametrize("optimize", OPTIMIZE_LEVELS)
@pytest.mark.parametrize("seed", range(6))
def test_random_networks_are_bit_exact(seed: int, optimize: str, tmp_path: Path) -> None:
    different, compared = mismatches(random_network(random_family(seed, max_frames=160)), tmp_path, optimize)
    assert compared > 1000
    assert different == 0


@pytest.mark.parametrize("optimize", OPTIMIZE_LEVELS)
@pytest.mark.parametrize("kernel", range(1, 10))
def test_every_kernel_width_is_bit_exact(kernel: int, optimize: str, tmp_path: Path) -> None:
    family = Family(frames=37, features=5, kernel=kernel, filters=(7, 12), depths=(1, 1), dilations=(3, 16), skip=True)
    assert mismatches(random_network(family), tmp_path, optimize, frames=1)[0] == 0


def test_no_optimization_leaves_every_layer_observable() -> None:
    compiled = compile_model(random_network(Family(skip=True)), name="all", optimize="none")
    assert all(layer.observable for layer in compiled.layers)


def test_a_changed_weight_is_noticed(tmp_path: Path) -> None:
    """Parity can fail: the reference of another seed's weights differs."""
    compiled = compile_model(random_network(Family(seed=1)), name="a", optimize="none")
    native = NativeModel(compiled, tmp_path)
    frame = np.random.default_rng(0).integers(-128, 128, compiled.input.shape).astype(np.int8)
    other = Reference(random_network(Family(seed=2))).run(frame)
    _, output = native.run(frame)
    assert np.count_nonzero(output != other[compiled.layers[-1].tensor]) > 0
