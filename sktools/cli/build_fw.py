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
    BoardChoice,
    Connection,
    Image,
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
    from sktools.pipeline.options import RunOptions
    from sktools.pipeline.stage import Work


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
def command(model: str, output: Path | None, place: BoardChoice, connection: Connection, image: Image) -> None:
    """Compile MODEL to C, render a firmware project that builds with make, and build it.

    Before, the C runs on this machine and is compared with the reference kernels at every layer: exit code 3 and no
    image if a byte differs. Without a host compiler or a reference the image is built, and said to be not verified.

    Without --board, builds for the virtual board and also writes the Apollo4 Plus project; that one is compiled only if
    its SDK is found. With --board apollo4p_evb and no SDK, the project is written and the exit code is 4.
    """
    from sktools.cli.job import naming, run_options
    from sktools.cli.run_view import RunView
    from sktools.pipeline.stage import carry_out
    from sktools.pipeline.stages import BUILD_FW

    options = run_options(model, place, image, connection, build_folder=output)
    with naming(options), RunView() as view:
        work = carry_out(BUILD_FW, options, view.update)
    built = work.build
    assert work.verification is not None
    document = {**build_document(built), **work.verification.document()}
    if settings.choose("board", place.board).source == "default" and output is None:
        document["also"] = _also(dataclasses.replace(options, board=settings.EVB))
    console.document(document)
    for note in built.model.notes:
        console.info(f"note: {note}")
    sizes = f"{document['flash_bytes']:,} B flash, {document['ram_bytes']:,} B RAM, arena {document['arena_bytes']:,} B"
    lines = {
        "project": built.folder,
        "image": built.image,
        "sizes": sizes,
        "verified": work.verification.line,
        **({"stager": "in the image: samples in, a stage per epoch out (sktools live)"} if document["stager"] else {}),
        "build it again": _make_command(work),
    }
    console.result(summary(lines))
    if "also" in document:
        console.result(f"\n{settings.EVB}\n{summary(document['also']['told'])}")


def _also(options: RunOptions) -> dict[str, Any]:
    """The Apollo4 Plus project. Without its SDK the project is written, and the document says what is missing."""
    from sktools.cli.run_view import RunView
    from sktools.pipeline.stage import Work, go_through
    from sktools.pipeline.stages import BUILD_FW

    with RunView() as view:
        work = Work(options, view.update)
        try:
            go_through(BUILD_FW, work)
        except MissingError as error:
            told = {"project": str(work.folder), "not built": error.message, "next": error.hint}
            return {"folder": str(work.folder), "built": False, "told": told}
    told = {"project": str(work.folder), "image": str(work.build.image), "build it again": _make_command(work)}
    assert work.verification is not None
    verified = work.verification.document()
    return {"folder": str(work.folder), "built": True, "told": told, **build_document(work.build), **verified}


def _make_command(work: Work) -> str:
    """What builds the project by hand."""
    from sktools.build.sdk import ROOT_VARIABLE, sdk_folder

    words = ["make", "-C", str(work.folder)]
    if work.board.sdk is not None and not os.environ.get(ROOT_VARIABLE):
        words.append(f"{ROOT_VARIABLE}={sdk_folder(work.options.sdk)}")
    return shlex.join(words)


def build_document(built: Build) -> dict[str, Any]:
    """What --json says of a build."""
    from sktools.build.project import has_stager

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
        "stager": has_stager(built.model),
        "notes": list(built.model.notes),
    }
