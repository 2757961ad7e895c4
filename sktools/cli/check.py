"""sktools check: whether a model would be accepted, and with which kernels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sktools.cli.console import console, summary
from sktools.cli.options import BoardChoice, Image, examples, image, machine_readable, model_argument, place, talk
from sktools.errors import ModelError

if TYPE_CHECKING:
    from rich.table import Table

    from sktools.pipeline.check import Check


@click.command(
    short_help="whether a model is supported, with which kernels",
    epilog=examples("sktools check mine.tflite", "sktools check mine.tflite --board apollo4p_evb --json"),
)
@model_argument
@place
@image
@machine_readable
@talk
def command(model: str, place: BoardChoice, image: Image) -> None:
    """Check whether MODEL can be compiled for a board, without compiling any C.

    Goes through the compiler's own steps: reading, checks, choice of kernels, memory plan. Exit code 0 if build-fw
    would compile MODEL, else 1 with the layer, the reason and what to change. Sizes are those of constants and
    activations alone: code and runtime come on top. Cycles are the virtual board's, for shapes that were measured.
    """
    from sktools.build.cache import user_costs
    from sktools.cli.job import run_options
    from sktools.cli.run_view import RunView
    from sktools.compiler.costs import known_costs
    from sktools.pipeline.check import check_model
    from sktools.pipeline.image import optimize_level
    from sktools.pipeline.stage import carry_out
    from sktools.pipeline.stages import only

    with RunView() as view:
        work = carry_out(only("model", "board"), run_options(model, place, image), view.update)
    content = work.model.tflite.read_bytes()
    found = check_model(content, work.board, optimize_level(work), known_costs(user_costs()))
    console.document({"model": work.model.name, "board": work.board.name, **found.document()})
    if not found.accepted:
        raise ModelError(found.error, found.hint)
    if console.as_json:
        return
    console.render(_layers(found))
    for note in found.notes:
        console.info(f"note: {note}")
    cycles = f"{found.cycles:,}" if found.cycles is not None else f"{found.unmeasured} steps were never measured"
    lines = {
        "accepted": f"for {work.board.name}",
        "MACs": f"{found.macs:,}",
        "model cycles": cycles,
        "arena": f"{found.arena_bytes:,} B",
        "RAM at least": f"{found.ram_bytes:,} B",
        "flash at least": f"{found.flash_bytes:,} B",
    }
    console.result(summary(lines))


def _layers(found: Check) -> Table:
    from rich.table import Table

    table = Table()
    for name, justify in (("layer", "left"), ("operator", "left"), ("kernel", "left"), ("MACs", "right")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    table.add_column("cycles", justify="right")
    for layer in found.layers:
        cycles = f"{layer.cycles:,}" if layer.cycles is not None else ""
        table.add_row(layer.name, layer.op, layer.kernel, f"{layer.macs:,}", cycles)
    return table
