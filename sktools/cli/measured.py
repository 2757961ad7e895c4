"""What run and profile share: their options, the run itself, and the result on the console."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sktools.cli.console import console
from sktools.cli.options import (
    BoardChoice,
    Connection,
    FrameChoice,
    Image,
    Results,
    connection,
    image,
    live_frames,
    machine_readable,
    model_argument,
    no_clock,
    place,
    power,
    recordings,
    results,
    talk,
)

if TYPE_CHECKING:
    from sktools.pipeline.stage import Stage
    from sktools.profiling.bundle import Bundle


def measuring(command: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator: every option of a command that measures, in the order of its help."""
    for group in reversed(
        (
            model_argument,
            recordings,
            live_frames,
            no_clock,
            results,
            power,
            place,
            connection,
            image,
            machine_readable,
            talk,
        )
    ):
        command = group(command)
    return command


def measure(
    stages: Sequence[Stage],
    model: str,
    choice: FrameChoice,
    live: bool,
    no_clock: bool,
    results: Results,
    joulescope: bool,
    place: BoardChoice,
    connection: Connection,
    image: Image,
) -> None:
    """Goes through the stages of a run and shows its result, also if a byte differs from the reference.

    Raises ParityError, and what the stages raise.
    """
    from sktools.cli.job import naming, run_options
    from sktools.cli.run_view import RunView
    from sktools.pipeline.measure import ParityError
    from sktools.pipeline.stage import carry_out

    options = run_options(model, place, image, connection, choice, results, joulescope=joulescope)
    options = replace(options, live=live, stage_prior=not no_clock)
    with naming(options):
        try:
            with RunView() as view:
                bundle = carry_out(stages, options, view.update).bundle
        except ParityError as error:
            show(error.bundle)
            raise
    show(bundle)


def show(bundle: Bundle) -> None:
    """A result on stdout."""
    from sktools.reports.terminal import terminal_report

    console.document(bundle.profile.to_json())
    if console.as_json:
        console.info(f"report: {bundle.path / 'report.html'}")
        return
    for part in terminal_report(bundle.profile, bundle.metrics):
        console.render(part)
    console.result(f"report: {bundle.path / 'report.html'}")
