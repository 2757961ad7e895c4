"""Options that several commands share. A group of them reaches its command as one dataclass."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

import click

from sktools.cli.console import console

Command = TypeVar("Command", bound=Callable[..., Any])
Decorator = Callable[[Any], Any]


@dataclass(frozen=True)
class BoardChoice:
    """Which board and engine. None: not on the command line."""

    board: str | None = None
    engine: str | None = None


@dataclass(frozen=True)
class Connection:
    """How a board is reached. None: not on the command line."""

    port: str | None = None
    baud: int | None = None
    probe: str | None = None


@dataclass(frozen=True)
class Image:
    """How the image is made. None: not on the command line. max_arena_size: KB."""

    optimize: str | None = None
    sdk: Path | None = None
    clock: str | None = None
    arena_location: str | None = None
    model_location: str | None = None
    max_arena_size: float | None = None
    arena_padding: float | None = None
    model_name: str | None = None


@dataclass(frozen=True)
class FrameChoice:
    """Which frames are run, as the command line says it."""

    dataset: str | None = None
    data: Path | None = None
    subjects: str | None = None
    frames: int | None = None
    include_training: bool = False
    inputs: Path | None = None


@dataclass(frozen=True)
class Results:
    """What is written where, and the time in bed of the sleep statistics."""

    save_outputs: Path | None = None
    output: Path | None = None
    hypnogram: Path | None = None
    hypnogram_format: str | None = None
    lights_off: str | None = None
    lights_on: str | None = None


def _group(kind: type[Any], name: str, options: Sequence[Decorator]) -> Callable[[Command], Command]:
    """A decorator that adds options and hands their values to the command as `name`, one object of `kind`."""
    members = [member.name for member in fields(kind)]

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def grouped(**values: Any) -> Any:
            taken = kind(**{member: values.pop(member) for member in members})
            return command(**{name: taken}, **values)

        result: Any = grouped
        for option in reversed(options):
            result = option(result)
        return result  # type: ignore[no-any-return]

    return decorate


def examples(*lines: str) -> str:
    """The end of a command's help: command lines that work as they stand."""
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in lines)])


def _verbose(context: click.Context, parameter: click.Parameter, value: int) -> None:
    console.verbosity = max(console.verbosity, value) if value else console.verbosity


