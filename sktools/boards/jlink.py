"""Boards with a J-Link: flashed through it, talked to over its virtual COM port, cycles counted by the chip's DWT."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sktools.boards import jlink_commander
from sktools.boards.board import Board, JLink
from sktools.boards.driver import Counter, Session, StepCount, driver
from sktools.boards.flash_file import FlashFile, check_vectors, read_flash_file
from sktools.boards.jlink_commander import VERIFIED, Command, choose_probe, find_commander, flash_command, judge
from sktools.build.build import Build
from sktools.errors import LinkError, UsageError
from sktools.link.client import Client, Patience, Run
from sktools.link.ports import find_port
from sktools.link.transport import SerialTransport
from sktools.partial import temporary_folder

CLOCK_TOLERANCE = 0.05
"""Of the CPU clock against the one asked for. Both it and the timer that it is measured with are on-chip oscillators
without a trim of ours; the clock that must not pass for another is twice or half as fast."""
_PATIENCE = Patience(answer_s=2.0, run_s=60.0)


class DwtSession(Session):
    """A board whose firmware counts cycles itself."""

    def __init__(self, client: Client, counter: Counter, port: str) -> None:
        super().__init__(client, counter, port)
        self._last: Run | None = None

    def run(self, frame: bytes, *, with_crc: bool = True) -> Run:
        self._last = None
        self._last = super().run(frame, with_crc=with_crc)
        return self._last

    def counts(self) -> tuple[StepCount, ...]:
        return tuple(StepCount(None, step.counter) for step in self._last.steps) if self._last else ()


@driver("jlink")
class JLinkDriver:
    """A board on the desk."""

    def __init__(self, board: Board) -> None:
        self._board = board

    def flash(self, build: Build) -> str:
        if build.binary is None:
            raise UsageError(f"{build.folder} holds no flash image for {self._board.name}", "sktools build-fw MODEL")
        return self.flash_image(build.binary)

    def flash_image(self, image: Path, *, force: bool = False) -> str:
        """Writes a raw, ELF, HEX or S-record image to flash, and has it verified and started.

        force: also an image whose first words do not fit the board.
        Raises UsageError for a file that is not an image, BuildError for one that the board cannot start, MissingError
        for a missing tool or probe, LinkError if flashing fails.
        """
        settings = self._settings()
        file = self._checked(image, force)
        program = find_commander()
        probe = choose_probe(settings, program)
        settings = dataclasses.replace(settings, probe=probe.serial_number, load_address=file.address)
        with _raw(file) as raw:
            code, output = jlink_commander.run(flash_command(settings, raw, program))
        fill = {"probe": str(probe), "device": settings.device, "image": str(image), "board": self._board.name}
        judge(code, output, fill, VERIFIED)
        digest = hashlib.sha256(file.content).hexdigest()[:16]
        return (
            f"{image}: {len(file.content):,} bytes (sha256 {digest}) at {file.address:#x} through J-Link {probe}, "
            "verified"
        )

    def reset(self) -> str:
        """Restarts the board through its J-Link. Raises as flash_image does."""
        settings = self._settings()
        program = find_commander()
        probe = choose_probe(settings, program)
        code, output = jlink_commander.run(
            jlink_commander.reset_command(dataclasses.replace(settings, probe=probe.serial_number), program)
        )
        judge(code, output, {"probe": str(probe), "device": settings.device, "image": "", "board": self._board.name})
        return f"{self._board.name} was reset through J-Link {probe}"

    def flash_plan(self, image: Path) -> Command:
        """What flash_image would run, without looking for a tool or a probe. Raises UsageError."""
        file = read_flash_file(image, self._board)
        settings = dataclasses.replace(self._settings(), load_address=file.address)
        return flash_command(settings, image if file.is_raw else image.with_suffix(".bin"), "JLinkExe")

    def _checked(self, image: Path, force: bool) -> FlashFile:
        file = read_flash_file(image, self._board)
        if not force:
            check_vectors(file, self._board)
        return file

    @contextmanager
    def open(self, build: Build, port: str | None = None, baud: int | None = None) -> Iterator[Session]:
        """port: default the one port that carries the board's USB id. baud: default the board's.

        Raises MissingError where no port is there or it cannot be opened, UsageError where several fit, LinkError where
        the board does not answer or runs at another clock.
        """
        line = self._board.serial
        if line is None:
            raise UsageError(f"board {self._board.name} describes no serial line")
        probe = self._settings().probe
        usb = [(usb.vid, usb.pid) for usb in line.usb if usb.firmware]
        name = port or find_port(self._board.name, usb, probe).device
        transport = SerialTransport(name, baud or line.baud)
        try:
            client = Client(transport, _PATIENCE, build.locate)
            client.connect(build.model)
            yield DwtSession(client, self._counter(client), name)
        finally:
            transport.close()

    def _counter(self, client: Client) -> Counter:
        """Raises LinkError where the board's clock is not the one asked for."""
        measured, asked = client.hello().clock_hz, self._board.clock_hz
        if measured == 0:
            raise LinkError(
                "the board's cycle counter or timer stands still: its clock could not be measured",
                "power the board off and on; a debugger may hold the trace unit (docs/bring-up.md)",
            )
        if asked is not None and abs(measured - asked) > CLOCK_TOLERANCE * asked:
            raise LinkError(
                f"the board runs at {measured / 1e6:.1f} MHz, {asked / 1e6:g} MHz were asked for",
                f"sktools build-fw MODEL --board {self._board.name} --clock {asked // 1_000_000}, then flash it",
            )
        return Counter("dwt", f"DWT CYCCNT; clock {measured / 1e6:.2f} MHz, measured on the board against its timer")

    def _settings(self) -> JLink:
        if self._board.jlink is None:
            raise UsageError(f"board {self._board.name} describes no J-Link")
        return self._board.jlink


@contextmanager
def _raw(file: FlashFile) -> Iterator[Path]:
    """The file itself if it is raw, else a raw copy of its bytes for as long as the context lasts."""
    if file.is_raw:
        yield file.path
        return
    with temporary_folder() as folder:
        raw = folder / "image.bin"
        raw.write_bytes(file.content)
        yield raw
