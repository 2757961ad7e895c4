"""sktools size: RAM and flash of a model's image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sktools.cli.console import console
from sktools.cli.options import (
    BoardChoice,
    Connection,
    Image,
    connection,
    image,
    machine_readable,
    model_argument,
    place,
    talk,
)

if TYPE_CHECKING:
    from rich.table import Table

    from sktools.build.build import Build
    from sktools.compiler.compiled import Buffer

SYMBOLS_SHOWN = 20
PLAN_WIDTH = 48


@click.command(short_help="RAM and flash of a model: arena plan, sections, symbols")
@model_argument
@place
@connection
@image
@machine_readable
@talk
def command(model: str, place: BoardChoice, connection: Connection, image: Image) -> None:
    """Build MODEL and tell where its bytes are: sections, layers, kernels, symbols, and the arena over time."""
    from sktools.build.footprint import flash_shares
    from sktools.cli.build_fw import build_document
    from sktools.cli.job import run_options
    from sktools.cli.run_view import RunView
    from sktools.pipeline.stage import carry_out
    from sktools.pipeline.stages import BUILD

    with RunView() as view:
        built = carry_out(BUILD, run_options(model, place, image, connection), view.update).build
    sizes = built.sizes()
    plan = built.model.plan
    console.document(
        {
            **build_document(built),
            "sections": [vars(section) for section in sizes.sections],
            "symbols": [vars(symbol) for symbol in sizes.symbols],
            "flash": [vars(share) for share in flash_shares(built.model, sizes)],
            "plan": [vars(buffer) for buffer in plan.buffers],
        }
    )
    if console.as_json:
        return
    console.result("sections of the image, bytes")
    console.render(_sections(built))
    console.result("flash by layer's weights, kernel and the rest, bytes")
    console.render(_shares(built))
    console.result(f"largest symbols, bytes (of {len(sizes.symbols)})")
    console.render(_symbols(built))
    console.result(f"arena, {plan.arena_bytes:,} bytes (lower bound {plan.lower_bound:,}); steps run to the right")
    console.render(_plan(built))


def _table(*columns: tuple[str, str]) -> Table:
    from rich.table import Table

    table = Table()
    for name, justify in columns:
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    return table


def _sections(built: Build) -> Table:
    sizes = built.sizes()
    table = _table(("section", "left"), ("flash", "right"), ("RAM", "right"))
    for section in sizes.sections:
        table.add_row(section.name, f"{section.flash_bytes:,}", f"{section.ram_bytes:,}")
    table.add_section()
    table.add_row("total", f"{sizes.flash_bytes:,}", f"{sizes.ram_bytes:,}", style="bold")
    return table


def _shares(built: Build) -> Table:
    from sktools.build.footprint import flash_shares

    sizes = built.sizes()
    table = _table(("part", "left"), ("of", "left"), ("bytes", "right"), ("share", "right"))
    kind = ""
    for share in flash_shares(built.model, sizes):
        if kind and share.kind != kind:
            table.add_section()
        kind = share.kind
        table.add_row(share.kind, share.name, f"{share.bytes:,}", f"{100 * share.bytes / sizes.flash_bytes:.1f} %")
    return table


def _symbols(built: Build) -> Table:
    table = _table(("symbol", "left"), ("kind", "left"), ("section", "left"), ("bytes", "right"))
    largest = sorted(built.sizes().symbols, key=lambda symbol: (-symbol.bytes, symbol.name))
    for symbol in largest[:SYMBOLS_SHOWN]:
        table.add_row(symbol.name, symbol.kind, symbol.section, f"{symbol.bytes:,}")
    return table


def _plan(built: Build) -> Table:
    steps = built.model.step_count
    table = _table(("buffer", "left"), ("offset", "right"), ("size", "right"), ("live", "left"))
    table.columns[-1].no_wrap = True
    table.columns[-1].min_width = PLAN_WIDTH
    for buffer in built.model.plan.buffers:
        table.add_row(buffer.name, f"{buffer.offset:,}", f"{buffer.size:,}", _life(buffer, steps))
    return table


def _life(buffer: Buffer, steps: int) -> str:
    left = buffer.first_step * PLAN_WIDTH // max(steps, 1)
    right = max(left + 1, (buffer.last_step + 1) * PLAN_WIDTH // max(steps, 1))
    return "·" * left + "█" * (right - left) + "·" * (PLAN_WIDTH - right)
