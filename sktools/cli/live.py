"""sktools live: nights replayed into the stager of a board."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from sktools.cli.options import (
    BoardChoice,
    Connection,
    FrameChoice,
    Image,
    Results,
    connection,
    examples,
    image,
    machine_readable,
    model_argument,
    place,
    recordings,
    results,
    talk,
)
from sktools.errors import UsageError

if TYPE_CHECKING:
    from sktools.profiling.live_night import Drop

_DROP = re.compile(r"([a-z_]+)@(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)")
SENSORS = {
    "heart_rate": "heart_rate",
    "counts": "activity_counts",
    "activity_counts": "activity_counts",
    "ppg": "ppg",
    "acceleration": "acceleration",
}
"""What --drop names, and the signal of a recording that it is."""


@click.command(
    short_help="replay nights into a board's stager and draw its stages as they come",
    epilog=examples(
        "sktools live MODEL --dataset sleep-accel --data DIR --subjects 1360686",
        "sktools live MODEL --dataset sleep-accel --data DIR --board host --what-if",
        "sktools live MODEL --dataset sleep-accel --data DIR --late-start 60 --drop heart_rate@120-150",
    ),
)
@model_argument
@recordings
@click.option(
    "--late-start",
    type=click.FloatRange(min=0, max=720),
    default=0.0,
    metavar="MINUTES",
    help="Put the watch on this long after the recording begins.",
)
@click.option(
    "--drop",
    "drops",
    multiple=True,
    metavar="SENSOR@FROM-TO",
    help="Leave heart_rate, counts, ppg or acceleration out between two minutes of the recording. May be repeated.",
)
@click.option("--no-clock", is_flag=True, help="Do not say when the person went to bed.")
@click.option(
    "--what-if", is_flag=True, help="Score on the host, too, a watch put on an hour late and one without the time."
)
@results
@place
@connection
@image
@machine_readable
@talk
def command(
    model: str,
    choice: FrameChoice,
    late_start: float,
    drops: tuple[str, ...],
    no_clock: bool,
    what_if: bool,
    results: Results,
    place: BoardChoice,
    connection: Connection,
    image: Image,
) -> None:
    """Give the samples of whole nights to the stager of a board that runs MODEL, faster than real time.

    MODEL must have a live feature set. The board computes features and stages epoch by epoch; the host computes the
    same from the same samples. Both are scored, and the cycles of each part are counted. Exit code 3 when a byte of
    the network's answers differs from the reference kernels.
    """
    from sktools.cli.job import naming, run_options
    from sktools.cli.measured import show
    from sktools.cli.run_view import RunView
    from sktools.pipeline.live import LIVE
    from sktools.pipeline.measure import ParityError
    from sktools.pipeline.stage import carry_out
    from sktools.profiling.live_night import Replay

    unused: dict[str, Any] = {"--inputs": choice.inputs, "--frames": choice.frames, "--hypnogram": results.hypnogram}
    for name, value in {**unused, "--save-outputs": results.save_outputs}.items():
        if value is not None:
            raise UsageError(f"sktools live replays whole nights; it has no {name}", "sktools profile MODEL")
    how = Replay(late_start, tuple(_drop(text) for text in drops), not no_clock)
    options = run_options(model, place, image, connection, choice, results, replay=how, what_if=what_if)
    with naming(options):
        try:
            with RunView() as view:
                bundle = carry_out(LIVE, options, view.update).bundle
        except ParityError as error:
            show(error.bundle)
            raise
    show(bundle)


def _drop(text: str) -> Drop:
    """SENSOR@FROM-TO. Raises UsageError for anything else."""
    from sktools.profiling.live_night import Drop
    from sktools.strict_yaml import suggest

    found = _DROP.fullmatch(text)
    if found is None or float(found[2]) >= float(found[3]):
        raise UsageError(f"--drop {text}: expected SENSOR@FROM-TO in minutes", "--drop heart_rate@120-150")
    if found[1] not in SENSORS:
        raise UsageError(f"--drop {text}: no sensor '{found[1]}'; {suggest(found[1], SENSORS)}")
    return Drop(SENSORS[found[1]], float(found[2]), float(found[3]))
