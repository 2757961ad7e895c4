"""The virtual board: QEMU's Cortex-M4F machine, its UART a pseudo-terminal, its cycles counted by the plugin."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sktools.boards.board import Board
from sktools.boards.cycle_model import WINDOW_BYTES, StepWindow, build_plugin, plugin_arguments, read_windows
from sktools.boards.driver import Counter, Session, StepCount, driver
from sktools.boards.input_window import InputWindow
from sktools.boards.qemu import find_qemu, machine_command, start, stop
from sktools.build.build import Build
from sktools.build.elf import image_sizes
from sktools.errors import BuildError, LinkError, MissingError
from sktools.link.client import Client, Patience, Run
from sktools.link.transport import SerialTransport
from sktools.partial import temporary_folder

_START_S, _POLL_S = 20.0, 0.005
_PATIENCE = Patience(answer_s=2.0, run_s=120.0)
"""The machine may be busy, and an unoptimized model on an emulated CPU takes seconds."""

CYCLE_MODEL = "Cortex-M4 cost table over the instructions that QEMU executed; memory wait states are not modelled"


class VirtualSession(Session):
    """records: where the plugin appends, None where QEMU runs without it and SysTick counts instructions."""

    def __init__(self, client: Client, counter: Counter, port: str, records: Path | None) -> None:
        super().__init__(client, counter, port)
        self._records = records
        self._seen = 0
        self._last: Run | None = None

    def run(self, frame: bytes, *, with_crc: bool = True) -> Run:
        self._last = None
        self._last = self.client.run(frame, with_crc=with_crc, before=self._pass_over)
        return self._last

    def _pass_over(self) -> None:
        """What run_to() and interrupted runs left behind is not of the run that follows."""
        self._seen = self._records.stat().st_size if self._records else 0

    def counts(self) -> tuple[StepCount, ...]:
        if self._last is None:
            return ()
        if self._records is None:
            return tuple(StepCount(step.counter, None) for step in self._last.steps)
        windows = self._read(self._records)
        if len(windows) != len(self._last.steps):
            raise LinkError(
                f"the cycle model saw {len(windows)} steps, the board reports {len(self._last.steps)}", "run it again"
            )
        return tuple(StepCount(window.instructions, window.cycles, window.cycles_high) for window in windows)

    def windows(self) -> tuple[StepCount, ...]:
        if self._records is None:
            return ()
        windows = self._read(self._records)
        self._seen += WINDOW_BYTES * len(windows)
        return tuple(StepCount(window.instructions, window.cycles) for window in windows)

    def _read(self, records: Path) -> tuple[StepWindow, ...]:
        with records.open("rb") as stream:
            stream.seek(self._seen)
            return read_windows(stream.read())


@driver("virtual")
class VirtualDriver:
    """Boots the image anew for each session; nothing keeps running after it."""

    def __init__(self, board: Board) -> None:
        self._board = board

    def flash(self, build: Build) -> str:
        """Checks that QEMU is there and the image fits the machine.

        Raises MissingError, BuildError.
        """
        find_qemu()
        sizes = image_sizes(build.image)
        room = {holds: region.length for region in self._board.memory for holds in region.holds}
        for what, needed, available in (
            ("flash", sizes.flash_bytes, room["code"]),
            ("RAM", sizes.ram_bytes, room["data"]),
        ):
            if needed > available:
                raise BuildError(f"the image needs {needed} bytes of {what}, the virtual board has {available}")
        return (
            f"{build.image}: {sizes.flash_bytes} bytes of flash, {sizes.ram_bytes} of RAM, fits; "
            "the virtual board boots it when sktools profile opens it"
        )

    @contextmanager
    def open(self, build: Build, port: str | None = None, baud: int | None = None) -> Iterator[Session]:
        """port, baud: not used; QEMU makes a pseudo-terminal, which knows no rate."""
        qemu = find_qemu()
        with temporary_folder() as folder:
            counter, records, extra = _counting(qemu, folder)
            window = InputWindow(folder)
            log = folder / "log"
            with log.open("wb") as stream:
                command = machine_command(qemu, build.image, ["-serial", "pty", *window.options, *extra])
                process = start(command, stream, subprocess.STDOUT)
            try:
                terminal = _wait_for_terminal(process, log)
                transport = SerialTransport(terminal, baud or 115200)
                try:
                    client = Client(transport, _PATIENCE, build.locate, window=window)
                    client.connect(build.model)
                    yield VirtualSession(client, counter, terminal, records)
                except LinkError as error:
                    if _has_ended(process):
                        raise LinkError(f"QEMU ended by itself: {_last_words(process, log)}", "run it again") from error
                    raise
                finally:
                    transport.close()
            finally:
                stop(process)
                window.close()


def _counting(qemu: Path, folder: Path) -> tuple[Counter, Path | None, list[str]]:
    """The counter, where its records go, and the options that make QEMU count."""
    try:
        plugin = build_plugin(qemu)
    except MissingError as error:
        note = f"instructions to the next 40, by SysTick: no cycle model ({error.message})"
        return Counter("instructions", note), None, []
    records = folder / "records"
    records.touch()
    return Counter("cycle-model", CYCLE_MODEL), records, plugin_arguments(plugin, records)


def _wait_for_terminal(process: subprocess.Popen[bytes], log: Path) -> str:
    """The pseudo-terminal's name, which QEMU prints when it has started."""
    for _ in range(round(_START_S / _POLL_S)):  # counted: a clock goes on while we are stopped (Ctrl-Z)
        found = re.search(r"redirected to (\S+)", log.read_text(errors="replace"))
        if found:
            return found[1]
        if process.poll() is not None:
            raise LinkError(f"QEMU does not start: {_last_words(process, log)}", "sktools doctor")
        time.sleep(_POLL_S)
    raise LinkError(f"QEMU named no pseudo-terminal within {_START_S:g} s", "sktools doctor")


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    """The terminal closes a moment before the process can be reaped."""
    try:
        process.wait(0.3)
    except subprocess.TimeoutExpired:
        return False
    return True


def _last_words(process: subprocess.Popen[bytes], log: Path) -> str:
    lines = [line for line in log.read_text(errors="replace").splitlines() if line and "redirected to" not in line]
    return lines[-1] if lines else f"exit status {process.returncode}"
