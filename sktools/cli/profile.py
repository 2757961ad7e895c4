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
    examples,
    image,
    machine_readable,
    model_argument,
    place,
    power,
    recordings,
    results,
    talk,
)


@click.command(
    short_help="measure a model on a board, layer by layer, against the reference",
    epilog=examples(
        "sktools profile ss-2 --subjects syn-001",
        "sktools profile ss-2 --board apollo4p_evb --port /dev/ttyACM0 --frames 12",
        "sktools profile mine.tflite --inputs frames.npy --save-outputs outputs.npy",
    ),
)
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
    from sktools.cli.job import build, find_job, naming
    from sktools.cli.measure import find_meter, measure_and_report, settle

    job = find_job(model, place, image, connection)
    meter = find_meter(job, joulescope)
    choice = settle(job, choice, results)
    with naming(job):
        measure_and_report(job, build(job), choice, connection, results, meter)
