"""The cycle model against the published block latencies of an Apollo4 Plus, with an interpreter that runs here.

The calibration's own counts are constants of docs/cycle-model.md (tests/test_docs.py). Here the program is another
build of the same interpreter, which it was not fitted on: TensorFlow Lite for Microcontrollers with CMSIS-NN as
neuralSPOT ships it. It is the user's; without NEURALSPOT_ROOT a recording of what it executes takes its place.
"""

from __future__ import annotations

import ctypes
import json
import os
import statistics
import subprocess
from pathlib import Path

import numpy as np
import pytest

from sktools.boards import arena_size, configure
from sktools.boards.board import load_board
from sktools.boards.configure import ImageOptions, build_image
from sktools.boards.driver import driver_for
from sktools.build.shipped import firmware_path
from sktools.build.tflm import archive
from sktools.compiler import compile_model
from sktools.reports.published import BLOCK_MS_PER_SLEEP_HOUR
from sktools.zoo import resolve
from tests.support.tools import needs_arm_gcc, needs_cc, needs_qemu

INTERPRETER = "ns_tflm_v1_7_0"
"""The plain one; the board's own (helia_rt) has kernels that the published figures were not measured with."""

SDK = os.environ.get("NEURALSPOT_ROOT")
TOLERANCE = 0.06
"""Of a block's predicted latency. Seen: -1.8 to +5.2 %."""


RECORDED = Path(__file__).with_name("published_blocks.json")


def interpreter_cycles(folder: Path, patch: pytest.MonkeyPatch) -> tuple[dict[str, int], list[str]]:
    """Model cycles of SS-4 by block, one frame; and the block of each step."""
    if SDK is None or not archive(Path(SDK) / "extern" / "tensorflow" / INTERPRETER).is_file():
        pytest.skip(f"NEURALSPOT_ROOT names no neuralSPOT with {INTERPRETER}")
    patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    for module in (arena_size, configure):
        patch.setattr(module, "tensorflow_version", lambda: INTERPRETER)
    tflite = resolve("ss-4").tflite.read_bytes()
    aot = compile_model(tflite, name="ss-4", optimize="none")
    board = load_board("virtual")
    build = build_image(aot, board, tflite, folder / "build", ImageOptions(sdk=Path(SDK)), "tflm")
    found: dict[str, int] = {}
    with driver_for(board).open(build) as session:
        frame = np.random.default_rng(0).integers(-128, 128, aot.input.elements).astype(np.int8)
        session.run(frame.tobytes(), with_crc=False)
        steps = [layer.block for layer in build.model.layers]
        for block, count in zip(steps, session.counts(), strict=True):
            found[block] = found.get(block, 0) + int(count.cycles or 0)
    return found, steps


def check(cycles: dict[str, int]) -> None:
    """Each block's predicted latency against the published one."""
    board = load_board("virtual")
    assert board.calibration is not None and board.clock_hz is not None
    published = BLOCK_MS_PER_SLEEP_HOUR["ss-4-tcn-sm"]
    assert set(cycles) == set(published)
    ratios = []
    for block, milliseconds in published.items():
        predicted = cycles[block] * board.calibration.factor / board.clock_hz * 1e3 / 2  # a frame is two hours
        ratios.append(predicted / milliseconds)
        assert predicted == pytest.approx(milliseconds, rel=TOLERANCE), block
    assert statistics.pstdev(ratios) / statistics.mean(ratios) < 0.025


@needs_arm_gcc
@needs_qemu
def test_each_block_is_predicted_within_a_few_percent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check(interpreter_cycles(tmp_path, monkeypatch)[0])


class Cost(ctypes.Structure):
    """sk_cost_t."""

    _fields_ = (("cycles", ctypes.c_uint8), ("single_load", ctypes.c_bool), ("single_access", ctypes.c_bool))


@needs_cc
def test_the_cost_table_prices_what_the_interpreter_executed(tmp_path: Path) -> None:
    """The same from a recording, by class of instruction as binutils tells them: no interpreter is needed.

    The sum is exact: a cost that changes, or an encoding that is taken for another class, shows. Made by
    tests/boards/record_classes.py.
    """
    library = tmp_path / "cost.so"
    source = firmware_path("cycle_model", "thumb2_cost.c")
    subprocess.run(["cc", "-std=c99", "-fPIC", "-shared", "-o", library, source], check=True)
    cost_of = ctypes.CDLL(str(library)).sk_thumb2_cost
    cost_of.restype, cost_of.argtypes = Cost, (ctypes.c_uint16, ctypes.c_uint16)
    recorded = json.loads(RECORDED.read_text())
    sums = [2 * count for count in recorded["refills"]]  # the TRM's P, of a taken branch
    for row in recorded["classes"]:
        encoding = int(row["encoding"], 16)
        cost = cost_of(encoding >> 16, encoding & 0xFFFF)
        for block, (executed, behind) in enumerate(zip(row["executed"], row["behind_a_single_access"], strict=True)):
            sums[block] += cost.cycles * executed - (behind if cost.single_load else 0)
    assert sums == recorded["model_cycles"]
    check(dict(zip(recorded["blocks"], sums, strict=True)))
