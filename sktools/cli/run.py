"""sktools run: build-fw, flash, profile and report in one."""

from __future__ import annotations

from pathlib import Path

import click

from sktools.cli.console import console
from sktools.cli.options import board_choice, compilation, connection, machine_readable, measuring, recordings, talk


@click.command(short_help="build, flash, profile and report a model: the whole way in one command")
@click.argument("model")
@recordings
@measuring
@board_choice
@connection
@compilation
@machine_readable
@talk
def command(
    model: str,
    dataset: str | None,
    data: Path | None,
    subjects: str | None,
    frames: int | None,
    include_training: bool,
    inputs: Path | None,
    save_outputs: Path | None,
    output: Path | None,
    board: str | None,
    engine: str | None,
    port: str | None,
    baud: int | None,
    optimize: str | None,
) -> None:
    """Take MODEL the whole way: build its firmware, flash it, measure it, and write the report.

    Exit code 3 when a byte differs from the reference kernels.
    """
    from sktools.cli.flash import flash
    from sktools.cli.job import build, find_job
    from sktools.cli.measure import Frames, measure_and_report

    job = find_job(model, board, engine, optimize)
    choice = Frames(dataset, data, subjects, frames, include_training, inputs)
    built = build(job)
    console.info(flash(job, built))
    measure_and_report(job, built, choice, port, baud, save_outputs, output)
