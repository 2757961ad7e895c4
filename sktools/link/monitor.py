"""What comes over a serial line, as lines for people: text as it is, our frames decoded, the rest as hex."""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping

from sktools.errors import LinkError
from sktools.link import messages
from sktools.link.framing import DELIMITER, PROTOCOL_VERSION, Banner, Frame, decode
from sktools.link.messages import ErrorCode, MessageType

_TEXT = frozenset(string.printable.encode())
_HEX_SHOWN = 32
_PENDING_MAX = 4096


class Decoder:
    """Takes bytes as they arrive. A frame of ours holds its version, a byte that no text holds: the two do not mix."""

    def __init__(self) -> None:
        self._pending = bytearray()

    def feed(self, received: bytes) -> list[str]:
        """The lines that these bytes complete."""
        lines = []
        for byte in received:
            if byte == DELIMITER[0]:
                lines += self._flush(frame=True)
                continue
            self._pending.append(byte)
            if (byte == ord("\n") and _TEXT.issuperset(self._pending)) or len(self._pending) > _PENDING_MAX:
                lines += self._flush(frame=False)
        return lines

    def idle(self) -> list[str]:
        """Text that waits for the end of its line while nothing comes: a prompt."""
        return self._flush(frame=False) if self._pending and _TEXT.issuperset(self._pending) else []

    def close(self) -> list[str]:
        """What had begun and did not end."""
        return self._flush(frame=False)

    def _flush(self, frame: bool) -> list[str]:
        chunk = bytes(self._pending)
        self._pending.clear()
        if not chunk:
            return []
        found = decode(chunk) if frame else None
        if isinstance(found, Frame):
            return [describe(found)]
        if isinstance(found, Banner):
            return [found.text]
        if _TEXT.issuperset(chunk):
            return chunk.decode().rstrip().splitlines() or [""]
        more = f" ... ({len(chunk)} bytes)" if len(chunk) > _HEX_SHOWN else ""
        return [f"? {chunk[:_HEX_SHOWN].hex(' ')}{more}"]


def describe(frame: Frame) -> str:
    """One line: what the frame is, its sequence number, and what its payload says."""
    name = _name(frame.type)
    head = f"{name} #{frame.sequence}"
    if frame.version != PROTOCOL_VERSION:
        return f"{head}: protocol version {frame.version}, {len(frame.payload)} bytes"
    describer = _DESCRIBERS.get(frame.type)
    try:
        text = describer(frame.payload) if describer else f"{len(frame.payload)} bytes" if frame.payload else ""
    except LinkError:
        text = f"{len(frame.payload)} bytes that are not what the protocol says"
    return f"{head}: {text}" if text else head


def _name(kind: int) -> str:
    if kind in (MessageType.ERROR, MessageType.FAULT):
        return MessageType(kind).name
    reply = bool(kind & MessageType.REPLY)
    base = kind & ~MessageType.REPLY
    known = MessageType(base).name if base in set(MessageType) else f"type {kind:#04x}"
    return f"{known} reply" if reply else known


def _hello(payload: bytes) -> str:
    hello = messages.parse_hello(payload)
    return (
        f"{hello.model} ({hello.sha256[:12]}) on {hello.board}, counter {hello.counter}, "
        f"{hello.clock_hz / 1e6:.2f} MHz, {hello.layer_count} layers in {hello.step_count} steps, "
        f"arena {hello.arena_bytes} bytes, {hello.contract}"
    )


def _layers(payload: bytes) -> str:
    first, rows = messages.parse_layers(payload)
    return f"{len(rows)} from {first}: " + ", ".join(row.name for row in rows)


def _run(payload: bytes) -> str:
    reply = messages.parse_run(payload)
    return f"{reply.steps} steps, output CRC-32 {reply.output_crc:#010x}"


def _steps(payload: bytes) -> str:
    _, first, results = messages.parse_steps(payload)
    return f"{len(results)} from {first}: " + " ".join(str(result.counter) for result in results)


def _read(payload: bytes) -> str:
    _, offset, data = messages.parse_read(payload)
    return f"{len(data)} bytes from {offset}"


def _memory(payload: bytes) -> str:
    memory = messages.parse_memory(payload)
    return f"stack {memory.stack_used} of {memory.stack_bytes} bytes used, arena {memory.arena_bytes} bytes"


def _error(payload: bytes) -> str:
    error = messages.parse_error(payload)
    code = ErrorCode(error.code).name if error.code in set(ErrorCode) else f"code {error.code}"
    return f"{code.replace('_', ' ').lower()} (detail {error.detail}), answering {_name(error.request)}"


def _fault(payload: bytes) -> str:
    fault = messages.parse_fault(payload)
    where = "between runs" if fault.step is None else f"in step {fault.step}"
    return f"{fault.reason.name.replace('_', ' ').lower()} {where}, pc {fault.pc:#010x}, lr {fault.lr:#010x}"


_DESCRIBERS: Mapping[int, Callable[[bytes], str]] = {
    MessageType.HELLO | MessageType.REPLY: _hello,
    MessageType.LAYERS | MessageType.REPLY: _layers,
    MessageType.RUN | MessageType.REPLY: _run,
    MessageType.STEPS | MessageType.REPLY: _steps,
    MessageType.READ | MessageType.REPLY: _read,
    MessageType.MEMORY | MessageType.REPLY: _memory,
    MessageType.ERROR: _error,
    MessageType.FAULT: _fault,
}
