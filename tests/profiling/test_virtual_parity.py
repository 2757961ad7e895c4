"""Random networks of the family on the virtual board: every observable layer equals the reference.

SKTOOLS_RANDOM_NETWORKS=N runs N architectures at each level instead of the few of an ordinary run.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from sktools.boards.board import load_board
from sktools.boards.driver import driver_for
from sktools.build.build import build_firmware
from sktools.compiler import compile_model
from sktools.compiler.reference import Reference
from sktools.profiling.device import BoardDevice
from sktools.profiling.session import measure
from tests.support.random_network import Family, random_family, random_network
from tests.support.tools import needs_qemu

ARCHITECTURES = int(os.environ.get("SKTOOLS_RANDOM_NETWORKS", "3"))


@needs_qemu
@pytest.mark.parametrize("optimize", ["none", "balanced"])
@pytest.mark.parametrize("seed", range(1000, 1000 + ARCHITECTURES))
def test_random_architectures_are_bit_exact(seed: int, optimize: str, tmp_path: Path) -> None:
    _check(random_network(random_family(seed)), seed, optimize, tmp_path)


@needs_qemu
def test_an_architecture_beyond_the_family_is_bit_exact(tmp_path: Path) -> None:
    """Rows longer than the tile product's, more classes and taps than the decoder's window of sums holds."""
    family = Family(frames=40, filters=(90,), depths=(2,), dilations=(2,), kernel=9, classes=9, skip=True)
    kernels = _check(random_network(family), 0, "balanced", tmp_path)
    assert {"conv_1xk_linear"} <= kernels


def _check(tflite: bytes, seed: int, optimize: str, tmp_path: Path) -> set[str]:
    """Raises AssertionError where a layer differs; the kernels that ran."""
    board = load_board("virtual")
    compiled = compile_model(tflite, name="random", optimize=optimize)
    build = build_firmware(compiled, board.target, tflite, tmp_path / "build")
    frames = np.random.default_rng(seed).integers(-128, 128, (2, *compiled.input.shape)).astype(np.int8)
    with driver_for(board).open(build) as session:
        result = measure(compiled, BoardDevice(session, compiled.output), Reference(tflite), frames)
    observed = [parity for parity in result.layers if parity is not None]
    assert sum(parity.elements for parity in observed) > 1000
    assert sum(parity.mismatched for parity in observed) + result.output_parity.mismatched == 0
    assert all(cycles > 0 for cycles in result.cycles)
    return {layer.kernel for layer in compiled.layers}
