"""sktools flash: the image onto the board."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sktools.cli.console import console
from sktools.cli.options import board_choice, machine_readable, talk

if TYPE_CHECKING:
    from sktools.build.build import Build
    from sktools.cli.job import Job


@click.command(short_help="put the image onto the board")
@click.argument("model")
@board_choice
@machine_readable
@talk
def command(model: str, board: str | None, engine: str | None) -> None:
    """Flash what build-fw made of MODEL. The virtual board only checks the image: profile boots it."""
    from sktools.build.build import load_build
    from sktools.cli.job import find_job

    job = find_job(model, board, engine)
    told = flash(job, load_build(job.folder))
    console.document({"board": job.board.name, "done": told})
    console.result(told)


def flash(job: Job, build: Build) -> str:
    """Flashes a build and tells what was done. Raises UsageError where the build is of another model."""
    from sktools.boards.driver import driver_for
    from sktools.errors import UsageError

    if build.model.sha256 != job.model.sha256:
        raise UsageError(
            f"{build.folder} was built from model {build.model.sha256[:12]}, asked for {job.model.sha256[:12]}",
            f"sktools build-fw {job.model.name} --board {job.board.name}",
        )
    told = driver_for(job.board).flash(build)
    console.event("flashed", board=job.board.name, done=told)
    return told