def _quiet(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value:
        console.verbosity = -1


def _json(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    console.as_json = console.as_json or value


def _events(context: click.Context, parameter: click.Parameter, value: Path | None) -> None:
    if value is not None:
        console.open_events(value)


def _trust(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value:
        from sktools.cli.settings import FILE
        from sktools.cli.trust import grant

        grant(Path.cwd() / FILE)


def talk(command: Command) -> Command:
    """-v, -q: how much a command says on stderr. --trust: whether sktools.yaml may name programs."""
    command = click.option(
        "--trust",
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=_trust,
        help="Trust this folder's sktools.yaml, and the files that it names, from now on as they are.",
    )(command)
    command = click.option(
        "-q",
        "--quiet",
        is_flag=True,
        expose_value=False,
        callback=_quiet,
        help="Only warnings and errors on stderr.",
    )(command)
    return click.option(
        "-v",
        "--verbose",
        count=True,
        expose_value=False,
        callback=_verbose,
        help="Show each choice and where it came from; -vv shows tracebacks.",
    )(command)


def machine_readable(command: Command) -> Command:
    """--json and --events."""
    command = click.option(
        "--events",
        type=click.Path(dir_okay=False, path_type=Path),
        expose_value=False,
        callback=_events,
        help="Write one JSON object per line to this file while it works.",
    )(command)
    return click.option(
        "--json", is_flag=True, expose_value=False, callback=_json, help="Exactly one JSON document on stdout."
    )(command)


def hypnogram_file(command: Command) -> Command:
    """--hypnogram and --hypnogram-format."""
    command = click.option(
        "--hypnogram-format",
        metavar="NAME",
        help="csv, edf (EDF+ annotations), bids (events TSV) or yasa (JSON).  [default: by the file's suffix]",
    )(command)
    return click.option(
        "--hypnogram",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Write the stages: .csv, .edf, .tsv (BIDS) or .json (YASA); labels are not needed.",
    )(command)


def lights_times(command: Command) -> Command:
    """--lights-off and --lights-on."""
    for name, end in (("--lights-on", "last"), ("--lights-off", "first")):
        command = click.option(
            name,
            metavar="TIME",
            help=f"For the sleep statistics: 23:05, 2024-03-01T23:05, or 12.5min after the recording began.  "
            f"[default: the {end} epoch that has a label, else of the recording]",
        )(command)
    return command


OPTIMIZE_HELP = (
    "balanced: flash weighed against cycles; speed: the fewest cycles, more flash; size: the smallest constants that "
    "cost no RAM; none: each layer its own step, every activation readable, ten times the cycles, more RAM"
)
"""What the levels of --optimize cost; docs/own-model.md has them measured."""


def model_argument(command: Command) -> Command:
    """MODEL, which --tflite-filename may stand for."""

    @functools.wraps(command)
    def named(model: str | None, tflite_filename: str | None, **values: Any) -> Any:
        if (model is None) == (tflite_filename is None):
            raise click.UsageError(
                "name one MODEL" if model is None else "MODEL and --tflite-filename exclude each other"
            )
        return command(model=tflite_filename if model is None else model, **values)

    option = click.option("--tflite-filename", metavar="FILE", help="The same as MODEL, as in ns_autodeploy.")
    result: Any = click.argument("model", required=False)(option(named))
    return result  # type: ignore[no-any-return]


place = _group(
    BoardChoice,
    "place",
    [
        click.option(
            "--board", "--platform", metavar="NAME", help="See sktools list boards, or FILE.yaml.  [default: virtual]"
        ),
        click.option("--engine", metavar="NAME", help="aot: generated C; tflm: the SDK's interpreter.  [default: aot]"),
    ],
)
"""--board and --engine, as BoardChoice."""

connection = _group(
    Connection,
    "connection",
    [
        click.option("--port", "--tty", metavar="PATH", help="Serial port.  [default: the board's only one]"),
        click.option("--baud", type=int, metavar="RATE", help="Serial rate.  [default: the board's]"),
        click.option("--probe", metavar="SERIAL", help="J-Link by serial number.  [default: the only one]"),
    ],
)
"""--port, --baud and --probe, as Connection."""

image = _group(
    Image,
    "image",
    [
        click.option("--optimize", metavar="LEVEL", help=f"{OPTIMIZE_HELP}.  [default: balanced]"),
        click.option(
            "--sdk",
            "--neuralspot-rootdir",
            type=click.Path(path_type=Path),
            metavar="DIR",
            help="The board's SDK.  [default: NEURALSPOT_ROOT]",
        ),
        click.option("--clock", "--cpu-mode", metavar="MHZ", help="CPU clock, or hp, lp.  [default: the board's]"),
        click.option("--arena-location", metavar="MEMORY", help="Memory of the arena, such as TCM or SRAM."),
        click.option("--model-location", metavar="MEMORY", help="Memory of the weights, such as MRAM or TCM."),
        click.option("--max-arena-size", type=float, metavar="KB", help="Fail if the arena needs more."),
        click.option(
            "--arena-size-scratch-buffer-padding",
            "arena_padding",
            type=float,
            metavar="KB",
            help="Accepted for compatibility with ns_autodeploy; has no effect. The arena size is computed exactly.",
        ),
        click.option("--model-name", metavar="NAME", help="Name in builds and results.  [default: the model's]"),
    ],
)
"""How the image is made, as Image."""

recordings = _group(
    FrameChoice,
    "choice",
    [
        click.option("--dataset", metavar="NAME", help="See sktools list datasets.  [default: synthetic]"),
        click.option("--data", type=click.Path(path_type=Path), metavar="DIR", help="Folder of the recordings."),
        click.option("--subjects", metavar="ID,ID", help="Only these subjects.  [default: all held out]"),
        click.option(
            "--frames", "--runs", type=click.IntRange(min=1), metavar="N", help="At most N frames (2 h each)."
        ),
        click.option(
            "--include-training",
            is_flag=True,
            help="Score the subjects that the model was trained on too; labelled so.",
        ),
        click.option(
            "--inputs",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            metavar="FILE.npy",
            help="Frames of your own, [n, *model input]: int8, or float32 already normalised.",
        ),
    ],
)
"""Which frames are run, as FrameChoice."""

results = _group(
    Results,
    "results",
    [
        click.option(
            "--save-outputs",
            type=click.Path(dir_okay=False, path_type=Path),
            metavar="FILE.npy",
            help="Write the raw int8 outputs, [n, *model output].",
        ),
        click.option(
            "--output",
            type=click.Path(file_okay=False, path_type=Path),
            metavar="DIR",
            help="Folder of the results.  [default: ./results]",
        ),
        hypnogram_file,
        lights_times,
    ],
)
"""What is written where, as Results."""


def power(command: Command) -> Command:
    """--joulescope."""
    return click.option(
        "--joulescope", is_flag=True, help="Measure the energy between the board's GPIO marks, not estimate it."
    )(command)


def live_frames(command: Command) -> Command:
    """--live of a command that measures."""
    return click.option(
        "--live", is_flag=True, help="Run the frames that a watch has, one per epoch, and score each delay."
    )(command)


def no_clock(command: Command) -> Command:
    """--no-clock."""
    return click.option(
        "--no-clock", is_flag=True, help="Leave out the model's stage prior, which depends on the minute of the night."
    )(command)
