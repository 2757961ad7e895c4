"""Serial ports: which there are, and which one is the board. A choice is never guessed among several."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sktools.errors import MissingError, UsageError

UsbPair = tuple[int, int | None]
"""Vendor and product id; product None: any."""


@dataclass(frozen=True)
class Port:
    """vid, pid, serial_number: None for a port that is not on USB, or does not tell."""

    device: str
    description: str
    vid: int | None
    pid: int | None
    serial_number: str | None

    def __str__(self) -> str:
        usb = "" if self.vid is None else f" {self.vid:04X}:{self.pid or 0:04X}"
        serial = f" serial {self.serial_number}" if self.serial_number else ""
        return f"{self.device}{usb}{serial} ({self.description})"


def list_ports() -> tuple[Port, ...]:
    """Every serial port of this machine, by device name."""
    from serial.tools import list_ports as pyserial

    found = (Port(p.device, p.description or "", p.vid, p.pid, p.serial_number) for p in pyserial.comports())
    return tuple(sorted(found, key=lambda port: port.device))


def matching(ports: Iterable[Port], usb: Sequence[UsbPair], serial_number: str | None = None) -> tuple[Port, ...]:
    """The ports that carry one of these USB ids and, where one is given, this serial number."""
    return tuple(
        port
        for port in ports
        if any(port.vid == vid and (pid is None or port.pid == pid) for vid, pid in usb)
        and (serial_number is None or _same_serial(port.serial_number, serial_number))
    )


def _same_serial(found: str | None, wanted: str) -> bool:
    """J-Link pads its serial number with zeros on USB and prints it without."""
    return found is not None and found.lstrip("0") == wanted.lstrip("0")


def find_port(
    board: str, usb: Sequence[UsbPair], serial_number: str | None = None, ports: Sequence[Port] | None = None
) -> Port:
    """The one port that can be the board.

    board: its name, for messages. ports: default list_ports().
    Raises MissingError where no port fits, UsageError where several do; both list what is there.
    """
    ports = list_ports() if ports is None else ports
    found = matching(ports, usb, serial_number)
    if len(found) == 1:
        return found[0]
    which = f"{board} with serial number {serial_number}" if serial_number else board
    if found:
        names = "; ".join(str(port) for port in found)
        raise UsageError(f"{len(found)} ports can be {which}: {names}", "name one: --port DEVICE")
    there = "; ".join(str(port) for port in ports) or "none at all"
    raise MissingError(f"no port is {which}; ports found: {there}", "plug the board in, or name a port: --port DEVICE")
