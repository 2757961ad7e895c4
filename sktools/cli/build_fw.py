"""sktools build-fw: a model as a firmware image."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sktools.cli.console import console, summary
from sktools.cli.options import board_choice, compilation, machine_readable, talk

if TYPE_CHECKING:
    from sktools.build.build import Build


@click.command(short_help="compile a model into a firmware image")
@click.argument("model")
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the project.  [default: ./build/<model>/<board>-<engine>]",
)
@board_choice
@compilation
@machine_readable
@talk
def command(model: str, output: Path | None, board: str | None, engine: str | None, optimize: str | None) -> None:
    """Compile MODEL to C, render a firmware project that builds with plain make, and build it."""
    from sktools.cli.job import build, find_job

    built = build(find_job(model, board, engine, optimize, output))
    document = build_document(built)
    console.document(document)
    sizes = f"{document['flash_bytes']:,} B flash, {document['ram_bytes']:,} B RAM, arena {document['arena_bytes']:,} B"
    console.result(
        summary(
            {
                "project": built.folder,
                "image": built.image,
                "sizes": sizes,
                "build it again": f"make -C {built.folder}",
            }
        )
    )


def build_document(built: Build) -> dict[str, Any]:
    """What --json says of a build."""
    sizes = built.sizes()
    return {
        "model": built.model.name,
        "board": built.board,
        "engine": built.engine,
        "optimize": built.model.optimize,
        "folder": str(built.folder),
        "image": str(built.image),
        "compiler": built.compiler,
        "flags": list(built.flags),
        "flash_bytes": sizes.flash_bytes,
        "ram_bytes": sizes.ram_bytes,
        "arena_bytes": built.model.plan.arena_bytes,
        "arena_lower_bound": built.model.plan.lower_bound,
        "model_bytes": built.model.model_bytes,
    }
