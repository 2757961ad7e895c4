"""sktools profile: a model on a board, layer by layer."""

from __future__ import annotations

from pathlib import Path

import click

from sktools.cli.options import board_choice, compilation, connection, machine_readable, measuring, recordings, talk


@click.command(short_help="measure a model on a board, layer by layer, against the reference")
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
    """Run frames through MODEL on a board and compare every layer with the reference kernels.

    The board must hold the image that build-fw makes of MODEL; run flashes it first. Exit code 3 when a byte differs.
    """
    from sktools.cli.job import build, find_job
    from sktools.cli.measure import Frames, measure_and_report

    job = find_job(model, board, engine, optimize)
    choice = Frames(dataset, data, subjects, frames, include_training, inputs)
    measure_and_report(job, build(job), choice, port, baud, save_outputs, output)
