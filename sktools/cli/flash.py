"""sktools flash: the image onto the board."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sktools.cli.console import console
from sktools.cli.options import BoardChoice, Connection, Image, connection, examples, machine_readable, place, talk
from sktools.errors import UsageError

if TYPE_CHECKING:
    from sktools.boards.board import Board


@click.command(
    short_help="put the image onto the board",
    epilog=examples(
        "sktools flash ss-2 --board apollo4p_evb",
        "sktools flash ss-2 --board apollo4p_evb --dry-run",
        "sktools flash --image any.bin --board apollo4p_evb --probe 1160002134",
    ),
)
@click.argument("model", required=False)
@click.option(
    "--image",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Any raw, ELF, HEX or S-record image, in place of MODEL's.",
)
@click.option("--dry-run", is_flag=True, help="Only show what would be run.")
@click.option("--force", is_flag=True, help="Flash an --image although its first words do not fit the board.")
@click.option("--model-name", metavar="NAME", help="As given to build-fw.  [default: the model's]")
@place
@connection
@machine_readable
@talk
def command(
    model: str | None,
    image: Path | None,
    dry_run: bool,
    force: bool,
    model_name: str | None,
    place: BoardChoice,
    connection: Connection,
) -> None:
    """Flash what build-fw made of MODEL, or any image, and have it verified and started.

    An image whose first two words (stack pointer and reset handler) do not fit the board is refused before the probe is
    touched. The virtual board only checks the image: profile boots it.
    """
    from sktools.boards.configure import ImageOptions
    from sktools.cli.job import naming, run_options
    from sktools.cli.run_view import RunView
    from sktools.pipeline.door import configured_board
    from sktools.pipeline.stage import carry_out
    from sktools.pipeline.stages import FIND_BUILD, FLASH

    if (model is None) == (image is None):
        raise click.UsageError("name a MODEL or an --image, one of them")
    if force and image is None:
        raise click.UsageError("--force belongs to --image")
    options = run_options(str(model), place, Image(model_name=model_name), connection)
    if image is not None:
        board = configured_board(options.board, ImageOptions(), options.probe)
        told = _flash_file(board, image, dry_run, force)
    else:
        with naming(options), RunView() as view:
            work = carry_out(FIND_BUILD if dry_run else FLASH, options, view.update)
        board = work.board
        told = _plan(board, work.build.binary) if dry_run else work.flash_line
    console.document({"board": board.name, "done": told, "dry_run": dry_run})
    console.result(told)


def _flash_file(board: Board, image: Path, dry_run: bool, force: bool) -> str:
    from sktools.boards.jlink import JLinkDriver

    if board.jlink is None:
        raise UsageError(f"board {board.name} does not accept a raw image", "--board apollo4p_evb; sktools list boards")
    return _plan(board, image) if dry_run else JLinkDriver(board).flash_image(image, force=force)


def _plan(board: Board, image: Path | None) -> str:
    from sktools.boards.jlink import JLinkDriver

    if board.jlink is None or image is None:
        return f"nothing is run to flash {board.name}: profile boots the image"
    return str(JLinkDriver(board).flash_plan(image))
