"""sktools build-fw: a model as a firmware image."""

from __future__ import annotations

import dataclasses
import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sktools.cli import settings
from sktools.cli.console import console, summary
from sktools.cli.options import (
    Connection,
    Image,
    Place,
    connection,
    examples,
    image,
    machine_readable,
    model_argument,
    place,
    talk,
)
from sktools.errors import MissingError

if TYPE_CHECKING:
    from sktools.build.build import Build
    from sktools.cli.job import Job


@click.command(
    short_help="compile a model into a firmware image",
    epilog=examples(
        "sktools build-fw ss-2",
        "sktools build-fw ss-2 --board apollo4p_evb --sdk ~/neuralSPOT",
        "sktools build-fw mine.tflite --board apollo4p_evb --clock 96 --arena-location SRAM --max-arena-size 80",
    ),
)
@model_argument
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the project.  [default: ./build/<model>/<board>-<engine>]",
)
@place
@connection
@image
@machine_readable
@talk
def command(model: str, output: Path | None, place: Place, connection: Connection, image: Image) -> None:
    """Compile MODEL to C, render a firmware project that builds with make, and build it.

    Where no board is named, that is the virtual board's, and beside it the Apollo4 Plus board's project, built where
    its SDK is known. Without the SDK the project is rendered all the same: exit code 4 where that board was named.
    """
    from sktools.cli.job import build, find_job, naming

    job = find_job(model, place, image, connection, output)
    with naming(job):
        built = build(job)
    document = build_document(built)
    if settings.choose("board", place.board).source == "default" and output is None:
        document["also"] = _also(model, dataclasses.replace(place, board=settings.EVB), connection, image)
    console.document(document)
    for note in built.model.notes:
        console.info(f"note: {note}")
    sizes = f"{document['flash_bytes']:,} B flash, {document['ram_bytes']:,} B RAM, arena {document['arena_bytes']:,} B"
    lines = {
        "project": built.folder,
        "image": built.image,
        "sizes": sizes,
        "build it again": _make_command(job, built.folder),
    }
    console.result(summary(lines))
    if "also" in document:
        console.result(f"\n{settings.EVB}\n{summary(document['also']['told'])}")


def _also(model: str, place: Place, connection: Connection, image: Image) -> dict[str, Any]:
    """The Apollo4 Plus project; without its SDK it is rendered and told what is missing."""
    from sktools.cli.job import build, find_job

    job = find_job(model, place, image, connection)
    try:
        built = build(job)
    except MissingError as error:
        told = {"project": job.folder, "not built": error.message, "next": error.hint}
        return {"folder": str(job.folder), "built": False, "told": {name: str(text) for name, text in told.items()}}
    told = {"project": job.folder, "image": built.image, "build it again": _make_command(job, built.folder)}
    told = {name: str(text) for name, text in told.items()}
    return {"folder": str(job.folder), "built": True, "told": told, **build_document(built)}


def _make_command(job: Job, folder: Path) -> str:
    """What builds the project by hand."""
    from sktools.build.sdk import ROOT_VARIABLE, sdk_folder

    words = ["make", "-C", str(folder)]
    if job.board.sdk is not None and not os.environ.get(ROOT_VARIABLE):
        words.append(f"{ROOT_VARIABLE}={sdk_folder(job.options.sdk)}")
    return shlex.join(words)


def build_document(built: Build) -> dict[str, Any]:
    """What --json says of a build."""
    sizes = built.sizes()
    return {
        "model": built.model.name,
        "board": built.board,
        "engine": built.engine,
        "optimize": built.model.optimize,
        "folder": str(built.folder),
        "image": str(built.image),
        "compiler": built.compiler,
        "flags": list(built.flags),
        "flash_bytes": sizes.flash_bytes,
        "ram_bytes": sizes.ram_bytes,
        "arena_bytes": built.model.plan.written_bytes,
        "arena_lower_bound": built.model.plan.lower_bound,
        "model_bytes": built.model.model_bytes,
        "notes": list(built.model.notes),
    }
