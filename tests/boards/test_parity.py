"""Compiled networks on the boards: every observable layer equals the reference kernels to the bit."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest

from sktools.boards.board import load_board
from sktools.boards.driver import driver_for
from sktools.build.build import build_firmware
from sktools.compiler.compile import compile_model
from sktools.compiler.reference import Reference
from tests.support.random_network import random_family, random_network
from tests.support.tools import needs_arm_gcc, needs_cc, needs_qemu


@pytest.mark.parametrize("optimize", ["none", "balanced"])
@pytest.mark.parametrize(
    "board", [pytest.param("host", marks=needs_cc), pytest.param("virtual", marks=[needs_qemu, needs_arm_gcc])]
)
def test_a_random_network_is_bit_exact_layer_by_layer(tmp_path: Path, board: str, optimize: str) -> None:
    tflite = random_network(random_family(11, max_width=24, max_frames=64))
    model = compile_model(tflite, name="random", optimize=optimize)
    description = load_board(board)
    build = build_firmware(model, description.target, tflite, tmp_path / "build")
    reference = Reference(tflite)
    seen = [layer for layer in model.layers if layer.observable]
    assert seen
    with driver_for(description).open(build) as session:
        for seed in range(2):
            frame = np.random.default_rng(seed).integers(-128, 128, model.input.elements).astype(np.int8)
            expected = reference.run(frame)
            run = session.run(frame.tobytes())
            assert run.output == expected[model.layers[-1].tensor].tobytes()
            for layer in seen:
                assert run.steps[layer.step].crc == zlib.crc32(expected[layer.tensor].tobytes()), layer.name
        last = seen[len(seen) // 2]
        assert session.client.run_to(frame.tobytes(), last.step) == expected[last.tensor].tobytes()
