"""This engine against the interpreter, in model cycles on the virtual board: `python benchmarks/interpreter.py`.

Both sides are counted by the same cycle model. Without an SDK, the interpreter's side is a recording of SS-4 with
neuralSPOT's ns_tflm 1.7.0 (tests/boards/published_blocks.json). If an SDK is named (--sdk DIR or NEURALSPOT_ROOT), its
interpreter runs the same models live on the virtual board.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tabulate import tabulate

from sktools.boards.board import load_board
from sktools.boards.configure import AOT, ImageOptions, build_image
from sktools.boards.driver import driver_for
from sktools.build.tflm import ENGINE
from sktools.compiler import compile_model
from sktools.errors import SktoolsError
from sktools.zoo import resolve

RECORDED = Path(__file__).resolve().parents[1] / "tests" / "boards" / "published_blocks.json"
FLOOR = 0.5
"""Cycles a MAC: SMLAD does two."""


@dataclass(frozen=True)
class Interpreter:
    """Model cycles a 2 h frame and bytes of arena and flash; blocks: model cycles by block."""

    cycles: int
    arena_bytes: int | None
    blocks: dict[str, int]
    flash_bytes: int | None = None


def recorded() -> dict[str, Interpreter]:
    """SS-4 by the interpreter of neuralSPOT, as tests/boards/record_classes.py counted it."""
    known = json.loads(RECORDED.read_text(encoding="utf-8"))
    return {
        "ss-4": Interpreter(
            sum(known["model_cycles"]), None, dict(zip(known["blocks"], known["model_cycles"], strict=True))
        )
    }


@dataclass(frozen=True)
class Measured:
    """One frame: MACs and model cycles by block, bytes of arena, flash and RAM."""

    macs: dict[str, int]
    cycles: dict[str, int]
    arena_bytes: int
    flash_bytes: int
    ram_bytes: int


def measure(name: str, optimize: str, engine: str = AOT, sdk: Path | None = None) -> Measured:
    """Builds and runs one random frame. Raises SktoolsError where the model, a tool or the SDK is missing."""
    board, found = load_board("virtual"), resolve(name)
    content = found.tflite.read_bytes()
    compiled = compile_model(content, name=found.name, optimize=optimize)
    with tempfile.TemporaryDirectory() as folder:
        build = build_image(compiled, board, content, Path(folder) / "build", ImageOptions(sdk=sdk), engine)
        compiled, sizes = build.model, build.sizes()
        with driver_for(board).open(build) as session:
            frame = np.random.default_rng(0).integers(-128, 128, compiled.input.elements).astype(np.int8)
            session.run(frame.tobytes(), with_crc=False)
            counts = session.counts()
    macs: dict[str, int] = {}
    cycles: dict[str, int] = {}
    for layer in compiled.layers:
        macs[layer.block] = macs.get(layer.block, 0) + layer.macs
        spent = int(counts[layer.step].cycles or 0) if layer.cost_owner else 0
        cycles[layer.block] = cycles.get(layer.block, 0) + spent
    return Measured(macs, cycles, compiled.plan.written_bytes, sizes.flash_bytes, sizes.ram_bytes)


def interpreted(name: str, sdk: Path | None) -> Interpreter | None:
    """The interpreter of an SDK, measured; without one, what is known of it. Raises as measure()."""
    if sdk is None:
        return recorded().get(name)
    live = measure(name, "none", ENGINE, sdk)
    return Interpreter(sum(live.cycles.values()), live.arena_bytes, live.cycles, live.flash_bytes)


def main() -> None:
    parser = argparse.ArgumentParser(description="This engine against the interpreter, in model cycles.")
    parser.add_argument("models", nargs="*", default=["ss-2", "ss-3", "ss-4", "ss-5"])
    parser.add_argument("--optimize", default="balanced")
    known_sdk = os.environ.get("NEURALSPOT_ROOT") or None
    parser.add_argument("--sdk", type=Path, default=known_sdk, help="a neuralSPOT checkout: measure its interpreter")
    arguments = parser.parse_args()
    source = f"measured live, of {arguments.sdk}" if arguments.sdk else f"as recorded in {RECORDED.name}"
    print(f"interpreter: {source}\n")
    totals, blocks = [], []
    for name in arguments.models:
        try:
            found = measure(name, arguments.optimize)
            known = interpreted(name, arguments.sdk)
        except SktoolsError as error:
            print(f"{name}: {error.message}")
            continue
        macs, cycles = sum(found.macs.values()), sum(found.cycles.values())
        totals.append(
            [
                name,
                macs,
                known.cycles if known else None,
                cycles,
                known.cycles / cycles if known else None,
                cycles / macs,
                cycles / macs / FLOOR,
                known.arena_bytes / 1024 if known and known.arena_bytes else None,
                found.arena_bytes / 1024,
                known.flash_bytes / 1024 if known and known.flash_bytes else None,
                found.flash_bytes / 1024,
                found.ram_bytes / 1024,
            ]
        )
        for block, spent in found.cycles.items():
            before = known.blocks.get(block) if known else None
            blocks.append([name, block, found.macs[block], before, spent, before / spent if before else None])
    print(
        tabulate(
            totals,
            headers=[
                "model", "MAC", "interpreter", "cycles", "faster", "cycles/MAC", "x floor", "its arena KiB",
                "arena KiB", "its flash KiB", "flash KiB", "RAM KiB",
            ],
            intfmt=",",
            floatfmt=".2f",
            missingval="",
        )
    )  # fmt: skip
    print()
    headers = ["model", "block", "MAC", "interpreter", "cycles", "faster"]
    print(tabulate(blocks, headers=headers, intfmt=",", floatfmt=".2f", missingval=""))


if __name__ == "__main__":
    main()
