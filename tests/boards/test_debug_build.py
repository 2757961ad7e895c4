"""Debug builds of compiled networks: the same bytes, and a step that leaves the arena is told."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import numpy as np
import pytest

from sktools.boards.board import load_board
from sktools.boards.driver import driver_for
from sktools.build.build import build_firmware
from sktools.compiler import CompiledModel, compile_model
from sktools.link.client import BoardFaultError
from tests.support.random_network import Family, random_network
from tests.support.tools import needs_cc, needs_qemu

TFLITE = random_network(Family(frames=20, filters=(8,), depths=(2,), dilations=(1,)))

BOARDS = [pytest.param("host", marks=needs_cc), pytest.param("virtual", marks=needs_qemu)]


def run(board: str, model: CompiledModel, folder: Path, *, debug: bool) -> list[int]:
    """The CRCs of every step's activation."""
    build = build_firmware(model, load_board(board).target, TFLITE, folder / f"{board}-{debug}", debug=debug)
    with driver_for(load_board(board)).open(build) as session:
        frame = np.random.default_rng(0).integers(-128, 128, model.input.elements).astype(np.int8)
        return [step.crc for step in session.run(frame.tobytes()).steps]


@pytest.mark.parametrize("board", BOARDS)
def test_it_computes_what_the_release_build_does(board: str, tmp_path: Path) -> None:
    model = compile_model(TFLITE, name="debug")
    crcs = run(board, model, tmp_path, debug=True)
    assert crcs == run(board, model, tmp_path, debug=False)
    assert any(crcs)


@pytest.mark.parametrize("board", BOARDS)
def test_an_arena_planned_too_small_is_told_with_the_step(board: str, tmp_path: Path) -> None:
    """The last tensor of the plan ends where the arena does: 8 bytes less, and its step writes behind it."""
    model = compile_model(TFLITE, name="debug", optimize="none")
    size = model.plan.arena_bytes
    text = model.sources["model.c"]
    smaller = text.replace(f"sk_arena[{size} + ", f"sk_arena[{size - 8} + ")
    smaller = smaller.replace(f".arena_bytes = {size},", f".arena_bytes = {size - 8},")
    assert smaller.count(str(size - 8)) >= 2
    damaged = dataclasses.replace(model, sources={**model.sources, "model.c": smaller})
    with pytest.raises(BoardFaultError, match="wrote behind the arena in step") as caught:
        run(board, damaged, tmp_path, debug=True)
    step = caught.value.fault.step
    assert step is not None
    ends = [buffer.first_step for buffer in model.plan.buffers if buffer.offset + buffer.size > size - 8]
    assert step == min(ends)
    if board == "virtual":
        assert re.search(rf"by step_{step:02d}_\w+ \(model\.c:\d+\)", caught.value.message)
