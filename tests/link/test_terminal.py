"""The host's client on a real pseudo-terminal that flips, drops, doubles, delays, splits, resets, babbles and goes."""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from sktools.boards.board import load_board
from sktools.boards.driver import driver_for
from sktools.boards.host import InProcessTransport
from sktools.errors import LinkError, MissingError
from sktools.link.client import Client, Patience, Run
from sktools.link.framing import Frame, FrameReader, encode
from sktools.link.transport import SerialTransport, Transport
from tests.link.terminal import Faults, Terminal
from tests.soak.table import Amount, Figures
from tests.support.builds import build_for, fake_build
from tests.support.fake_model import ELEMENTS, fake_model, reference
from tests.support.tools import needs_cc, needs_qemu

pytestmark = needs_cc

PATIENCE = Patience(answer_s=0.25, run_s=5.0)
"""The board answers at once, so a lost answer need not be waited for as long as on a real port; a busy machine is."""

HASTE = Patience(answer_s=0.06, run_s=2.0)
"""For lines so bad that frames may be lost for good: what counts is that none is answered wrongly."""

RATES = [0.0, 0.0001, 0.0003, 0.001, 0.003, 0.01]


def firmware() -> Transport:
    return InProcessTransport(fake_build("host").image)


@contextmanager
def connected(terminal: Terminal, patience: Patience = PATIENCE) -> Iterator[Client]:
    with terminal.running() as running:
        client = Client(SerialTransport(running.port, 115200), patience)
        try:
            yield client
        finally:
            client.close()


