"""sktools tune: measures the kernels that could compute a model, and keeps what it found for the compiler."""

from __future__ import annotations

import json
from pathlib import Path

import click

from sktools.cli.console import console
from sktools.cli.options import machine_readable, talk


@click.command(short_help="measure every kernel that could compute a model's layers")
@click.argument("models", nargs=-1, required=True, metavar="MODEL...")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.json",
    help="Write the table here.  [default: the user's cache, which builds then read]",
)
@machine_readable
@talk
def command(models: tuple[str, ...], output: Path | None) -> None:
    """Build MODEL once with each kernel variant, run a frame of each on the virtual board, and keep the cycles.

    The compiler picks by these measurements; shapes of the zoo are measured already and ship with sktools.
    """
    from sktools.boards.board import load_board
    from sktools.build.cache import user_costs
    from sktools.cli.files import write_text
    from sktools.partial import check_file_writable
    from sktools.profiling.tuning import tune
    from sktools.zoo import resolve

    target = output or user_costs()
    board = load_board("virtual")
    costs = _known(target)
    check_file_writable(target)
    for model in models:
        found = resolve(model)
        if found.alias_note:
            console.warning(found.alias_note)
        console.info(f"tuning {found.name}")
        costs |= tune(
            found.tflite.read_bytes(),
            board,
            lambda done, new: console.info(f"  round {done}: {new} calls measured for the first time"),
        )
    write_text(target, json.dumps(dict(sorted(costs.items())), indent=1) + "\n")
    console.document(costs)
    if not console.as_json:
        console.result(f"{len(costs)} kernel calls measured: {target}")


def _known(table: Path) -> dict[str, int]:
    """What a table holds that is written to again. Raises DataError where it is something else."""
    from sktools.compiler.costs import read_costs
    from sktools.errors import DataError

    try:
        return read_costs(table.read_text(encoding="utf-8")) if table.is_file() else {}
    except ValueError as error:
        raise DataError(
            f"{table}: is no table of kernel costs ({error})", "remove it, or --output FILE.json"
        ) from error
