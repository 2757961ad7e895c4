"""sktools profile: a model on a board, layer by layer."""

from __future__ import annotations

import click

from sktools.cli.options import (
    Connection,
    Frames,
    Image,
    Place,
    Results,
    connection,
    image,
    machine_readable,
    model_argument,
    place,
    power,
    recordings,
    results,
    talk,
)


@click.command(short_help="measure a model on a board, layer by layer, against the reference")
@model_argument
@recordings
@results
@power
@place
@connection
@image
@machine_readable
@talk
def command(
    model: str,
    choice: Frames,
    results: Results,
    joulescope: bool,
    place: Place,
    connection: Connection,
    image: Image,
) -> None:
    """Run frames through MODEL on a board and compare every layer with the reference kernels.

    The board must hold the image that build-fw makes of MODEL; run flashes it first. Exit code 3 when a byte differs.
    """
    from sktools.cli.job import build, find_job
    from sktools.cli.measure import measure_and_report

    job = find_job(model, place, image, connection)
    measure_and_report(job, build(job), choice, connection, results, joulescope)
