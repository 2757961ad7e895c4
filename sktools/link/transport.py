"""Byte streams to a board: a serial port, or the firmware called in process."""

from __future__ import annotations

import errno
from typing import Any, Protocol

from sktools.errors import LinkError, MissingError

_WRITE_S = 5.0
"""Longest wait for a port to take bytes. They are sent twice before the port is given up."""


class Transport(Protocol):
    """name: how messages call it."""

    name: str

    def send(self, data: bytes) -> None:
        """Sends all of it. Raises LinkError where the port is gone."""

    def receive(self, timeout_s: float) -> bytes:
        """What has arrived, waiting at most timeout_s for the first byte; b"" for none. Raises LinkError."""

    def close(self) -> None:
        """Gives the port back; never fails."""


class SerialTransport:
    """A serial port, or a pseudo-terminal, through pyserial.

    Raises MissingError where the port cannot be opened.
    """

    def __init__(self, port: str, baud: int) -> None:
        import serial

        self.name = port
        try:
            # Exclusive: a second program on the port would take bytes of our answers.
            self._serial: Any = serial.Serial(port, baud, timeout=0, write_timeout=_WRITE_S, exclusive=True)
        except (OSError, ValueError) as error:
            raise MissingError(*_cannot_open(port, error)) from error

    def send(self, data: bytes) -> None:
        import serial

        try:
            try:
                self._serial.write(data)
            except serial.SerialTimeoutException:
                self._serial.write(data)  # the time may have passed while we were stopped (Ctrl-Z)
        except serial.SerialTimeoutException as error:
            raise LinkError(f"{self.name} takes no more bytes: the board does not read its serial port") from error
        except (OSError, TypeError) as error:  # pyserial raises TypeError on a port whose descriptor is gone
            raise self._gone(error) from error

    def receive(self, timeout_s: float) -> bytes:
        try:
            self._serial.timeout = timeout_s
            first: bytes = self._serial.read(1)
            if not first:
                return b""
            waiting = self._serial.in_waiting
            return first + (self._serial.read(waiting) if waiting else b"")
        except (OSError, TypeError) as error:
            raise self._gone(error) from error

    def close(self) -> None:
        # A port that has been unplugged can fail here too, and there is nothing left to do about it.
        import contextlib

        with contextlib.suppress(OSError, TypeError):
            self._serial.close()

    def _gone(self, error: Exception) -> LinkError:
        return LinkError(f"the port {self.name} is gone ({error})", "plug the board in again; sktools list ports")


def _cannot_open(port: str, error: Exception) -> tuple[str, str]:
    number = getattr(error, "errno", None)
    if number == errno.EACCES or "Permission denied" in str(error):
        return f"no permission for {port}", 'sudo usermod -a -G dialout "$USER", then log in again'
    if number in (errno.EBUSY, errno.EAGAIN) or "exclusively lock" in str(error):
        return f"{port} is in use by another program", "close the other terminal or session"
    if number == errno.ENOENT or "No such file" in str(error):
        return f"there is no port {port}", "sktools list ports"
    return f"cannot open {port}: {error}", "sktools list ports"
