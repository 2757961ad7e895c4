"""sktools run: build-fw, flash, profile and report in one."""

from __future__ import annotations

from typing import Any

import click

from sktools.cli.measured import measure, measuring
from sktools.cli.options import examples


@click.command(
    short_help="build, flash, profile and report a model: the whole way in one command",
    epilog=examples(
        "sktools run ss-2",
        "sktools run ss-2 --board apollo4p_evb",
        "sktools run mine.tflite --board apollo4p_evb --engine tflm --inputs frames.npy",
    ),
)
@measuring
def command(**asked: Any) -> None:
    """Take MODEL the whole way: build its firmware, flash it, measure it, and write the report.

    Exit code 3 when a byte differs from the reference kernels.
    """
    from sktools.pipeline.stages import RUN

    measure(RUN, **asked)
