"""sktools run: build-fw, flash, profile and report in one."""

from __future__ import annotations

import click

from sktools.cli.console import console
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
    short_help="build, flash, profile and report a model: the whole way in one command",
    epilog=examples(
        "sktools run ss-2",
        "sktools run ss-2 --board apollo4p_evb",
        "sktools run mine.tflite --board apollo4p_evb --engine tflm --inputs frames.npy",
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
    """Take MODEL the whole way: build its firmware, flash it, measure it, and write the report.

    Exit code 3 when a byte differs from the reference kernels.
    """
    from sktools.cli.flash import flash
    from sktools.cli.job import build, find_job, naming
    from sktools.cli.measure import find_meter, measure_and_report, settle

    job = find_job(model, place, image, connection)
    meter = find_meter(job, joulescope)
    choice = settle(job, choice, results)
    with naming(job):
        built = build(job)
        console.info(flash(job, built))
        measure_and_report(job, built, choice, connection, results, meter)
