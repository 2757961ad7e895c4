"""The host's side of the serial protocol: asks, waits, asks again, and never takes one answer for another."""

from __future__ import annotations

import itertools
import secrets
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from sktools.compiler.compiled import CompiledModel
from sktools.errors import LinkError, SktoolsError
from sktools.link import messages
from sktools.link.framing import PROTOCOL_VERSION, Banner, Frame, FrameReader, Garbage, encode
from sktools.link.messages import (
    ErrorCode,
    ErrorReply,
    Fault,
    FaultReason,
    Hello,
    LayerInfo,
    Memory,
    MessageType,
    ReadSource,
    StepResult,
)
from sktools.link.transport import Transport

_SEQUENCES = 0x10000
_SILENT_ATTEMPTS = 4

T = TypeVar("T")


_FAULTS = {
    FaultReason.CPU: ("crashed", "at"),
    FaultReason.STACK_OVERFLOW: ("ran out of stack", "called from"),
    FaultReason.WATCHDOG: ("did not come to an end", "at"),
    FaultReason.BEFORE_ARENA: ("wrote before the arena", "by"),
    FaultReason.BEHIND_ARENA: ("wrote behind the arena", "by"),
}
"""What happened, and how the place belongs to it."""


class BoardFaultError(LinkError):
    """The firmware crashed; it answers nothing else until it is reset."""

    def __init__(self, fault: Fault, message: str) -> None:
        super().__init__(message, "reset the board, or sktools flash MODEL; with --optimize none a step is one layer")
        self.fault = fault


class _RestartedError(LinkError):
    """The board forgot what it was told: it was reset, or another program talks to it."""


class _OtherInputError(_RestartedError):
    """The board holds another input than the host's frame."""


class InputPath(Protocol):
    """A way for a frame's input beside the serial line, where the board has one."""

    def write(self, frame: bytes) -> None:
        """Puts the frame where the board finds it when it runs. Raises OSError."""


@dataclass(frozen=True)
class Run:
    """One frame's answer. output: int8 bytes. steps: one result for each step that ran, in order."""

    output: bytes
    steps: tuple[StepResult, ...]


@dataclass(frozen=True)
class Patience:
    """How long to wait, in seconds.

    answer_s: before a request is sent again. attempts: how often it is sent in all; a board from which not one byte
    has come is given up after four.
    run_s: for a whole inference; while it runs the board does not hear us. Frames are tried `attempts` times too.
    """

    answer_s: float = 1.0
    attempts: int = 8
    run_s: float = 60.0


class _Wait:
    """What came in while one request waited for its answer, to tell in the end what was wrong."""

    def __init__(self) -> None:
        self.received = 0
        self.garbled = 0
        self.late = 0
        self.refused = 0


