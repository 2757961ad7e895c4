"""A command line as the options of a run, and the errors of a run in the words of that command line."""

from __future__ import annotations

import contextlib
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from sktools.cli import settings
from sktools.cli.console import console
from sktools.cli.options import BoardChoice, Connection, FrameChoice, Image, Results
from sktools.errors import SktoolsError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sktools.datasets.registry import Dataset
    from sktools.pipeline.options import RunOptions
    from sktools.profiling.live_night import Replay

MOST_KILOBYTES = 1 << 20


def run_options(
    model: str,
    board: BoardChoice,
    image: Image | None = None,
    connection: Connection | None = None,
    choice: FrameChoice | None = None,
    results: Results | None = None,
    *,
    joulescope: bool = False,
    build_folder: Path | None = None,
    replay: Replay | None = None,
    what_if: bool = False,
) -> RunOptions:
    """What a command line asks for; what it leaves open comes from the environment, sktools.yaml or a default.

    Raises UsageError for an unknown data set, a folder that belongs to none, or a value that is not a number.
    """
    from sktools.cli.results import results_root
    from sktools.pipeline.options import AS_IT_WAS, RunOptions

    image, connection = image or Image(), connection or Connection()
    choice, results = choice or FrameChoice(), results or Results()
    if image.arena_padding:
        console.warning("--arena-size-scratch-buffer-padding is not needed: the arena is planned to the byte")
    sdk = settings.optional("sdk", image.sdk)
    most = image.max_arena_size
    if most is not None and not 0 < most < MOST_KILOBYTES:
        raise UsageError(f"--max-arena-size {most:g} is no size in KB")
    dataset, default_dataset = _datasets(choice)
    return RunOptions(
        model=model,
        board=settings.text("board", board.board),
        engine=settings.text("engine", board.engine),
        optimize=settings.text("optimize", image.optimize),
        name=image.model_name,
        clock=image.clock,
        baud=settings.number("baud", connection.baud),
        arena_location=image.arena_location,
        model_location=image.model_location,
        max_arena_bytes=None if most is None else int(most * 1024),
        sdk=Path(sdk) if sdk else None,
        probe=settings.optional("probe", connection.probe),
        build_folder=build_folder,
        dataset=dataset,
        default_dataset=default_dataset,
        data=choice.data,
        subjects=choice.subjects.split(",") if choice.subjects else None,
        include_training=choice.include_training,
        inputs=choice.inputs,
        frames=choice.frames,
        port=settings.optional("port", connection.port),
        joulescope=joulescope,
        replay=replay or AS_IT_WAS,
        what_if=what_if,
        output=results_root(results.output),
        lights_off=results.lights_off,
        lights_on=results.lights_on,
        save_outputs=results.save_outputs,
        hypnogram=results.hypnogram,
        hypnogram_format=results.hypnogram_format,
        command=("sktools", *sys.argv[1:]),
    )


def _datasets(choice: FrameChoice) -> tuple[str | Dataset | None, Callable[[], Dataset] | None]:
    """The data set that the command line names, and what opens the one that the environment or sktools.yaml names.

    The second is called only if the model needs a data set.
    """
    from sktools.cli.folders import open_datasets

    def opened() -> Dataset:
        name = settings.text("dataset", choice.dataset)
        return open_datasets([name], [choice.data] if choice.data else [])[0]

    if choice.inputs is not None:
        return choice.dataset, None
    if choice.dataset is not None:
        return opened(), None
    return None, None if settings.choose("dataset", None).source == "default" else opened


_NEXT_COMMAND = re.compile(r"(?<=sktools )([a-z-]+) MODEL\b(?: --board \S+)?")


@contextlib.contextmanager
def naming(options: RunOptions) -> Iterator[None]:
    """If the next command of an error speaks of MODEL, it names the model, board and engine that were asked for."""
    try:
        yield
    except SktoolsError as error:
        asked = _asked(options)
        error.hint = _NEXT_COMMAND.sub(lambda found: f"{found[1]} {asked}", error.hint)
        raise


def _asked(options: RunOptions) -> str:
    from sktools.pipeline.options import AOT

    name, engine = options.name, options.engine
    words = [options.model, *(("--model-name", name) if name else ()), "--board", options.board]
    return shlex.join([*words, *(("--engine", engine) if engine != AOT else ())])
