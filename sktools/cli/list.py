"""sktools list: what there is to choose from."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from sktools.cli.console import console, summary
from sktools.cli.options import machine_readable, talk

if TYPE_CHECKING:
    from sktools.boards.board import Board
    from sktools.link.ports import Port


@click.group(short_help="boards, ports, probes, models, data sets")
def command() -> None:
    """What there is to choose from."""


@command.command("boards")
@machine_readable
@talk
def boards() -> None:
    """Every board that is described, with the clocks and memories that --clock and --arena-location may name."""
    from sktools.boards.board import board_names, load_board

    found = [load_board(name) for name in board_names()]
    console.document(
        [
            {
                "name": board.name,
                "title": board.title,
                "chip": board.chip.name,
                "clocks_hz": list(board.clocks_hz),
                "sdk": board.sdk.name if board.sdk else None,
                "memory": [asdict(region) for region in board.memory],
            }
            for board in found
        ]
    )
    console.result("\n".join(f"{board.name}\n{_choices(board)}" for board in found))


def _choices(board: Board) -> str:
    """What a board is, and what its options may name; the first of each is the default."""
    lines = {"  title": board.title, "  chip": board.chip.name}
    if board.clocks_hz:
        lines["  --clock"] = ", ".join(f"{hertz // 1_000_000}" for hertz in board.clocks_hz)
    if board.sdk is not None:  # elsewhere the linker script decides
        for option, content in (("  --arena-location", "arena"), ("  --model-location", "model")):
            lines[option] = ", ".join(region.name for region in board.memory if content in region.holds)
        lines["  built with"] = f"{board.sdk.name}, AmbiqSuite {' or '.join(board.sdk.ambiqsuite)}"
    return summary(lines)


@command.command("ports")
@machine_readable
@talk
def ports() -> None:
    """Serial ports of this machine, and which of them belong to a board."""
    from sktools.link.ports import list_ports

    found = {port: _adapter(port) for port in list_ports()}
    console.document([{**asdict(port), "adapter": adapter} for port, adapter in found.items()])
    lines = [f"{port}: {adapter}" if adapter else str(port) for port, adapter in found.items()]
    console.result("\n".join(lines) or "no serial port on this machine")


def _adapter(port: Port) -> str:
    """What a port is by its USB id, as far as the boards know it."""
    from sktools.boards.board import board_names, load_board
    from sktools.link.ports import matching

    for board in map(load_board, board_names()):
        for usb in board.serial.usb if board.serial else ():
            if matching([port], [(usb.vid, usb.pid)]):
                return usb.name if usb.firmware else f"{usb.name}; the firmware does not talk there"
    return ""


@command.command("probes")
@machine_readable
@talk
def probes() -> None:
    """J-Links on USB, by serial number."""
    from sktools.boards.jlink_commander import list_probes

    found = list_probes()
    console.document([asdict(probe) for probe in found])
    console.result("\n".join(map(str, found)) or "no J-Link on USB")


@command.command("models")
@machine_readable
@talk
def models() -> None:
    """Every model of ./models and of the zoo; sktools zoo list tells more."""
    from sktools.zoo import entries

    found = entries()
    console.document([{"name": entry.name, "trained": entry.trained, "origin": entry.origin} for entry in found])
    console.result(summary({entry.name: "trained" if entry.trained else "not trained" for entry in found}))


@command.command("datasets")
@machine_readable
@talk
def datasets() -> None:
    """Every data set that can be read."""
    from sktools.datasets.registry import readers

    found = readers()
    console.document(
        [
            {
                "name": name,
                "title": reader.title,
                "needs_folder": reader.needs_folder,
                "attribution": reader.attribution,
            }
            for name, reader in found.items()
        ]
    )
    console.result(
        summary(
            {name: reader.title + (" (--data DIR)" if reader.needs_folder else "") for name, reader in found.items()}
        )
    )
