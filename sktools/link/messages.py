"""Requests and answers, as firmware/runtime/sk_server.c reads and writes them."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum

from sktools.errors import LinkError, printable
from sktools.link.framing import PAYLOAD_MAX

STEP_ALL = 0xFFFF
READ_CHUNK = PAYLOAD_MAX - 8
WRITE_CHUNK = PAYLOAD_MAX - 4
RUN_WITHOUT_CRC = 1
RUN_FROM_WINDOW = 2


class MessageType(IntEnum):
    HELLO = 0x01
    LAYERS = 0x02
    WRITE_INPUT = 0x03
    RUN = 0x04
    STEPS = 0x05
    READ = 0x06
    MEMORY = 0x07
    RESET = 0x08
    STAGE_BEGIN = 0x09
    STAGE_SAMPLES = 0x0A
    STAGE_EPOCH = 0x0B
    STAGE_WAVE = 0x0C
    REPLY = 0x80
    ERROR = 0xFE
    FAULT = 0xFF


class ErrorCode(IntEnum):
    BAD_FRAME = 1
    BAD_VERSION = 2
    UNKNOWN_REQUEST = 3
    BAD_LENGTH = 4
    OUT_OF_RANGE = 5
    NOT_OBSERVABLE = 6
    INPUT_MISMATCH = 7
    STALE = 8
    TOO_MANY_STEPS = 9


class ReadSource(IntEnum):
    OUTPUT = 0
    ACTIVATION = 1


class FaultReason(IntEnum):
    CPU = 0
    STACK_OVERFLOW = 1
    WATCHDOG = 2
    BEFORE_ARENA = 3
    BEHIND_ARENA = 4


@dataclass(frozen=True)
class Hello:
    """What runs on the board. counter: what its step counters count. sha256: of the .tflite, hex. Sizes in bytes."""

    protocol: int
    payload_max: int
    clock_hz: int
    sha256: str
    layer_count: int
    step_count: int
    input_bytes: int
    output_bytes: int
    arena_bytes: int
    board: str
    counter: str
    model: str
    contract: str


@dataclass(frozen=True)
class LayerInfo:
    """One row of the board's layer table. output_bytes: 0 where the layer is not observable."""

    index: int
    step: int
    macs: int
    output_bytes: int
    name: str
    block: str
    op: str


@dataclass(frozen=True)
class StepResult:
    """counter: in the unit of Hello.counter. crc: CRC-32 of the step's observable activation, 0 where there is none."""

    counter: int
    crc: int


@dataclass(frozen=True)
class Memory:
    """Bytes. stack_used: the most ever used; both 0 on the host board, whose stack is not the firmware's."""

    stack_bytes: int
    stack_used: int
    arena_bytes: int


@dataclass(frozen=True)
class Fault:
    """Registers of a fault (Armv7-M ARM B1.5, B3.2). Of a stack overflow r0 to r3, r12, pc and psr are lost (0) and lr
    is the return address that was pushed last. Of a step that wrote outside the arena only pc is known, the step's
    function. step: the one that was running, None between runs."""

    reason: FaultReason
    step: int | None
    r0: int
    r1: int
    r2: int
    r3: int
    r12: int
    lr: int
    pc: int
    psr: int
    cfsr: int
    hfsr: int
    mmfar: int
    bfar: int
    sp: int


@dataclass(frozen=True)
class RunReply:
    token: int
    steps: int
    output_crc: int


@dataclass(frozen=True)
class ErrorReply:
    code: int
    request: int
    detail: int


class PayloadReader:
    """Takes values off the front of a payload.

    Raises LinkError where the payload is shorter than what is asked of it.
    """

    def __init__(self, payload: bytes) -> None:
        self._payload = payload
        self._at = 0

    def take(self, layout: str) -> tuple[int, ...]:
        structure = struct.Struct(f"<{layout}")
        return structure.unpack(self.bytes(structure.size))

    def bytes(self, count: int) -> bytes:
        piece = self._payload[self._at : self._at + count]
        if len(piece) != count:
            raise LinkError(
                "the board's answer is shorter than the protocol says", "flash it again: sktools flash MODEL"
            )
        self._at += count
        return piece

    def floats(self, count: int) -> tuple[float, ...]:
        structure = struct.Struct(f"<{count}f")
        return structure.unpack(self.bytes(structure.size))

    def text(self) -> str:
        (length,) = self.take("B")
        return printable(self.bytes(length).decode(errors="replace"))

    @property
    def rest(self) -> int:
        return len(self._payload) - self._at


def parse_hello(payload: bytes) -> Hello:
    reader = PayloadReader(payload)
    protocol, payload_max, clock_hz = reader.take("HHI")
    sha256 = reader.bytes(32).hex()
    layers, steps, input_bytes, output_bytes, arena_bytes = reader.take("HHIII")
    texts = [reader.text() for _ in range(4)]
    return Hello(protocol, payload_max, clock_hz, sha256, layers, steps, input_bytes, output_bytes, arena_bytes, *texts)


def layers_request(first: int) -> bytes:
    return struct.pack("<H", first)


def parse_layers(payload: bytes) -> tuple[int, tuple[LayerInfo, ...]]:
    """The index of the first row, and the rows."""
    reader = PayloadReader(payload)
    (first,) = reader.take("H")
    rows = []
    while reader.rest:
        index, step, macs, output_bytes = reader.take("HHII")
        rows.append(LayerInfo(index, step, macs, output_bytes, reader.text(), reader.text(), reader.text()))
    return first, tuple(rows)


def write_input_request(offset: int, data: bytes) -> bytes:
    return struct.pack("<I", offset) + data


def run_request(token: int, steps: int, flags: int, input_crc: int) -> bytes:
    return struct.pack("<IHHI", token, steps, flags, input_crc)


def parse_run(payload: bytes) -> RunReply:
    return RunReply(*PayloadReader(payload).take("IHI"))


def steps_request(first: int) -> bytes:
    return struct.pack("<H", first)


def parse_steps(payload: bytes) -> tuple[int, int, tuple[StepResult, ...]]:
    """The run's token, the first step and the results from there."""
    reader = PayloadReader(payload)
    token, first = reader.take("IH")
    results = []
    while reader.rest:
        results.append(StepResult(*reader.take("II")))
    return token, first, tuple(results)


def read_request(source: ReadSource, offset: int, count: int) -> bytes:
    return struct.pack("<BIH", source, offset, count)


def parse_read(payload: bytes) -> tuple[int, int, bytes]:
    """The run's token, the offset and the bytes from there."""
    reader = PayloadReader(payload)
    token, offset = reader.take("II")
    return token, offset, reader.bytes(reader.rest)


def parse_memory(payload: bytes) -> Memory:
    return Memory(*PayloadReader(payload).take("III"))


def parse_error(payload: bytes) -> ErrorReply:
    return ErrorReply(*PayloadReader(payload).take("BBI"))


def parse_fault(payload: bytes) -> Fault:
    reader = PayloadReader(payload)
    reason, step = reader.take("IH")
    registers = reader.take("13I")
    known = FaultReason(reason) if reason in set(FaultReason) else FaultReason.CPU
    return Fault(known, None if step == STEP_ALL else step, *registers)
