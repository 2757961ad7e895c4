"""Frames on the wire, as firmware/runtime/sk_protocol.h defines them: COBS, ended by 0x00, closed by a CRC-32."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

from cobs import cobs

from sktools.errors import printable

PROTOCOL_VERSION = 1
PAYLOAD_MAX = 512
DELIMITER = b"\x00"

_HEADER = struct.Struct("<BBH")
_CRC = struct.Struct("<I")
_ENCODED_MAX = _HEADER.size + PAYLOAD_MAX + _CRC.size + 4
"""COBS adds one byte for each 254, begun ones included."""

BANNER = b"sktools firmware: "
"""How the line begins that a board sends once when it starts."""


@dataclass(frozen=True)
class Frame:
    version: int
    type: int
    sequence: int
    payload: bytes


@dataclass(frozen=True)
class Garbage:
    """Bytes between two delimiters that are no frame."""

    bytes: bytes


@dataclass(frozen=True)
class Banner:
    """The line a board sends when it starts: text for people, and the sign of a reset."""

    text: str


def encode(frame: Frame) -> bytes:
    """The frame as bytes for the wire, a delimiter on both sides: the first one ends what noise may have begun."""
    body = _HEADER.pack(frame.version, frame.type, frame.sequence) + frame.payload
    return DELIMITER + bytes(cobs.encode(body + _CRC.pack(zlib.crc32(body)))) + DELIMITER


def decode(chunk: bytes) -> Frame | Garbage | Banner:
    """What stands between two delimiters."""
    try:
        body = bytes(cobs.decode(chunk))
    except cobs.DecodeError:
        return _text_or_garbage(chunk)
    if len(body) < _HEADER.size + _CRC.size or zlib.crc32(body[: -_CRC.size]) != _CRC.unpack(body[-_CRC.size :])[0]:
        return _text_or_garbage(chunk)
    version, kind, sequence = _HEADER.unpack_from(body)
    return Frame(version, kind, sequence, body[_HEADER.size : -_CRC.size])


def _text_or_garbage(chunk: bytes) -> Garbage | Banner:
    at = chunk.find(BANNER)
    return Banner(printable(chunk[at:].decode(errors="replace").strip())) if at >= 0 else Garbage(chunk)


class FrameReader:
    """Cuts a byte stream at its delimiters. Keeps at most one frame's worth of an unfinished piece."""

    def __init__(self) -> None:
        self._pending = bytearray()
        self._overlong = False

    def feed(self, received: bytes) -> list[Frame | Garbage | Banner]:
        """Everything that these bytes complete, in order; empty pieces are left out."""
        found: list[Frame | Garbage | Banner] = []
        for position, piece in enumerate(received.split(DELIMITER)):
            if position > 0:
                if self._pending:
                    found.append(Garbage(bytes(self._pending)) if self._overlong else decode(bytes(self._pending)))
                self._pending.clear()
                self._overlong = False
            self._pending += piece
            if len(self._pending) > _ENCODED_MAX:
                self._overlong = True
                del self._pending[_ENCODED_MAX:]
        return found
