"""How many frames a second the virtual board measures: `python benchmarks/virtual_board.py [MODEL ...]`.

Every layer of every frame is compared with the reference kernels, as `sktools run` does. Frames are random, since no
kernel's time depends on them. The clock starts when the board answers. CPU time is of this process (the link, the
reference) and of QEMU, which boots once in it. On a busy machine frames per second fall, CPU time per frame hardly.
Each model runs twice: its inputs go through the window that the host and QEMU share, then byte by byte over the UART,
as to a board of metal. The model cycles of every step of every frame must be the same both ways.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
from tabulate import tabulate

from sktools.boards.board import load_board
from sktools.boards.configure import build_image
from sktools.boards.driver import StepCount, driver_for
from sktools.build.build import Build
from sktools.build.cache import user_costs
from sktools.compiler.compile import compile_model
from sktools.compiler.costs import known_costs
from sktools.compiler.reference import Reference
from sktools.profiling.device import BoardDevice
from sktools.profiling.session import measure
from sktools.zoo import resolve

ZOO = ("ss-2", "ss-3", "ss-4", "ss-5")
HEADERS = (
    "model",
    "input",
    "frames",
    "frames/s",
    "host CPU ms/frame",
    "QEMU CPU ms/frame",
    "differing bytes",
    "cycles",
)

Row = tuple[str, str, int, float, float, float, int, int]


def cpu_s(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def rows(name: str, frames: int, frames_over_the_line: int, folder: Path) -> tuple[Row, ...]:
    """The two lines of a model. Raises AssertionError if a step's cycles depend on the input's way."""
    tflite = resolve(name).tflite.read_bytes()
    model = compile_model(tflite, name=name, costs=known_costs(user_costs()))
    build = build_image(model, load_board("virtual"), tflite, folder / name)
    oracle = Reference(tflite)
    fast, cycles = row(name, build, oracle, frames, window=True)
    slow, same = row(name, build, oracle, min(frames, frames_over_the_line), window=False)
    assert all(left == right for left, right in zip(cycles, same, strict=False)), f"{name}: {cycles} {same}"
    return fast, slow


def row(
    name: str, build: Build, oracle: Reference, frames: int, *, window: bool
) -> tuple[Row, list[tuple[StepCount, ...]]]:
    """One line of the table, and each frame's counts by step."""
    model = build.model
    inputs = np.random.default_rng(0).integers(-128, 128, (frames, *model.input.shape)).astype(np.int8)
    counts: list[tuple[StepCount, ...]] = []
    qemu = cpu_s(resource.RUSAGE_CHILDREN)
    with driver_for(load_board("virtual")).open(build) as session:
        if not window:
            session.client.window = None
        started, host = time.monotonic(), cpu_s(resource.RUSAGE_SELF)
        result = measure(
            model, BoardDevice(session, model.output), oracle, inputs, on_frame=lambda seen: counts.append(seen.costs)
        )
        wall, host = time.monotonic() - started, cpu_s(resource.RUSAGE_SELF) - host
        assert (session.client.window is not None) == window
    qemu = cpu_s(resource.RUSAGE_CHILDREN) - qemu  # known when QEMU has ended
    differing = sum(parity.mismatched for parity in result.layers if parity) + result.output_parity.mismatched
    way = "window" if window else "UART"
    figures = (frames, frames / wall, 1e3 * host / frames, 1e3 * qemu / frames, differing, result.cycles_by_frame[0])
    return (name, way, *figures), counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", default=ZOO, metavar="MODEL", help="default: the zoo's four")
    parser.add_argument("--frames", type=int, default=100)
    parser.add_argument("--frames-over-uart", type=int, default=20)
    choice = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        table = [
            line for name in choice.models for line in rows(name, choice.frames, choice.frames_over_uart, Path(folder))
        ]
    print(tabulate(table, HEADERS, floatfmt=("", "", "", ".1f", ".1f", ".1f", "", "")))


if __name__ == "__main__":
    main()
