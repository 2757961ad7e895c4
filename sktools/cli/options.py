"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from sktools.cli.console import console

Command = TypeVar("Command", bound=Callable[..., Any])


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


def talk(command: Command) -> Command:
    """-v, -q: how much a command says on stderr."""
    command = click.option(
        "-q", "--quiet", is_flag=True, expose_value=False, callback=_quiet, help="Say nothing but errors on stderr."
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
        help="Write one JSON object a line to this file while it works.",
    )(command)
    return click.option(
        "--json", is_flag=True, expose_value=False, callback=_json, help="Exactly one JSON document on stdout."
    )(command)


def board_choice(command: Command) -> Command:
    """--board and --engine."""
    command = click.option("--engine", metavar="NAME", help="aot: generated C.  [default: aot]")(command)
    return click.option("--board", metavar="NAME", help="See sktools list boards.  [default: virtual]")(command)


def connection(command: Command) -> Command:
    """--port and --baud."""
    command = click.option("--baud", type=int, metavar="RATE", help="Serial rate.  [default: the board's]")(command)
    return click.option("--port", metavar="PATH", help="Serial port.  [default: the board's only one]")(command)


def compilation(command: Command) -> Command:
    """--optimize."""
    return click.option("--optimize", metavar="LEVEL", help="none, speed, size or balanced.  [default: balanced]")(
        command
    )


def measuring(command: Command) -> Command:
    """--inputs, --save-outputs, --output."""
    command = click.option(
        "--output",
        type=click.Path(file_okay=False, path_type=Path),
        metavar="DIR",
        help="Folder of the results.  [default: ./results]",
    )(command)
    command = click.option(
        "--save-outputs",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE.npy",
        help="Write the raw int8 outputs, [n, *model output].",
    )(command)
    return click.option(
        "--inputs",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        metavar="FILE.npy",
        help="Frames of your own, [n, *model input]: int8, or float32 already normalised.",
    )(command)


def recordings(command: Command) -> Command:
    """--dataset, --data, --subjects, --frames, --include-training."""
    command = click.option(
        "--include-training", is_flag=True, help="Score the subjects that the model was trained on too; labelled so."
    )(command)
    command = click.option("--frames", type=click.IntRange(min=1), metavar="N", help="At most N frames (2 h each).")(
        command
    )
    command = click.option("--subjects", metavar="ID,ID", help="Only these subjects.  [default: all held out]")(command)
    command = click.option("--data", type=click.Path(path_type=Path), metavar="DIR", help="Folder of the recordings.")(
        command
    )
    return click.option("--dataset", metavar="NAME", help="See sktools list datasets.  [default: synthetic]")(command)
