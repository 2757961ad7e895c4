"""The programs that turn a firmware project into an image: the C compiler and make."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from sktools.build.target import Target
from sktools.errors import BuildError, MissingError

_TIMEOUT_S = 600
FOREIGN_VARIABLES = frozenset(
    (
        *("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "GNUMAKEFLAGS", "MAKEFILES"),
        *("CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH", "OBJC_INCLUDE_PATH", "LIBRARY_PATH"),
        *("COMPILER_PATH", "GCC_EXEC_PREFIX", "DEPENDENCIES_OUTPUT", "SUNPRO_DEPENDENCIES"),
    )
)
"""What a shell may hold for its own make or its host's compiler. GCC's cross compiler obeys the same names, so each
would change the image or break the build."""


def require_tools(target: Target) -> None:
    """Raises MissingError where the target's compiler or make is not installed."""
    for program, install in ((target.compiler, target.install), ("make", "sudo apt-get install make")):
        require_program(program, target.board, install)


def require_program(program: str, board: str, install: str) -> None:
    """Raises MissingError where a program that a board's build needs is not on PATH."""
    if shutil.which(program) is None:
        raise MissingError(f"building for {board} needs {program}, which is not installed", install)


@functools.cache
def compiler_version(compiler: str) -> str:
    """First line of the compiler's --version.

    Raises MissingError where it does not run.
    """
    try:
        done = subprocess.run([compiler, "--version"], capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise MissingError(f"{compiler} does not run: {error}") from error
    return done.stdout.splitlines()[0] if done.stdout else compiler


def run_make(
    folder: Path, jobs: int = 2, arguments: Sequence[str] = (), environment: Mapping[str, str] | None = None
) -> None:
    """Runs make in a folder. environment: default this process's, without what an outer make left in it.

    Raises BuildError with the compiler's first error line where it fails.
    """
    given = os.environ if environment is None else environment
    kept = {key: value for key, value in given.items() if key not in FOREIGN_VARIABLES}
    try:
        done = subprocess.run(
            ["make", "--no-print-directory", f"-j{jobs}", *arguments],
            cwd=folder, env=kept, capture_output=True, text=True, errors="replace", timeout=_TIMEOUT_S, check=False,
        )  # fmt: skip
    except FileNotFoundError as error:
        raise MissingError("building needs make, which is not installed", "sudo apt-get install make") from error
    except subprocess.TimeoutExpired as error:
        raise BuildError(f"make did not end within {_TIMEOUT_S} s") from error
    if done.returncode != 0:
        output = done.stdout + done.stderr
        raise BuildError(
            f"the firmware does not build: {_first_error(output)}",
            "the same command with -vv shows all that make said",
        ) from _MakeError(output)


class _MakeError(Exception):
    """All that make said; -vv shows it as the cause."""


def _first_error(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    lines = [line for line in lines if not line.startswith("collect2:")] or lines  # says only that the linker failed
    for marker in ("error:", "will not fit", "overflowed", "undefined reference", "***"):
        for line in lines:
            if marker in line:
                return line
    return lines[-1] if lines else "make said nothing"
