"""sktools flash: the image onto the board."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sktools.cli.console import console
from sktools.cli.options import Connection, Image, Place, connection, examples, machine_readable, place, talk
from sktools.errors import UsageError

if TYPE_CHECKING:
    from sktools.boards.board import Board
    from sktools.build.build import Build
    from sktools.cli.job import Job


@click.command(
    short_help="put the image onto the board",
    epilog=examples(
        "sktools flash ss-2 --board apollo4p_evb",
        "sktools flash ss-2 --board apollo4p_evb --dry-run",
        "sktools flash --image any.bin --board apollo4p_evb --probe 1160002134",
    ),
)
@click.argument("model", required=False)
@click.option("--image", type=click.Path(path_type=Path), metavar="FILE", help="Any raw image, in place of MODEL's.")
@click.option("--dry-run", is_flag=True, help="Only show what would be run.")
@click.option("--model-name", metavar="NAME", help="As given to build-fw.  [default: the model's]")
@place
@connection
@machine_readable
@talk
def command(
    model: str | None,
    image: Path | None,
    dry_run: bool,
    model_name: str | None,
    place: Place,
    connection: Connection,
) -> None:
    """Flash what build-fw made of MODEL, or any raw image, and have it verified and started.

    The virtual board only checks the image: profile boots it.
    """
    from sktools.boards.configure import ImageOptions
    from sktools.build.build import load_build
    from sktools.cli.job import find_board, find_job, naming

    if (model is None) == (image is None):
        raise click.UsageError("name a MODEL or an --image, one of them")
    if image is not None:
        board = find_board(place.board, ImageOptions(), connection)
        told = _flash_file(board, image, dry_run)
    else:
        job = find_job(str(model), place, Image(model_name=model_name), connection)
        board = job.board
        with naming(job):
            build = load_build(job.folder)
            told = _plan(job.board, build.binary) if dry_run else flash(job, build)
    console.document({"board": board.name, "done": told, "dry_run": dry_run})
    console.result(told)


def flash(job: Job, build: Build) -> str:
    """Flashes a build and tells what was done. Raises UsageError where the build is of another model."""
    from sktools.boards.driver import driver_for

    if build.model.sha256 != job.model.sha256:
        raise UsageError(
            f"{build.folder} was built from model {build.model.sha256[:12]}, asked for {job.model.sha256[:12]}",
            "sktools build-fw MODEL",
        )
    if job.board.jlink is not None:
        console.info(f"flashing {build.binary} through J-Link; its verification takes a while")
    told = driver_for(job.board).flash(build)
    console.event("flashed", board=job.board.name, done=told)
    return told


def _flash_file(board: Board, image: Path, dry_run: bool) -> str:
    from sktools.boards.jlink import JLinkDriver

    if board.jlink is None:
        raise UsageError(f"board {board.name} takes no raw image", "--board apollo4p_evb; sktools list boards")
    return _plan(board, image) if dry_run else JLinkDriver(board).flash_image(image)


def _plan(board: Board, image: Path | None) -> str:
    from sktools.boards.jlink import JLinkDriver

    if board.jlink is None or image is None:
        return f"nothing is run to flash {board.name}: profile boots the image"
    return str(JLinkDriver(board).flash_plan(image))
