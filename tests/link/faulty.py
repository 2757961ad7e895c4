"""Fake transports: a board played by the test, and a line that damages what passes."""

from __future__ import annotations

import random
from collections.abc import Callable

from sktools.errors import LinkError
from sktools.link.framing import Frame, FrameReader, encode
from sktools.link.transport import Transport

Answer = Callable[[Frame], list[bytes]]


class PlayedBoard:
    """Answers each frame with the bytes that `answer` gives; time passes only where the client waits for nothing."""

    name = "a played board"

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.now = 0.0
        self.requests: list[Frame] = []
        self._reader = FrameReader()
        self._waiting: list[bytes] = []

    def clock(self) -> float:
        return self.now

    def send(self, data: bytes) -> None:
        for frame in self._reader.feed(data):
            assert isinstance(frame, Frame)
            self.requests.append(frame)
            self._waiting += self.answer(frame)

    def receive(self, timeout_s: float) -> bytes:
        self.now += 0.001
        if self._waiting:
            return self._waiting.pop(0)
        self.now += timeout_s
        return b""

    def close(self) -> None: ...


def reply(request: Frame, payload: bytes = b"", kind: int | None = None, version: int = 1) -> bytes:
    return encode(Frame(version, request.type | 0x80 if kind is None else kind, request.sequence, payload))


class FaultyLine:
    """A line to `inner` on which each byte is flipped, dropped or doubled with a probability, and chunks are held back.

    The clock counts the waits, so that a test of many frames takes no time.
    """

    def __init__(self, inner: Transport, rate: float, seed: int) -> None:
        self.name = "a faulty line"
        self._inner = inner
        self._rate = rate
        self._random = random.Random(seed)
        self._held = b""
        self.now = 0.0
        self.faults = 0

    def clock(self) -> float:
        return self.now

    def _damage(self, data: bytes) -> bytes:
        damaged = bytearray()
        for byte in data:
            fate = self._random.random() / self._rate if self._rate else 1.0
            if fate >= 1:
                damaged.append(byte)
                continue
            self.faults += 1
            if fate < 0.4:
                damaged.append(byte ^ 1 << self._random.randrange(8))
            elif fate < 0.7:
                damaged += bytes([byte, byte])
            # else it is lost
        return bytes(damaged)

    def send(self, data: bytes) -> None:
        self._inner.send(self._damage(data))
        if self._rate and self._random.random() < self._rate * 20:
            self.faults += 1
            self._inner.send(self._damage(data))  # a whole request twice

    def receive(self, timeout_s: float) -> bytes:
        self.now += 0.001
        received = self._damage(self._inner.receive(timeout_s))
        if self._rate and received and self._random.random() < self._rate * 20:
            self.faults += 1
            cut = self._random.randrange(len(received) + 1)  # the rest comes late
            received, self._held = self._held + received[:cut], received[cut:]
        elif received or self._random.random() < 0.5:
            received, self._held = self._held + received, b""
        if not received:
            self.now += timeout_s
        return received

    def close(self) -> None:
        self._inner.close()


class GonePort:
    """A port that has been unplugged."""

    name = "/dev/ttyGONE"

    def send(self, data: bytes) -> None:
        raise LinkError(f"the port {self.name} is gone")

    def receive(self, timeout_s: float) -> bytes:
        raise LinkError(f"the port {self.name} is gone")

    def close(self) -> None: ...
