"""sktools doctor: what is installed, and what is missing for a board."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sktools.cli import settings
from sktools.cli.console import console
from sktools.cli.options import examples, machine_readable, talk
from sktools.errors import MissingError, SktoolsError

if TYPE_CHECKING:
    from sktools.boards.board import Board

PACKAGES = {
    "ai-edge-litert": "pip install sktools",
    "tflite-micro": "pip install 'sktools[fc-reference]'",
    "tensorflow": "pip install 'sktools[train]'",
    "physiokit": "pip install 'sktools[train]'",
    "pyEDFlib": "pip install pyEDFlib",
    "joulescope": "pip install 'sktools[joulescope]'",
}
REQUIRED_PACKAGES = ("ai-edge-litert",)
SERIAL = "serial port"


@dataclass(frozen=True)
class Check:
    """One thing that was looked for. found: what was found, '' where nothing. needed: for the board that was named.

    install: the command that gets it. why: what is wrong with what is there, '' where nothing is there.
    """

    name: str
    found: str
    needed: bool
    install: str
    why: str = ""

    @property
    def missing(self) -> bool:
        return self.needed and not self.found


@click.command(
    short_help="what is installed, and what a board still needs",
    epilog=examples(
        "sktools doctor", "sktools doctor --board apollo4p_evb --sdk ~/neuralSPOT", "sktools doctor --json"
    ),
)
@click.option("--board", "--platform", metavar="NAME", help="See sktools list boards.  [default: virtual]")
@click.option(
    "--sdk",
    "--neuralspot-rootdir",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The board's SDK.  [default: NEURALSPOT_ROOT]",
)
@machine_readable
@talk
def command(board: str | None, sdk: Path | None) -> None:
    """Look for every tool, and say how to get what is missing.

    Exit code 4 when something that the board needs is not there.
    """
    from sktools.boards.board import load_board

    chosen = load_board(settings.text("board", board))
    named = settings.optional("sdk", sdk)
    found = [*_tools(chosen), *_virtual(chosen), *_desk(chosen, Path(named) if named else None), *_packages()]
    console.document({"board": chosen.name, "checks": [asdict(check) for check in found]})
    if not console.as_json:
        _show(chosen, found)
    missing = [check for check in found if check.missing]
    if missing:
        names = ", ".join(check.name for check in missing)
        raise MissingError(f"board {chosen.name} needs what is not here: {names}", missing[0].install)


def _show(board: Board, found: list[Check]) -> None:
    from rich.table import Table

    table = Table()
    for name in ("what", "found", f"needed for {board.name}"):
        table.add_column(name, overflow="fold")
    for check in found:
        table.add_row(check.name, check.found or ("MISSING" if check.needed else "-"), "yes" if check.needed else "")
    console.render(table)
    # Below the table, where a command stands in one piece.
    for check in sorted((check for check in found if not check.found), key=lambda check: not check.needed):
        console.result(f"{check.name}: {'needed' if check.needed else 'not needed'}; {check.why or 'not here'}")
        console.result(f"    {check.install}")


def _tools(board: Board) -> list[Check]:
    arm = board.chip.core != "host"
    compiler = "sudo apt-get install gcc-arm-none-eabi libnewlib-arm-none-eabi"
    native = board.driver in ("host", "virtual")
    return [
        Check("arm-none-eabi-gcc", _version("arm-none-eabi-gcc"), arm, compiler),
        Check("newlib", _newlib(), arm, compiler),
        Check("make", _version("make"), True, "sudo apt-get install make"),
        Check("cmake", _version("cmake"), False, "sudo apt-get install cmake"),  # for exported libraries alone
        Check("cc", _version(os.environ.get("CC") or "cc"), native, "sudo apt-get install gcc"),
    ]


def _virtual(board: Board) -> list[Check]:
    from sktools.boards.cycle_model import build_plugin
    from sktools.boards.qemu import find_qemu, qemu_version

    virtual = board.driver == "virtual"
    return [
        _look("QEMU", lambda: qemu_version(find_qemu()), virtual),
        # Without the plugin the board counts instructions alone, so nothing is missing for it.
        _look("cycle model", lambda: build_plugin(find_qemu()).name, False),
    ]


def _desk(board: Board, named: Path | None) -> list[Check]:
    from sktools.boards.board import load_board
    from sktools.boards.jlink_commander import find_commander, list_probes

    desk = board.driver == "jlink"
    return [
        _look("JLinkExe", find_commander, desk),
        _look("J-Link probe", lambda: ", ".join(map(str, list_probes())), desk, "plug the board's J-Link socket in"),
        _look("SDK", lambda: _sdk(board, named), desk),
        _serial(board if desk else load_board(settings.EVB), desk),
    ]


def _serial(board: Board, needed: bool) -> Check:
    """The board's port, by its USB id, and whether this user may open it."""
    from sktools.link.ports import list_ports, matching

    line = board.serial
    everywhere = list_ports()
    ports = matching(everywhere, [(usb.vid, usb.pid) for usb in line.usb if usb.firmware] if line else [])
    allowed = [port.device for port in ports if os.access(port.device, os.R_OK | os.W_OK)]
    if not ports:
        there = ", ".join(port.device for port in everywhere) or "none"
        return Check(
            SERIAL, "", needed, "plug the board's J-Link socket in", f"no port is {board.name}'s; ports: {there}"
        )
    denied = ", ".join(port.device for port in ports if port.device not in allowed)
    return Check(
        SERIAL,
        ", ".join(allowed),
        needed,
        'sudo usermod -a -G dialout "$USER", then log in again',
        f"no permission for {denied}" if denied else "",
    )


def _sdk(board: Board, named: Path | None) -> str:
    from sktools.boards.board import load_board
    from sktools.build.sdk import find_sdk

    sdk = board.sdk or load_board(settings.EVB).sdk
    if sdk is None:
        return ""
    root = find_sdk(sdk, named)
    return f"{sdk.name} {root.version}, AmbiqSuite {root.ambiqsuite} ({root.folder})"


def _packages() -> list[Check]:
    found = [Check("Python", platform.python_version(), True, "")]
    for name, install in PACKAGES.items():
        try:
            version = metadata.version(name)
        except metadata.PackageNotFoundError:
            version = ""
        found.append(Check(name, version, name in REQUIRED_PACKAGES, install))
    return found


def _look(name: str, look: Callable[[], str], needed: bool, install: str = "") -> Check:
    """A check by looking. install: how to get it where looking goes well and finds nothing."""
    try:
        return Check(name, look(), needed, install)
    except SktoolsError as error:
        return Check(name, "", needed, error.hint or install, error.message)


def _version(program: str) -> str:
    """First line of a program's --version, '' where it is not installed."""
    if shutil.which(program) is None:
        return ""
    done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=30, check=False)
    return (done.stdout.splitlines() or [program])[0]


def _newlib() -> str:
    """Where the Arm compiler finds its C library's headers, '' where it has none."""
    if shutil.which("arm-none-eabi-gcc") is None:
        return ""
    done = subprocess.run(
        ["arm-none-eabi-gcc", "-E", "-"],
        input="#include <newlib.h>\n_NEWLIB_VERSION",
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    version = re.findall(r'^\s*"([0-9.]+)"', done.stdout, re.MULTILINE)
    return version[-1] if done.returncode == 0 and version else ""