def frame_of(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(-128, 128, ELEMENTS).astype(np.int8)


def is_right(run: Run, frame: np.ndarray) -> bool:
    expected = reference(frame)
    crcs = [0 if a is None else zlib.crc32(a.tobytes()) for a in expected]
    return expected[3] is not None and run.output == expected[3].tobytes() and [s.crc for s in run.steps] == crcs


@pytest.mark.timeout(24 * 3600)
@pytest.mark.parametrize("rate", RATES)
def test_frames_over_a_faulty_line(rate: float, amount: Amount, figures: Figures) -> None:
    """Each ends in the right answer or one LinkError; a wrong answer fails the test, a hang its time-out."""
    count = amount(40 if rate < 0.001 else 12, 10_000)
    right = errors = 0
    terminal = Terminal(firmware, Faults.at(rate), seed=int(rate * 1e6))
    with connected(terminal, HASTE if rate > 0.001 else PATIENCE) as client:
        for seed in range(count):
            frame = frame_of(seed)
            try:
                run = client.run(frame.tobytes())
            except LinkError as error:
                assert "\n" not in error.message
                errors += 1
                continue
            assert is_right(run, frame), f"frame {seed}: a wrong answer"
            right += 1
    figures(
        f"serial link, pseudo-terminal, {rate:.2%} of the bytes damaged",
        frames=count,
        faults=sum(terminal.counts.values()),
        right=right,
        one_clear_error=errors,
        wrong=0,
    )
    assert right + errors == count
    assert (sum(terminal.counts.values()) > 0) == (rate > 0)
    assert right == count if rate == 0 else right > 0 if rate <= 0.001 else True


KINDS = {
    "flipped, dropped and doubled bytes": Faults(byte=0.0005),
    "delayed and split": Faults(split=0.5, delay_s=0.01),
    "delayed beyond patience": Faults(split=0.05, delay_s=0.5),
    "reset in the middle of a frame": Faults(reset=0.05),
    "silent": Faults(silence=0.05),
    "babbling": Faults(babble=0.2),
}


@pytest.mark.timeout(24 * 3600)
@pytest.mark.parametrize("kind", KINDS)
def test_one_kind_of_fault_alone_is_survived(kind: str, amount: Amount, figures: Figures) -> None:
    count = amount(10, 2000)
    terminal = Terminal(firmware, KINDS[kind], seed=3)
    errors = 0
    with connected(terminal) as client:
        for seed in range(count):
            frame = frame_of(seed)
            try:
                assert is_right(client.run(frame.tobytes()), frame)
            except LinkError:
                errors += 1
    faults = sum(terminal.counts.values())
    figures(f"serial link, {kind}", frames=count, faults=faults, right=count - errors, one_clear_error=errors, wrong=0)
    assert faults > 0
    assert errors <= count // 20


def test_another_firmware_in_the_middle_is_refused() -> None:
    """The board is reset into another model of the very same sizes: its answers must not be taken for ours."""
    other = dataclasses.replace(
        fake_model(),
        sources={"model.c": fake_model().sources["model.c"].replace("5 - ", "6 - ").replace("0xb9", "0xb8")},
    )
    image = build_for("host", "other", other).image
    boards = iter([fake_build("host").image, image, image, image])
    terminal = Terminal(lambda: InProcessTransport(next(boards)), Faults())
    with connected(terminal) as client:
        client.connect(fake_model())
        frame = frame_of(1)
        assert is_right(client.run(frame.tobytes()), frame)
        terminal._powered.close()
        terminal._powered = terminal.board()
        terminal._powered.receive(0)  # the banner is lost
        with pytest.raises(LinkError, match="runs another model"):
            client.run(frame.tobytes())


class OtherVersion:
    """A board whose firmware speaks a later version of the protocol."""

    name = "a later firmware"

    def __init__(self) -> None:
        self._reader = FrameReader()
        self._waiting = b""

    def send(self, data: bytes) -> None:
        for frame in self._reader.feed(data):
            if isinstance(frame, Frame):
                self._waiting += encode(Frame(9, frame.type | 0x80, frame.sequence, b"what this says is not known"))

    def receive(self, timeout_s: float) -> bytes:
        waiting, self._waiting = self._waiting, b""
        return waiting

    def close(self) -> None: ...


def test_another_protocol_version_is_refused() -> None:
    with (
        connected(Terminal(OtherVersion, Faults())) as client,
        pytest.raises(LinkError, match="speaks protocol version 9, this sktools speaks 1"),
    ):
        client.connect(fake_model())


def test_a_port_that_is_unplugged_and_back() -> None:
    terminal = Terminal(firmware, Faults())
    with connected(terminal) as client:
        frame = frame_of(1)
        assert is_right(client.run(frame.tobytes()), frame)
        terminal.unplug()
        with pytest.raises(LinkError, match=f"{terminal.port} (is gone|is silent|takes no more bytes)"):
            for _ in range(50):  # it takes a moment to go
                client.run(frame.tobytes())
        gone = terminal.port
    with pytest.raises(MissingError, match=f"no port {gone}|cannot open {gone}"):
        SerialTransport(gone, 115200)
    with connected(Terminal(firmware, Faults())) as client:
        assert is_right(client.run(frame.tobytes()), frame)


def test_a_port_that_another_program_holds_is_one_error() -> None:
    with Terminal(firmware, Faults()).running() as terminal:
        first = SerialTransport(terminal.port, 115200)
        with pytest.raises(MissingError, match="in use by another program"):
            SerialTransport(terminal.port, 115200)
        first.close()


@needs_qemu
@pytest.mark.timeout(24 * 3600)
def test_the_virtual_board_behind_a_faulty_line(amount: Amount, figures: Figures) -> None:
    """The firmware as it runs on a Cortex-M4, its own UART and reset, with the same faults in between."""
    count = amount(3, 1000)
    right = errors = 0
    build = fake_build("virtual")
    with driver_for(load_board("virtual")).open(build) as session:
        port = session.port
        session.client.close()  # QEMU goes on; its port is free for the terminal
        terminal = Terminal(lambda: _Held(SerialTransport(port, 115200)), Faults(byte=0.0005, split=0.05, babble=0.02))
        with connected(terminal, Patience()) as client:
            client.connect(fake_model())
            for seed in range(count):
                frame = frame_of(seed)
                try:
                    assert is_right(client.run(frame.tobytes()), frame)
                    right += 1
                except LinkError:
                    errors += 1
    figures(
        "serial link to the firmware in QEMU, 0.05% of the bytes damaged",
        frames=count,
        faults=sum(terminal.counts.values()),
        right=right,
        one_clear_error=errors,
        wrong=0,
    )
    assert right > count // 2


class _Held:
    """A port as a board: what it answers is waited for a moment."""

    def __init__(self, inner: Transport) -> None:
        self.name = inner.name
        self._inner = inner

    def send(self, data: bytes) -> None:
        self._inner.send(data)

    def receive(self, timeout_s: float) -> bytes:
        answer = b""
        while piece := self._inner.receive(0.02):
            answer += piece
        return answer

    def close(self) -> None:
        self._inner.close()
