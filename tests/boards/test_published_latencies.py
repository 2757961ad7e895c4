"""The cycle model against the published block latencies of an Apollo4 Plus, with an interpreter that runs here.

The calibration's own counts are constants of docs/cycle-model.md (tests/test_docs.py). Here the program is another
build of the same interpreter, which it was not fitted on: TensorFlow Lite for Microcontrollers with CMSIS-NN as
neuralSPOT ships it. It is the user's; without NEURALSPOT_ROOT a recording of what it executes takes its place.
"""

from __future__ import annotations

import json
import os
import statistics
from pathlib import Path

import numpy as np
import pytest

from sktools.boards import arena_size, configure
from sktools.boards.board import load_board
from sktools.boards.configure import ImageOptions, build_image
from sktools.boards.driver import driver_for
from sktools.build.tflm import archive
from sktools.compiler import compile_model
from sktools.reports.published import BLOCK_MS_PER_SLEEP_HOUR
from sktools.zoo import resolve
from tests.boards.pricing import REFILL, REFILL_DIRECT, cost_table
from tests.support.tools import needs_arm_gcc, needs_cc, needs_qemu

INTERPRETER = "ns_tflm_v1_7_0"
"""The plain one; the board's own (helia_rt) has kernels that the published figures were not measured with."""

SDK = os.environ.get("NEURALSPOT_ROOT")
TOLERANCE = 0.06
"""Of a block's predicted latency. Seen: -5.1 to +4.1 %."""


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


@needs_cc
def test_the_cost_table_prices_what_the_interpreter_executed(tmp_path: Path) -> None:
    """The same from a recording, by class of instruction as binutils tells them: no interpreter is needed.

    The sum is exact: a cost that changes, or an encoding that is taken for another class, shows. Made by
    tests/boards/record_classes.py.
    """
    cost_of = cost_table(tmp_path)
    recorded = json.loads(RECORDED.read_text())
    columns = zip(
        recorded["direct_refills"],
        recorded["other_refills"],
        recorded["overlapped"],
        recorded["behind_a_store"],
        recorded["address_just_loaded"],
        strict=True,
    )
    # R6 does not hold for the Apollo4: its MRAM and its TCM lie on the same side.
    sums = [
        REFILL_DIRECT * direct + REFILL * other - over + store + load for direct, other, over, store, load in columns
    ]
    for row in recorded["classes"]:
        cycles = cost_of(int(row["encoding"], 16))
        sums = [so_far + cycles * executed for so_far, executed in zip(sums, row["executed"], strict=True)]
    assert sums == recorded["model_cycles"]
    check(dict(zip(recorded["blocks"], sums, strict=True)))
