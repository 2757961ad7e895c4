"""What one command line asks for: a model, a board, an engine, an optimization level, and where the build lies."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sktools.cli import settings
from sktools.cli.console import console
from sktools.errors import UsageError

if TYPE_CHECKING:
    from sktools.boards.board import Board
    from sktools.build.build import Build
    from sktools.zoo import ModelRef

BUILD_FOLDER = "build"
ENGINES = ("aot",)


@dataclass(frozen=True)
class Job:
    """model: the .tflite and what is known of it. folder: where its build lies."""

    model: ModelRef
    board: Board
    engine: str
    optimize: str
    folder: Path

    @property
    def results_name(self) -> str:
        return f"{self.board.name}-{self.engine}"


def find_job(
    model: str,
    board: str | None = None,
    engine: str | None = None,
    optimize: str | None = None,
    output: Path | None = None,
) -> Job:
    """Resolves names and choices, and says which model that is. Raises SktoolsError where one is unknown."""
    from sktools.boards.board import load_board
    from sktools.strict_yaml import suggest
    from sktools.zoo import resolve

    found = resolve(model)
    where = load_board(settings.text("board", board))
    chosen = settings.text("engine", engine)
    if chosen not in ENGINES:
        raise UsageError(f"there is no engine '{chosen}'; {suggest(chosen, ENGINES)}")
    console.info(f"model: {found.tflite} ({found.origin}, sha256 {found.sha256[:16]})")
    folder = output or Path(BUILD_FOLDER) / found.name / f"{where.name}-{chosen}"
    return Job(found, where, chosen, settings.text("optimize", optimize), folder)


def build(job: Job) -> Build:
    """Compiles the model and builds its image; an image that is up to date is taken as it is."""
    from sktools.build.build import build_firmware
    from sktools.build.cache import user_costs
    from sktools.compiler.compile import compile_model
    from sktools.compiler.costs import known_costs

    started = time.monotonic()
    console.event("build", model=job.model.name, board=job.board.name, engine=job.engine, optimize=job.optimize)
    content = job.model.tflite.read_bytes()
    costs = known_costs(user_costs())
    compiled = compile_model(content, name=job.model.name, optimize=job.optimize, costs=costs)
    built = build_firmware(compiled, job.board.target, content, job.folder)
    console.info(f"build: {built.image} ({time.monotonic() - started:.1f} s)")
    console.event("built", image=str(built.image))
    return built