class Client:
    """One conversation with one board. Not to be shared between threads.

    locate: turns a code address into "function (file:line)", for the report of a fault.
    window: where inputs go instead of over the line; None, also after the board did not find one there: over the line.
    """

    def __init__(
        self,
        transport: Transport,
        patience: Patience | None = None,
        locate: Callable[[int], str | None] | None = None,
        clock: Callable[[], float] = time.monotonic,
        window: InputPath | None = None,
    ) -> None:
        self.window = window
        self._transport = transport
        self._patience = patience or Patience()
        self._locate = locate
        self._clock = clock
        self._reader = FrameReader()
        # Anywhere in the number space, so that what an earlier conversation left on the line is not taken for ours.
        self._sequence = secrets.randbelow(_SEQUENCES)
        self._hello: Hello | None = None
        self._model: CompiledModel | None = None

    # ---- requests ----

    def hello(self) -> Hello:
        """What runs on the board. Raises LinkError."""
        self._hello = messages.parse_hello(self._request(MessageType.HELLO, b""))
        return self._hello

    def connect(self, model: CompiledModel) -> Hello:
        """hello(), refused unless the board runs this model. A fault's report names its layers from then on.

        Raises LinkError where it runs another one, or another arithmetic contract.
        """
        hello = self.hello()
        hint = "flash this model: sktools flash MODEL"
        if hello.sha256 != model.sha256:
            raise LinkError(
                f"the board runs another model: {hello.model} ({hello.sha256[:12]}), expected {model.sha256[:12]}", hint
            )
        if hello.contract != model.contract:
            raise LinkError(f"the board computes by {hello.contract!r}, expected {model.contract!r}", hint)
        sizes = (hello.step_count, len(model.layers), hello.input_bytes, hello.output_bytes)
        expected = (model.step_count, hello.layer_count, model.input.elements, model.output.elements)
        if sizes != expected:
            raise LinkError("the board runs this model compiled otherwise: its steps or sizes differ", hint)
        self._model = model
        return hello

    def layers(self) -> tuple[LayerInfo, ...]:
        """The board's layer table. Raises LinkError."""
        count = self._known().layer_count
        rows: list[LayerInfo] = []
        while len(rows) < count:
            first, piece = messages.parse_layers(self._request(MessageType.LAYERS, messages.layers_request(len(rows))))
            if (
                first != len(rows)
                or not piece
                or [row.index for row in piece] != list(range(first, first + len(piece)))
            ):
                raise LinkError("the board's layer table has gaps", "flash it again: sktools flash MODEL")
            rows.extend(piece)
        return tuple(rows[:count])

    def run(self, frame: bytes, *, with_crc: bool = True, before: Callable[[], None] = lambda: None) -> Run:
        """Runs one whole inference.

        frame: int8 input as bytes. with_crc: have the board compute the CRC-32 of every step's activation (else 0).
        before: called before each attempt; a board that is reset in the middle of a frame runs it once more.
        Raises LinkError, BoardFaultError.
        """

        def attempt() -> Run:
            before()
            return self._run_once(frame, messages.STEP_ALL, with_crc, self._fetch_run)

        return self._again_after_restart(attempt)

    def run_to(self, frame: bytes, step: int) -> bytes:
        """Runs steps 0 to `step` and returns the activation that stands in memory then.

        Raises LinkError where the step does not exist or leaves no activation; BoardFaultError.
        """
        size = {layer.step: layer.output_bytes for layer in self.layers() if layer.output_bytes}.get(step)
        if size is None:
            raise LinkError(
                f"step {step} leaves no activation that can be read", "build with --optimize none to see all"
            )

        def fetch(token: int, reply: messages.RunReply) -> bytes:
            activation = self._read(ReadSource.ACTIVATION, size, token)
            if self._steps(token, reply.steps)[step].crc != zlib.crc32(activation):
                raise _RestartedError(f"{self._transport.name}: the activation of step {step} arrived changed")
            return activation

        return self._again_after_restart(lambda: self._run_once(frame, step + 1, True, fetch))

    def memory(self) -> Memory:
        """Stack and arena of the board. Raises LinkError."""
        return self._again_after_restart(lambda: messages.parse_memory(self._request(MessageType.MEMORY, b"")))

    def ask(self, kind: MessageType, payload: bytes, *, runs: bool = False) -> bytes:
        """The answer's payload to any request. runs: the board may run an inference for it. Raises LinkError."""
        return self._request(kind, payload, self._patience.run_s if runs else 0.0)

    def reset(self) -> Hello:
        """Starts the firmware anew, also after a fault, and returns what answers then. Raises LinkError."""
        self._request(MessageType.RESET, b"")
        return self.hello()

    def close(self) -> None:
        self._transport.close()

    # ---- one inference ----

    def _again_after_restart(self, attempt: Callable[[], T]) -> T:
        for remaining in range(self._patience.attempts - 1, -1, -1):
            try:
                return attempt()
            except _RestartedError:
                if remaining == 0:
                    raise
                self._meet_again()
        raise AssertionError("attempts is at least 1")

    def _meet_again(self) -> None:
        """Opens a new conversation after a restart; what started may be another firmware."""
        if self._model is None:
            self.hello()
        else:
            self.connect(self._model)

    def _known(self) -> Hello:
        return self._hello or self.hello()

    def _run_once(self, frame: bytes, steps: int, with_crc: bool, fetch: Callable[[int, messages.RunReply], T]) -> T:
        hello = self._known()
        if len(frame) != hello.input_bytes:
            raise LinkError(f"the frame has {len(frame)} bytes, the model on the board takes {hello.input_bytes}")
        flags = 0 if with_crc else messages.RUN_WITHOUT_CRC
        if self.window is not None:
            try:
                self.window.write(frame)
                return self._start(frame, steps, flags | messages.RUN_FROM_WINDOW, fetch)
            except (OSError, _OtherInputError):
                self.window = None
        for offset in range(0, len(frame), messages.WRITE_CHUNK):
            piece = frame[offset : offset + messages.WRITE_CHUNK]
            self._request(MessageType.WRITE_INPUT, messages.write_input_request(offset, piece))
        return self._start(frame, steps, flags, fetch)

    def _start(self, frame: bytes, steps: int, flags: int, fetch: Callable[[int, messages.RunReply], T]) -> T:
        token = secrets.randbelow(0xFFFFFFFF) + 1
        request = messages.run_request(token, steps, flags, zlib.crc32(frame))
        reply = messages.parse_run(self._request(MessageType.RUN, request, self._patience.run_s))
        if reply.token != token:
            raise _RestartedError(f"{self._transport.name}: the board answered for another run")
        return fetch(token, reply)

    def _fetch_run(self, token: int, reply: messages.RunReply) -> Run:
        output = self._read(ReadSource.OUTPUT, self._known().output_bytes, token)
        if zlib.crc32(output) != reply.output_crc:
            raise _RestartedError(f"{self._transport.name}: the output arrived changed")
        return Run(output, self._steps(token, reply.steps))

    def _steps(self, token: int, count: int) -> tuple[StepResult, ...]:
        results: list[StepResult] = []
        while len(results) < count:
            found, first, piece = messages.parse_steps(
                self._request(MessageType.STEPS, messages.steps_request(len(results)))
            )
            self._check_token(found, token)
            if first != len(results) or not piece:
                raise LinkError("the board's step table has gaps", "flash it again: sktools flash MODEL")
            results.extend(piece)
        return tuple(results[:count])

    def _read(self, source: ReadSource, size: int, token: int) -> bytes:
        data = bytearray()
        while len(data) < size:
            count = min(messages.READ_CHUNK, size - len(data))
            request = messages.read_request(source, len(data), count)
            found, offset, piece = messages.parse_read(self._request(MessageType.READ, request))
            self._check_token(found, token)
            if offset != len(data) or len(piece) != count:
                raise LinkError("the board sent other bytes than were asked for", "flash it again: sktools flash MODEL")
            data += piece
        return bytes(data)

    def _check_token(self, found: int, expected: int) -> None:
        if found != expected:
            raise _RestartedError(
                f"{self._transport.name}: the board forgot the run: it was reset, or another program talks to it",
                "close other terminals on this port and check the board's supply",
            )

    # ---- one request ----

    def _request(self, kind: MessageType, payload: bytes, longest_s: float = 0.0) -> bytes:
        """Sends until the answer comes. longest_s: how long the answer may take for the board being busy."""
        if self._hello is None and kind not in (MessageType.HELLO, MessageType.RESET):
            self.hello()  # opens the conversation: only it and RESET may carry any sequence number
        self._sequence = self._sequence % (_SEQUENCES - 1) + 1  # 1 to 65535; 0 is for frames that could not be read
        frame = encode(Frame(PROTOCOL_VERSION, kind, self._sequence, payload))
        wait = _Wait()
        patience = self._patience
        left = max(longest_s, patience.answer_s * patience.attempts)
        for sent in itertools.count(1):
            started = self._clock()
            self._transport.send(frame)
            longest = min(patience.answer_s, left)
            answer = self._await(kind, longest, wait)
            if answer is not None:
                return answer
            # What is longer than that we were stopped (Ctrl-Z, a suspended laptop), and the board may have been too.
            left -= min(self._clock() - started, longest)
            unreadable = wait.refused >= patience.attempts
            silent = wait.received == 0 and sent >= _SILENT_ATTEMPTS and longest_s == 0
            if unreadable or silent or left <= 0:
                break
        raise self._failure(wait)

    def _await(self, kind: MessageType, longest_s: float, wait: _Wait) -> bytes | None:
        """The answer's payload, or None if it is time to send again.

        What has arrived is read even if the time is over: we may have been stopped while it came.
        """
        until = self._clock() + longest_s
        waiting = True
        while waiting:
            left = until - self._clock()
            waiting = left > 0
            received = self._transport.receive(max(left, 0.0))
            wait.received += len(received)
            refused_before = wait.refused
            restarted = False
            for piece in self._reader.feed(received):
                if isinstance(piece, Garbage):
                    wait.garbled += 1
                elif isinstance(piece, Banner):
                    restarted = True  # the request may have fallen into the reset
                else:
                    answer = self._judge(piece, kind, wait)
                    if answer is not None:
                        return answer
            if restarted or wait.refused > refused_before:
                return None
        return None

    def _judge(self, frame: Frame, kind: MessageType, wait: _Wait) -> bytes | None:
        """The payload where this frame answers the request; None where it is to be passed over."""
        if frame.version != PROTOCOL_VERSION:
            raise LinkError(
                f"the board speaks protocol version {frame.version}, this sktools speaks {PROTOCOL_VERSION}",
                "flash it with this sktools: sktools flash MODEL",
            )
        if frame.type == MessageType.FAULT:
            if kind == MessageType.RESET:
                return None  # sent before it heard us
            raise self._fault(messages.parse_fault(frame.payload))
        if frame.type == MessageType.ERROR:
            error = messages.parse_error(frame.payload)
            if error.code == ErrorCode.BAD_FRAME:
                wait.refused += 1
                return None
            if frame.sequence == self._sequence:
                raise self._refusal(error, kind)
        elif frame.sequence == self._sequence and frame.type == kind | MessageType.REPLY:
            return frame.payload
        wait.late += 1
        return None

    # ---- what went wrong ----

    def _refusal(self, error: ErrorReply, kind: MessageType) -> LinkError:
        reset = "reset the board, or flash it again: sktools flash MODEL"
        if error.code == ErrorCode.BAD_VERSION:
            return LinkError(
                f"the board speaks protocol version {error.detail}, this sktools speaks {PROTOCOL_VERSION}", reset
            )
        if error.code in (ErrorCode.INPUT_MISMATCH, ErrorCode.STALE):
            kind_of_loss = _OtherInputError if error.code == ErrorCode.INPUT_MISMATCH else _RestartedError
            return kind_of_loss(
                f"{self._transport.name}: the board lost its input: it was reset, or another program talks to it",
                "close other terminals on this port and check the board's supply",
            )
        if error.code == ErrorCode.NOT_OBSERVABLE:
            # Also after a reset, when there is no run any more; a step without activation is refused before it is run.
            return _RestartedError(f"{self._transport.name}: the board has no activation to read", reset)
        if error.code == ErrorCode.TOO_MANY_STEPS:
            return LinkError(f"the firmware was built for {error.detail} steps, fewer than the model has", reset)
        name = ErrorCode(error.code).name if error.code in set(ErrorCode) else f"error {error.code}"
        return LinkError(f"the board refused {kind.name}: {name.replace('_', ' ').lower()} ({error.detail})", reset)

    def _fault(self, fault: Fault) -> BoardFaultError:
        names = {layer.step: f" ({layer.name})" for layer in self._model.layers} if self._model else {}
        where = "" if fault.step is None else f" in step {fault.step}{names.get(fault.step, '')}"
        what, link = _FAULTS[fault.reason]
        place = self._place(fault.lr if fault.reason is FaultReason.STACK_OVERFLOW else fault.pc)
        registers = (
            f"cfsr {fault.cfsr:#010x}, hfsr {fault.hfsr:#010x}, mmfar {fault.mmfar:#010x}, bfar {fault.bfar:#010x}"
        )
        return BoardFaultError(fault, f"the firmware {what}{where} {link} {place}: {registers}, lr {fault.lr:#010x}")

    def _place(self, address: int) -> str:
        try:
            known = self._locate(address) if self._locate else None
        except SktoolsError:  # the fault is what matters, not why its place is unknown
            known = None
        return known or f"{address:#010x}"

    def _failure(self, wait: _Wait) -> LinkError:
        name = self._transport.name
        if wait.received == 0:
            return LinkError(
                f"{name} is silent: nothing answers",
                "is the board powered and flashed? sktools flash MODEL, sktools list ports",
            )
        if wait.refused:
            return LinkError(f"{name}: the board cannot read what is sent to it", "check the cable and --baud")
        if wait.late:
            return LinkError(
                f"{name}: the board answers too late", "close other programs on this port, then reset the board"
            )
        return LinkError(
            f"{name}: the answers are garbled ({wait.received} bytes, no frame among them)",
            "check the cable and --baud",
        )
