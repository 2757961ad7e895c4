"""What one command line asks for: a model, a board, an engine, how the image is made, and where the build lies."""

from __future__ import annotations

import contextlib
import dataclasses
import re
import shlex
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sktools.cli import settings
from sktools.cli.console import console
from sktools.cli.options import Connection, Image, Place
from sktools.errors import SktoolsError, UsageError

if TYPE_CHECKING:
    from sktools.boards.board import Board
    from sktools.boards.configure import ImageOptions
    from sktools.build.build import Build
    from sktools.zoo import ModelRef

BUILD_FOLDER = "build"
MOST_KILOBYTES = 1 << 20


@dataclass(frozen=True)
class Job:
    """model: the .tflite and what is known of it. board: at the clock, rate and probe that were asked for.

    options: of its image. folder: where its build lies. asked: MODEL and the options that name model, board and engine,
    as a command line has them.
    """

    model: ModelRef
    board: Board
    engine: str
    optimize: str
    options: ImageOptions
    folder: Path
    asked: str


def find_job(
    model: str,
    place: Place,
    image: Image | None = None,
    connection: Connection | None = None,
    output: Path | None = None,
) -> Job:
    """Resolves names and choices, and says which model that is. Raises SktoolsError where one is unknown."""
    from sktools.boards.configure import ENGINES
    from sktools.strict_yaml import suggest
    from sktools.zoo import resolve

    image = image or Image()
    connection = connection or Connection()
    found = resolve(model)
    if image.model_name is not None:
        found = dataclasses.replace(found, name=_folder_name(image.model_name))
    engine = settings.text("engine", place.engine)
    if engine not in ENGINES:
        raise UsageError(f"there is no engine '{engine}'; {suggest(engine, ENGINES)}")
    options = image_options(image, connection, place.board)
    board = find_board(place.board, options, connection)
    if image.arena_padding:
        console.warning("--arena-size-scratch-buffer-padding is not needed: the arena is planned to the byte")
    console.info(f"model: {found.tflite} ({found.origin}, sha256 {found.sha256[:16]})")
    folder = output or Path(BUILD_FOLDER) / found.name / f"{board.name}-{engine}"
    return Job(
        found,
        board,
        engine,
        settings.text("optimize", image.optimize),
        options,
        folder,
        _asked(model, image.model_name, settings.text("board", place.board), engine),
    )


def _asked(model: str, name: str | None, board: str, engine: str) -> str:
    from sktools.boards.configure import AOT

    words = [model, *(("--model-name", name) if name else ()), "--board", board]
    return shlex.join([*words, *(("--engine", engine) if engine != AOT else ())])


_NEXT_COMMAND = re.compile(r"(?<=sktools )([a-z-]+) MODEL\b(?: --board \S+)?")


@contextlib.contextmanager
def naming(job: Job) -> Iterator[None]:
    """Where an error's next command speaks of MODEL, it names this job's, board and engine included."""
    try:
        yield
    except SktoolsError as error:
        error.hint = _NEXT_COMMAND.sub(lambda found: f"{found[1]} {job.asked}", error.hint)
        raise


def image_options(image: Image, connection: Connection, board: str | None) -> ImageOptions:
    """The options of an image that only some boards have."""
    from sktools.boards.board import load_board
    from sktools.boards.configure import ImageOptions, clock_of

    sdk = settings.optional("sdk", image.sdk)
    most = image.max_arena_size
    if most is not None and not 0 < most < MOST_KILOBYTES:
        raise UsageError(f"--max-arena-size {most:g} is no size in KB")
    return ImageOptions(
        clock_mhz=clock_of(load_board(settings.text("board", board)), image.clock) if image.clock else None,
        baud=settings.number("baud", connection.baud),
        arena_location=image.arena_location,
        model_location=image.model_location,
        max_arena_bytes=None if most is None else int(most * 1024),
        sdk=Path(sdk) if sdk else None,
    )


def find_board(name: str | None, options: ImageOptions, connection: Connection) -> Board:
    """A board at the clock, rate and probe that were asked for. Raises UsageError where there is none."""
    from sktools.boards.board import load_board
    from sktools.boards.configure import configured

    board = configured(load_board(settings.text("board", name)), options)
    probe = settings.optional("probe", connection.probe)
    if probe is not None and board.jlink is not None:
        board = dataclasses.replace(board, jlink=dataclasses.replace(board.jlink, probe=probe))
    return board


def build(job: Job) -> Build:
    """Compiles the model and builds its image; an image that is up to date is taken as it is."""
    from sktools.boards.configure import AOT, build_image
    from sktools.build.cache import user_costs
    from sktools.compiler.compile import compile_model
    from sktools.compiler.costs import known_costs

    started = time.monotonic()
    console.event("build", model=job.model.name, board=job.board.name, engine=job.engine, optimize=job.optimize)
    content = job.model.tflite.read_bytes()
    costs = known_costs(user_costs())
    if job.engine != AOT:
        console.info("the interpreter's arena is found by running it once on the virtual board")
    if job.board.sdk is not None:
        console.info(f"building with {job.board.sdk.name}; the first build of a configuration compiles the SDK too")
    optimize = job.optimize if job.engine == AOT else "none"
    with console.waiting(f"building {job.model.name} for {job.board.name} ({job.engine}, {optimize})"):
        compiled = compile_model(content, name=job.model.name, optimize=optimize, costs=costs)
        built = build_image(compiled, job.board, content, job.folder, job.options, job.engine)
    console.info(f"build: {built.image} ({time.monotonic() - started:.1f} s)")
    console.event("built", image=str(built.image))
    return built


def _folder_name(name: str) -> str:
    from sktools.zoo import folder_name

    if name != folder_name(name):
        raise UsageError(
            f"--model-name {name!r} cannot be the name of a folder: up to 80 letters, digits and . _ - are",
            f"--model-name {folder_name(name)}",
        )
    return name
