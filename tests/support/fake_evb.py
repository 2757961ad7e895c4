"""A fake EVB: the image that the fake JLinkExe was given, booted in QEMU behind a pseudo-terminal of limited rate.

The image is the EVB's own firmware, built with the stand-in SDK for QEMU's RAM. On a reset through the J-Link it starts
anew from what stands in "flash".
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import threading
import time
import tty
from collections.abc import Iterator
from pathlib import Path

LOAD_ADDRESS = 0x18000
TCM_ORIGIN, SRAM_ORIGIN = 0x20000000, 0x21000000
"""Where QEMU's mps2-an386 has RAM; the chip's own map is in sktools/boards/apollo4p_evb.yaml."""
CHUNK = 16
BITS_PER_BYTE = 10


class FakeEvb:
    """folder: where the fake JLinkExe leaves flash.bin and reset. port: the pseudo-terminal's name."""

    def __init__(self, folder: Path, baud: int) -> None:
        self.folder = folder
        self._second = BITS_PER_BYTE / baud
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.port = os.ttyname(self._slave)
        self._stop = threading.Event()
        self._board: subprocess.Popen[bytes] | None = None
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._to_board, self._watch)]
        for thread in self._threads:
            thread.start()

    @property
    def marks(self) -> str:
        """The power analyser's view since the last reset: "I" where an inference begins, "." where the board idles."""
        path = self.folder / "marks"
        return path.read_text() if path.is_file() else ""

    def close(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=10)
        self._power_off()
        os.close(self._slave)
        os.close(self._master)

    def _watch(self) -> None:
        while not self._stop.wait(0.01):
            if (self.folder / "reset").exists():
                (self.folder / "reset").unlink()
                self._power_off()
                self._power_on()

    def _power_on(self) -> None:
        flash = self.folder / "flash.bin"
        # QEMU's CPU takes its stack and entry from address 0; the chip's boot ROM takes them from the image.
        boot = self.folder / "boot.bin"
        boot.write_bytes(flash.read_bytes()[:8])
        self._board = subprocess.Popen(
            [
                *("qemu-system-arm", "-machine", "mps2-an386", "-display", "none", "-monitor", "none"),
                *("-icount", "shift=0", "-serial", "stdio", "-serial", f"file:{self.folder / 'marks'}"),
                *("-device", f"loader,file={boot},addr=0x0,force-raw=on"),
                *("-device", f"loader,file={flash},addr={LOAD_ADDRESS:#x},force-raw=on"),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
        )
        threading.Thread(target=self._from_board, args=(self._board,), daemon=True).start()

    def _power_off(self) -> None:
        if self._board is not None:
            self._board.kill()
            self._board.wait()
            self._board = None

    def _from_board(self, board: subprocess.Popen[bytes]) -> None:
        assert board.stdout is not None
        while data := os.read(board.stdout.fileno(), CHUNK):
            time.sleep(len(data) * self._second)
            os.write(self._master, data)

    def _to_board(self) -> None:
        os.set_blocking(self._master, False)
        while not self._stop.is_set():
            try:
                data = os.read(self._master, CHUNK)
            except BlockingIOError:
                time.sleep(0.001)
                continue
            time.sleep(len(data) * self._second)
            board = self._board
            if board is not None and board.stdin is not None:
                with contextlib.suppress(OSError):
                    board.stdin.write(data)


@contextlib.contextmanager
def fake_evb(folder: Path, baud: int = 115200) -> Iterator[FakeEvb]:
    """A board on the desk, powered and never flashed."""
    board = FakeEvb(folder, baud)
    try:
        yield board
    finally:
        board.close()


def evb_description(source: Path, folder: Path) -> Path:
    """apollo4p_evb's description with the addresses of QEMU's RAM, in `folder`, for the stand-in SDK."""
    text = source.read_text()
    for old, new in (("0x10000000", f"{TCM_ORIGIN:#x}"), ("0x10060000", f"{SRAM_ORIGIN:#x}")):
        assert old in text
        text = text.replace(old, new)
    text += f'  variables: {{TCM_ORIGIN: "{TCM_ORIGIN:#x}", SRAM_ORIGIN: "{SRAM_ORIGIN:#x}"}}\n'
    folder.mkdir(parents=True, exist_ok=True)
    for other in source.parent.glob("*.yaml"):
        shutil.copy(other, folder)
    path = folder / source.name
    path.write_text(text)
    return path
