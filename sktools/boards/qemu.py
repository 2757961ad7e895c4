"""QEMU as a program: where it is, what it is, and how the virtual board's machine is started."""

from __future__ import annotations

import ctypes
import functools
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from sktools.errors import LinkError, MissingError

MACHINE = "mps2-an386"
"""Arm's AN386 image of the MPS2 board: a Cortex-M4 with FPU at 25 MHz, CMSDK UARTs."""

_PR_SET_PDEATHSIG = 1


def find_qemu() -> Path:
    """The qemu-system-arm on PATH, or the one named by SKTOOLS_QEMU.

    Raises MissingError where there is none.
    """
    named = os.environ.get("SKTOOLS_QEMU")
    found = shutil.which(named or "qemu-system-arm")
    if found is None:
        raise MissingError(
            f"the virtual board needs qemu-system-arm, and {named or 'it'} is not installed",
            "sudo apt-get install qemu-system-arm (macOS: brew install qemu), or use --board host",
        )
    return Path(found)


@functools.cache
def qemu_version(qemu: Path) -> str:
    """First line of `qemu-system-arm --version`.

    Raises MissingError where the program does not run.
    """
    try:
        done = subprocess.run([qemu, "--version"], capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise MissingError(f"{qemu} does not run: {error}", "reinstall qemu-system-arm") from error
    return done.stdout.splitlines()[0] if done.stdout else "unknown"


def machine_command(qemu: Path, image: Path, extra: Sequence[str]) -> list[str]:
    """The command that boots `image` with time derived from the instruction count, so that runs are identical."""
    return [
        str(qemu),
        *("-machine", MACHINE, "-display", "none", "-monitor", "none", "-icount", "shift=0"),
        *extra,
        *("-kernel", str(image)),
    ]


def _die_with_parent() -> Callable[[], None] | None:
    """What the child runs before QEMU: the kernel ends it when we are killed (Linux; elsewhere stop() must)."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    parent = os.getpid()

    def prepare() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # killed before the line above
            os._exit(1)

    return prepare


def start(command: Sequence[str], stdout: int | IO[bytes], stderr: int | IO[bytes]) -> subprocess.Popen[bytes]:
    """Starts QEMU in a process group of its own, so that Ctrl-C on the terminal reaches only us.

    Raises LinkError where it cannot be started.
    """
    try:
        return subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
            preexec_fn=_die_with_parent(),  # prctl and a compare: takes no lock
        )
    except OSError as error:
        raise LinkError(f"cannot start {command[0]}: {error.strerror or error}") from error


def stop(process: subprocess.Popen[bytes], grace_s: float = 2.0) -> None:
    """Ends QEMU and reaps it, whatever state it is in."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(grace_s)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()
