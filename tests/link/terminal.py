"""A pseudo-terminal with a board behind it, and everything between that a bad cable, port or supply does."""

from __future__ import annotations

import contextlib
import os
import random
import select
import threading
import time
import tty
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from sktools.link.transport import Transport

BoardFactory = Callable[[], Transport]


@dataclass(frozen=True)
class Faults:
    """Probabilities. Of a byte: flipped, dropped, doubled. Of a chunk that passes either way: delayed and split, the
    board reset in its middle, silence after it, noise in front of it. delay_s: how long delays and silences last.
    """

    byte: float = 0.0
    split: float = 0.0
    reset: float = 0.0
    silence: float = 0.0
    babble: float = 0.0
    delay_s: float = 0.02

    @staticmethod
    def at(rate: float) -> Faults:
        """All kinds at once, so that about one byte in 1 / rate suffers, and chunks in proportion."""
        return Faults(rate, 20 * rate, 4 * rate, 4 * rate, 4 * rate)


@dataclass
class Terminal:
    """port: what the host opens. counts: how often each fault was done."""

    board: BoardFactory
    faults: Faults
    seed: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    port: str = ""

    @contextlib.contextmanager
    def running(self) -> Iterator[Terminal]:
        self._random = random.Random(self.seed)
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)  # kept open, so that the host may open and close the port as it likes
        self.port = os.ttyname(self._slave)
        self._ended = threading.Event()
        self._powered = self.board()
        thread = threading.Thread(target=self._pump, name="terminal")
        thread.start()
        try:
            yield self
        finally:
            self.unplug()
            thread.join(30)
            self._powered.close()
            assert not thread.is_alive()

    def unplug(self) -> None:
        """The port is gone for good; a board that comes back is another Terminal."""
        self._ended.set()

    def _count(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1

    def _happens(self, what: str, probability: float) -> bool:
        happens = self._random.random() < probability
        if happens:
            self._count(what)
        return happens

    def _pump(self) -> None:
        try:
            self._send(self._powered.receive(0))
            while not self._ended.is_set():
                if select.select([self._master], [], [], 0.002)[0]:
                    self._to_board(os.read(self._master, 4096))
        finally:
            os.close(self._slave)
            os.close(self._master)

    def _to_board(self, data: bytes) -> None:
        data = self._damaged(data)
        cut = self._random.randrange(len(data) + 1)
        if self._happens("split", self.faults.split):
            self._feed(data[:cut])
            time.sleep(self._random.random() * self.faults.delay_s)
            data = data[cut:]
        elif self._happens("reset", self.faults.reset):
            self._feed(data[:cut])
            self._powered.close()
            self._powered = self.board()
            data = data[cut:]
        self._feed(data)

    def _feed(self, data: bytes) -> None:
        self._powered.send(data)
        answer = self._powered.receive(0)
        if answer:
            self._send(answer)

    def _send(self, data: bytes) -> None:
        if self._happens("silence", self.faults.silence):
            time.sleep(2 * self.faults.delay_s)
            return
        if self._happens("babble", self.faults.babble):
            self._write(self._random.randbytes(self._random.randrange(1, 1500)))
        data = self._damaged(data)
        if self._happens("split", self.faults.split):
            cut = self._random.randrange(len(data) + 1)
            self._write(data[:cut])
            time.sleep(self._random.random() * self.faults.delay_s)
            data = data[cut:]
        self._write(data)

    def _write(self, data: bytes) -> None:
        while data and not self._ended.is_set():
            if select.select([], [self._master], [], 0.05)[1]:
                data = data[os.write(self._master, data) :]

    def _damaged(self, data: bytes) -> bytes:
        if not self.faults.byte:
            return data
        damaged = bytearray()
        for byte in data:
            if self._random.random() >= self.faults.byte:
                damaged.append(byte)
                continue
            fate = self._random.randrange(3)
            self._count(("flipped", "dropped", "doubled")[fate])
            damaged += (bytes([byte ^ 1 << self._random.randrange(8)]), b"", bytes([byte, byte]))[fate]
        return bytes(damaged)
