"""An exported C library on an emulated Cortex-M4: its self-test, and how much stack a call takes."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from sktools.boards.board import load_board
from sktools.boards.qemu import find_qemu, machine_command, start, stop
from sktools.build.project import render
from sktools.build.shipped import firmware_path
from sktools.build.toolchain import require_program
from sktools.errors import BuildError, LinkError, MissingError
from sktools.partial import temporary_folder

BOARD = "virtual"
_TIMEOUT_S = 120.0
_SEMIHOSTING = ("-serial", "null", "-semihosting-config", "enable=on,target=native")


def stack_of_a_call(folder: Path, name: str) -> int | None:
    """Bytes of stack that one NAME_invoke() takes, of the library in `folder`; None without an emulator.

    Raises BuildError where the library's self-test fails there.
    """
    try:
        qemu = find_qemu()
        target = load_board(BOARD).target
        require_program(target.compiler, BOARD, target.install)
    except MissingError:
        return None
    with temporary_folder() as scratch:
        image, main = scratch / "check.elf", scratch / "main.c"
        main.write_bytes(render("export/stack.c.j2", {"name": name}))
        _link(folder, name, main, image)
        code, said = _run(machine_command(qemu, image, _SEMIHOSTING))
    found = re.search(r"^stack (\d+)$", said, re.MULTILINE)
    if found is None:
        raise BuildError(f"the library {name} ran into a fault on the virtual board", "sktools profile MODEL names it")
    if code != 0:
        raise BuildError(
            f"the library {name} computes something else than the reference on the virtual board",
            "sktools export MODEL --as c-library --optimize none, and report it",
        )
    return int(found[1])


def _link(folder: Path, name: str, main: Path, image: Path) -> None:
    target = load_board(BOARD).target
    board, runtime = firmware_path("boards", "virtual"), firmware_path("runtime")
    done = subprocess.run(
        [
            *(target.compiler, *target.cpu_flags, *target.link_flags, "-std=c99", "-O2"),
            *(f"-I{path}" for path in (folder / "include", folder / "selftest", board, runtime)),
            *("-T", firmware_path(target.linker_script), "-o", image, main, folder / "selftest" / f"{name}_selftest.c"),
            *(board / "startup.c", runtime / "sk_stack.c", f"-L{folder / 'lib'}", f"-l{name}"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise BuildError(f"the library {name} does not link: {done.stderr.strip().splitlines()[0]}")


def _run(command: list[str]) -> tuple[int, str]:
    """Exit code, and what the image said. Raises LinkError where it does not end."""
    process = start(command, subprocess.PIPE, subprocess.STDOUT)
    try:
        said, _ = process.communicate(timeout=_TIMEOUT_S)
    except subprocess.TimeoutExpired as error:
        raise LinkError(f"the library's self-test did not end within {_TIMEOUT_S:g} s in the emulator") from error
    finally:
        stop(process)
    return process.returncode, said.decode(errors="replace").replace("\r", "")
