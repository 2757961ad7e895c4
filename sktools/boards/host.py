"""The host "board": the firmware compiled for this machine and called in process, through the very same protocol."""

from __future__ import annotations

import ctypes
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sktools.boards.board import Board
from sktools.boards.driver import Counter, Session, driver
from sktools.build.build import Build
from sktools.errors import LinkError
from sktools.link.client import Client
from sktools.partial import temporary_folder

_SINK = ctypes.CFUNCTYPE(None, ctypes.POINTER(ctypes.c_uint8), ctypes.c_uint32)


class InProcessTransport:
    """The firmware as a shared library: what is sent is handled before send() returns.

    Raises LinkError where the library cannot be loaded.
    """

    name = "the host build"

    def __init__(self, library: Path) -> None:
        # A copy under a name of its own: the loader hands out one library for one path, with one state. Once it is
        # loaded the file is not needed.
        with temporary_folder() as folder:
            copy = Path(shutil.copy(library, folder))
            try:
                self._library: ctypes.CDLL | None = ctypes.CDLL(str(copy))
            except OSError as error:
                raise LinkError(
                    f"cannot load {library}: {error}", "build it again: sktools build-fw MODEL --board host"
                ) from error
        self._received = bytearray()
        self._sink = _SINK(self._take)  # the library keeps the pointer, so we keep the object
        self._library.sk_host_open(self._sink)

    def _take(self, data: ctypes._Pointer[ctypes.c_uint8], count: int) -> None:
        self._received += ctypes.string_at(data, count)

    def send(self, data: bytes) -> None:
        if self._library is None:
            raise LinkError("the host build is closed")
        self._library.sk_host_feed(data, ctypes.c_uint32(len(data)))

    def receive(self, timeout_s: float) -> bytes:
        received = bytes(self._received)
        self._received.clear()
        return received

    def close(self) -> None:
        if self._library is not None:
            handle, self._library = self._library._handle, None
            import _ctypes

            _ctypes.dlclose(handle)


@driver("host")
class HostDriver:
    """No instructions and no cycles: only what is computed is the same as on a board."""

    def __init__(self, board: Board) -> None:
        self._board = board

    def flash(self, build: Build) -> str:
        return f"{build.image} runs in process; there is nothing to flash"

    @contextmanager
    def open(self, build: Build, port: str | None = None, baud: int | None = None) -> Iterator[Session]:
        transport = InProcessTransport(build.image)
        try:
            client = Client(transport)
            client.connect(build.model)
            yield Session(client, Counter("none", "the host build counts nothing"), transport.name)
        finally:
            transport.close()
