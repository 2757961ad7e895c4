"""Where each second of `sktools run` goes: `python benchmarks/where_time_goes.py [MODEL] [--board NAME]`.

Two runs, each in a process of its own: from nothing, and again with nothing changed. A part's time is its own, without
the parts inside it, so a column adds up to its total. Seconds are wall-clock; CPU seconds are of the process itself and
of the programs that it ran (make and QEMU). On a busy machine wall-clock grows and CPU hardly does.
"""

from __future__ import annotations

import argparse
import importlib
import importlib._bootstrap  # type: ignore[import-not-found]
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

PARTS: tuple[tuple[str, str], ...] = (
    ("find the model", "sktools.pipeline.door:zoo.resolve"),
    ("look up the data set", "sktools.pipeline.door:supplies"),
    ("build: is it up to date?", "sktools.pipeline.image:inputs_digest"),
    ("build: is it up to date?", "sktools.pipeline.image:unchanged"),
    ("build: compile to C", "sktools.pipeline.image:compile_model"),
    ("build: render, hash", "sktools.pipeline.image:build_image"),
    ("build: make", "sktools.build.build:run_make"),
    ("flash: check the image", "sktools.boards.virtual:image_sizes"),
    ("read and cut the nights", "sktools.pipeline.measure:evaluation_set"),
    ("measure: start the reference", "sktools.profiling.run:Reference"),
    ("measure: start the float reference", "sktools.profiling.run:float_reference"),
    ("measure: boot the board", "sktools.boards.virtual:VirtualDriver.open.__enter__"),
    ("measure: frames on the board", "sktools.profiling.device:BoardDevice.run"),
    ("measure: frames on the reference", "sktools.compiler.reference:Reference.run"),
    ("measure: noise against float", "sktools.profiling.session:_accumulate"),
    ("measure: compare, count", "sktools.profiling.run:measure"),
    ("measure: stop the board", "sktools.boards.virtual:VirtualDriver.open.__exit__"),
    ("measure: sizes of the image", "sktools.build.build:image_sizes"),
    ("score the answers", "sktools.profiling.run:score"),
    ("write the bundle", "sktools.pipeline.measure:write_bundle"),
    ("draw the report", "sktools.pipeline.measure:report_page"),
)
"""A part, and the function whose time it is, at the place where its caller looks it up."""
IMPORTS, REST = "import packages", "everything else"


@dataclass
class Clock:
    """Own time of each part: seconds, CPU seconds of this process, CPU seconds of ended children."""

    spent: dict[str, list[float]] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)
    inside: list[str] = field(default_factory=lambda: [REST])
    last: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def turn(self) -> None:
        """Books the time since the last turn on the part that is running."""
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        now = time.perf_counter(), time.process_time(), children.ru_utime + children.ru_stime
        own = self.spent.setdefault(self.inside[-1], [0.0, 0.0, 0.0])
        for index, (before, after) in enumerate(zip(self.last, now, strict=True)):
            own[index] += after - before
        self.last = now

    def timed(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            self.turn()
            self.inside.append(part)
            self.calls[part] = self.calls.get(part, 0) + 1
            try:
                return function(*arguments, **named)
            finally:
                self.turn()
                self.inside.pop()

        return call


class _Context:
    """A context manager whose entering and leaving are timed apart."""

    def __init__(self, manager: Any, clock: Clock, enters: str, exits: str) -> None:
        self.__enter = clock.timed(enters, manager.__enter__)
        self.__exit = clock.timed(exits, manager.__exit__)

    def __enter__(self) -> Any:
        return self.__enter()

    def __exit__(self, *exception: object) -> Any:
        return self.__exit(*exception)


def place(path: str) -> tuple[Any, str]:
    """The object that holds a function of PARTS, and the function's name in it. Raises if there is none any more."""
    module, _, names = path.partition(":")
    holder: Any = importlib.import_module(module)
    *outer, last = names.removesuffix(".__enter__").removesuffix(".__exit__").split(".")
    for name in outer:
        holder = getattr(holder, name)
    getattr(holder, last)
    return holder, last


def watch(clock: Clock) -> None:
    """Puts a clock around every function of PARTS, and around importing."""
    bootstrap: Any = importlib._bootstrap
    for part, path in PARTS:
        holder, name = place(path)
        function = getattr(holder, name)
        if path.endswith(".__enter__"):
            leaves = next(other for other, where in PARTS if where == path.replace("__enter__", "__exit__"))

            def opened(*arguments: Any, _open: Any = function, _in: str = part, _out: str = leaves) -> _Context:
                return _Context(_open(*arguments), clock, _in, _out)

            setattr(holder, name, opened)
        elif not path.endswith(".__exit__"):
            setattr(holder, name, clock.timed(part, function))
    bootstrap._find_and_load = clock.timed(IMPORTS, bootstrap._find_and_load)


def run(model: str, board: str) -> None:
    """One run, in the working folder; the times as JSON on stdout."""
    clock = Clock()
    clock.last = (time.perf_counter(), 0.0, 0.0)
    clock.inside.append(IMPORTS)
    import sktools

    for _, path in PARTS:
        place(path)
    watch(clock)
    clock.turn()
    clock.inside.pop()
    sktools.run(model, board=board)
    clock.turn()
    print(json.dumps({"spent": clock.spent, "calls": clock.calls}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?", default="ss-2", metavar="MODEL")
    parser.add_argument("--board", default="virtual", metavar="NAME")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        run(options.model, options.board)
        return
    again = [sys.executable, __file__, "--here", options.model, "--board", options.board]
    with tempfile.TemporaryDirectory() as folder:
        runs = [
            json.loads(subprocess.run(again, cwd=folder, stdout=subprocess.PIPE, check=True).stdout) for _ in range(2)
        ]
    show(options.model, options.board, runs)


def show(model: str, board: str, runs: list[Any]) -> None:
    """The table of both runs."""
    from tabulate import tabulate

    names = [IMPORTS, *dict.fromkeys(part for part, _ in PARTS), REST]
    rows = []
    for name in names:
        found = [run["spent"].get(name, [0.0, 0.0, 0.0]) for run in runs]
        if any(map(sum, found)):
            rows.append([name, runs[0]["calls"].get(name, ""), *found[0], *found[1]])
    sums = [sum(column) for column in zip(*(row[2:] for row in rows), strict=True)]
    head = ["part", "calls", "first run s", "CPU s", "programs' CPU s", "again s", "CPU s", "programs' CPU s"]
    print(f"sktools run {model} --board {board}, from nothing and again\n")
    print(tabulate([*rows, ["total", "", *sums]], head, floatfmt=".2f"))


if __name__ == "__main__":
    main()
