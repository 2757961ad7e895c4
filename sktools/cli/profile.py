"""sktools profile: a model on a board, layer by layer."""

from __future__ import annotations

from typing import Any

import click

from sktools.cli.measured import measure, measuring
from sktools.cli.options import examples


@click.command(
    short_help="measure a model on a board, layer by layer, against the reference",
    epilog=examples(
        "sktools profile ss-2 --subjects syn-001",
        "sktools profile ss-2 --board apollo4p_evb --port /dev/ttyACM0 --frames 12",
        "sktools profile mine.tflite --inputs frames.npy --save-outputs outputs.npy",
    ),
)
@measuring
def command(**asked: Any) -> None:
    """Run frames through MODEL on a board and compare every layer with the reference kernels.

    The board must hold the image that build-fw makes of MODEL; run flashes it first. Exit code 3 when a byte differs.
    """
    from sktools.pipeline.stages import PROFILE

    measure(PROFILE, **asked)
