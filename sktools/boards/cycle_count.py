"""Counts what an image executes between its markers: `python -m sktools.boards.cycle_count IMAGE.elf`.

For measuring a kernel alone. The image marks its windows with firmware/runtime/sk_marker.h and ends itself with
firmware/boards/virtual/sk_semihosting.h.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from sktools.boards.cycle_model import StepWindow, build_plugin, plugin_arguments, read_windows
from sktools.boards.qemu import find_qemu, machine_command, start, stop
from sktools.errors import BuildError, LinkError, SktoolsError, UsageError
from sktools.partial import temporary_folder

USAGE = "usage: python -m sktools.boards.cycle_count IMAGE.elf [TIMEOUT_SECONDS]"


@dataclass(frozen=True)
class BenchRun:
    """One run of a bench image.

    windows: one per begin/end marker pair, in the order of execution.
    uart: the bytes the image sent.
    status: its exit status.
    """

    windows: tuple[StepWindow, ...]
    uart: bytes
    status: int


def count_cycles(image: Path, timeout_s: float = 60.0) -> BenchRun:
    """Boots a bench image on the virtual board, waits for its end and returns its windows.

    Raises BuildError where the image is not there, LinkError where it does not end in time, MissingError where QEMU
    or the plugin cannot be had.
    """
    if not image.is_file():
        raise BuildError(f"no image at {image}")
    qemu = find_qemu()
    plugin = build_plugin(qemu)
    with temporary_folder() as folder:
        records, uart, log = folder / "records", folder / "uart", folder / "log"
        extra = [
            *("-serial", f"file:{uart}", "-semihosting-config", "enable=on,target=native"),
            *plugin_arguments(plugin, records),
        ]
        with log.open("wb") as stream:
            process = start(machine_command(qemu, image, extra), stream, subprocess.STDOUT)
            try:
                status = process.wait(timeout_s)
            except subprocess.TimeoutExpired as error:
                raise LinkError(
                    f"{image} did not end within {timeout_s:g} s; it must call sk_semihosting_exit"
                ) from error
            finally:
                stop(process)
        if not records.exists():
            raise LinkError(f"QEMU did not run {image}: {log.read_text(errors='replace').strip()}")
        return BenchRun(read_windows(records.read_bytes()), uart.read_bytes() if uart.exists() else b"", status)


def main(arguments: list[str]) -> int:
    try:
        if len(arguments) not in (1, 2):
            raise UsageError(USAGE)
        run = count_cycles(Path(arguments[0]), float(arguments[1]) if len(arguments) == 2 else 60.0)
    except SktoolsError as error:
        sys.stderr.write(f"error: {error.message}\n")
        return error.exit_code
    sys.stdout.write(run.uart.decode(errors="replace"))
    sys.stdout.write(f"{'window':>6} {'instructions':>14} {'cycles':>14} {'at most':>14}\n")
    for window in run.windows:
        sys.stdout.write(
            f"{window.sequence:>6} {window.instructions:>14,} {window.cycles:>14,} {window.cycles_high:>14,}\n"
        )
    return run.status


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
