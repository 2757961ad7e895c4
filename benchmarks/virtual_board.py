"""How many frames a second the virtual board measures: `python benchmarks/virtual_board.py`.

Every layer of every frame is compared with the reference kernels, as `sktools run` does. Frames are random, since no
kernel's time depends on them. The clock starts when the board answers. CPU time is of all processes: this one (the
link), the reference's and QEMU, their starts included. On a busy machine frames per second fall, CPU time hardly.
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
from sktools.reference_process import reference_process
from sktools.zoo import resolve

ZOO = ("ss-2", "ss-3", "ss-4", "ss-5")
HEADERS = ("model", "input", "frames", "frames/s", "CPU ms/frame", "differing bytes", "cycles")

Row = tuple[str, str, int, float, float, int, int]


def cpu_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(part.ru_utime + part.ru_stime for part in used)


def rows(name: str, frames: int, frames_over_the_line: int, folder: Path) -> tuple[Row, ...]:
    """The two lines of a model. Raises AssertionError if a step's cycles depend on the input's way."""
    tflite = resolve(name).tflite.read_bytes()
    model = compile_model(tflite, name=name, costs=known_costs(user_costs()))
    build = build_image(model, load_board("virtual"), tflite, folder / name)
    fast, cycles = row(name, build, frames, window=True)
    slow, same = row(name, build, min(frames, frames_over_the_line), window=False)
    assert all(left == right for left, right in zip(cycles, same, strict=False)), f"{name}: {cycles} {same}"
    return fast, slow


def row(name: str, build: Build, frames: int, *, window: bool) -> tuple[Row, list[tuple[StepCount, ...]]]:
    """One line of the table, and each frame's counts by step."""
    model = build.model
    inputs = np.random.default_rng(0).integers(-128, 128, (frames, *model.input.shape)).astype(np.int8)
    counts: list[tuple[StepCount, ...]] = []
    reference_process().close()
    before = cpu_s()
    with driver_for(load_board("virtual")).open(build) as session:
        if not window:
            session.client.window = None
        oracle = Reference(build.tflite.read_bytes())
        started = time.monotonic()
        result = measure(
            model, BoardDevice(session, model.output), oracle, inputs, on_frame=lambda seen: counts.append(seen.costs)
        )
        wall = time.monotonic() - started
        assert (session.client.window is not None) == window
    reference_process().close()
    cpu = cpu_s() - before  # a child's is known when it has ended
    differing = sum(parity.mismatched for parity in result.layers if parity) + result.output_parity.mismatched
    way = "window" if window else "UART"
    figures = (frames, frames / wall, 1e3 * cpu / frames, differing, result.cycles_by_frame[0])
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
    print(tabulate(table, HEADERS, floatfmt=("", "", "", ".1f", ".1f", "", "")))


if __name__ == "__main__":
    main()
