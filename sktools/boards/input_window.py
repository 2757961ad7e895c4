"""The virtual board's second way in: a frame's input is written to the file that QEMU keeps the machine's PSRAM in.

A byte through the emulated UART costs QEMU a turn of its main loop, some 100 us; a frame has thousands of them.
"""

from __future__ import annotations

import os
from pathlib import Path

_PSRAM_BYTES = 16 * 1024 * 1024
"""Of MACHINE, at 0x21000000; QEMU accepts no other size. The file is sparse: it takes what is written."""


class InputWindow:
    """The file, and the options with which QEMU maps it. Close it after QEMU has ended.

    Raises OSError if the file cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / "psram"
        self._file = path.open("xb", buffering=0)
        self._file.truncate(_PSRAM_BYTES)
        name = str(path).replace(",", ",,")
        self.options = (
            *("-object", f"memory-backend-file,id=psram,size={_PSRAM_BYTES},mem-path={name},share=on"),
            *("-machine", "memory-backend=psram"),
        )

    def write(self, frame: bytes) -> None:
        """Puts a frame's input where the firmware finds it. Raises OSError, for example on a full disk."""
        # Not through a mapping of our own: there a full disk is a signal that ends the process.
        if os.pwrite(self._file.fileno(), frame, 0) != len(frame):
            raise OSError("a part of the frame was not written")

    def close(self) -> None:
        self._file.close()
