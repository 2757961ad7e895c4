"""Measures every kernel that could compute each operator of a model, in model cycles on the virtual board."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from sktools.boards.board import Board
from sktools.boards.driver import driver_for
from sktools.build.build import build_firmware
from sktools.compiler.call import Call
from sktools.compiler.compile import compile_with
from sktools.compiler.costs import cost_key
from sktools.errors import MissingError


def tune(tflite: bytes, board: Board, on_round: Callable[[int, int], None] = lambda done, new: None) -> dict[str, int]:
    """cost_key -> model cycles, for the plain kernel and every variant and fusion that applies to an operator.

    Round n builds an image of each operator's n-th kernel and runs one random frame; then come the fused steps, with
    and without the kernels for spare arena. on_round: rounds done, calls that the round measured for the first time.
    Raises MissingError if the board counts no cycles.
    """
    costs: dict[str, int] = {}
    variants = _most_variants(tflite)
    rounds = [*((number, False) for number in range(variants)), (variants - 1, True), (0, True)]
    for done, (number, fuse) in enumerate(rounds, start=1):
        before = len(costs)
        costs |= _measure(tflite, board, number, fuse=fuse)
        on_round(done, len(costs) - before)
    return costs


def _most_variants(tflite: bytes) -> int:
    """The number of kernels of the operator that has the most."""
    most = 1

    def choose(calls: Sequence[Call]) -> Call:
        nonlocal most
        most = max(most, len(calls))
        return calls[0]

    compile_with(tflite, "tune", choose, fuse=False, optimize="speed")
    return most


def _measure(tflite: bytes, board: Board, number: int, *, fuse: bool) -> dict[str, int]:
    def choose(calls: Sequence[Call]) -> Call:
        return calls[min(number, len(calls) - 1)]

    compiled, steps = compile_with(tflite, "tune", choose, fuse=fuse, optimize="speed")
    with tempfile.TemporaryDirectory(prefix="sktools-tune-") as folder:
        build = build_firmware(compiled, board.target, tflite, Path(folder) / "project")
        with driver_for(board).open(build) as session:
            frame = np.random.default_rng(0).integers(-128, 128, compiled.input.elements).astype(np.int8)
            session.run(frame.tobytes(), with_crc=False)
            counts = session.counts()
    if not counts or any(count.cycles is None for count in counts):
        raise MissingError("tuning needs model cycles, which this board does not count", "sktools doctor")
    return {cost_key(step.call): int(count.cycles or 0) for step, count in zip(steps, counts, strict=True)}
