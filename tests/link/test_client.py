"""The client: right answers through a bad line or one clear error, never a wrong answer and never a hang."""

from __future__ import annotations

import dataclasses
import struct
import zlib

import numpy as np
import pytest

from sktools.boards.host import InProcessTransport
from sktools.errors import LinkError
from sktools.link.client import BoardFaultError, Client, Patience
from sktools.link.framing import Frame
from sktools.link.messages import Hello, MessageType
from tests.link.faulty import Answer, FaultyLine, GonePort, PlayedBoard, reply
from tests.support.builds import fake_build
from tests.support.fake_model import ELEMENTS, fake_model, reference
from tests.support.tools import needs_cc

HELLO = struct.pack("<HHI32sHHIII", 1, 512, 0, bytes(32), 5, 4, 600, 600, 1200) + b"\x04host\x04none\x04fake\x01x"


def played(answer: Answer, patience: Patience | None = None) -> tuple[Client, PlayedBoard]:
    board = PlayedBoard(answer)
    return Client(board, patience, clock=board.clock), board


def frame_of(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(-128, 128, ELEMENTS).astype(np.int8)


@needs_cc
def test_every_request_against_the_firmware_itself() -> None:
    client = Client(InProcessTransport(fake_build("host").image))
    hello = client.connect(fake_model())
    assert hello == Hello(
        1, 512, 0, fake_model().sha256, 5, 4, 600, 600, 1200, "host", "none", "fake", fake_model().contract
    )
    assert [
        (row.index, row.name, row.block, row.op, row.macs, row.step, row.output_bytes) for row in client.layers()
    ] == [
        (layer.index, layer.name, layer.block, layer.op, layer.macs, layer.step, layer.output_bytes)
        for layer in fake_model().layers
    ]
    frame = frame_of(0)
    expected = reference(frame)
    run = client.run(frame.tobytes())
    assert run.output == expected[3].tobytes()
    assert [step.crc for step in run.steps] == [0 if a is None else zlib.crc32(a.tobytes()) for a in expected]
    assert [step.crc for step in client.run(frame.tobytes(), with_crc=False).steps] == [0, 0, 0, 0]
    for step in (0, 1, 3):
        assert client.run_to(frame.tobytes(), step) == expected[step].tobytes()
    for step in (2, 4, 99):
        with pytest.raises(LinkError, match=f"step {step} leaves no activation"):
            client.run_to(frame.tobytes(), step)
    assert client.memory().arena_bytes == 1200
    assert client.reset() == hello
    with pytest.raises(LinkError, match="599 bytes, the model on the board takes 600"):
        client.run(bytes(599))
    client.close()


@needs_cc
@pytest.mark.parametrize("rate", [0.0, 0.0001, 0.001, 0.003])
def test_a_faulty_line_gives_the_right_answer_or_one_error(rate: float) -> None:
    line = FaultyLine(InProcessTransport(fake_build("host").image), rate, seed=7)
    client = Client(line, clock=line.clock)
    right = failed = 0
    for seed in range(60):
        started = line.now
        frame = frame_of(seed)
        try:
            run = client.run(frame.tobytes())
        except LinkError:
            failed += 1
            continue
        finally:
            assert line.now - started < 600  # the line's own clock, not the wall's
        expected = reference(frame)
        assert run.output == expected[3].tobytes()
        assert [step.crc for step in run.steps] == [0 if a is None else zlib.crc32(a.tobytes()) for a in expected]
        right += 1
    assert right + failed == 60
    assert right >= (60 if rate <= 0.001 else 30)
    assert (line.faults > 0) == (rate > 0)
    client.close()


def test_a_silent_port() -> None:
    client, board = played(lambda request: [])
    with pytest.raises(LinkError, match="silent") as caught:
        client.hello()
    assert "flash" in caught.value.hint
    assert len(board.requests) == 4
    assert board.now < 10


def test_garbled_answers() -> None:
    client, _ = played(lambda request: [b"\x55\xaa\x00\x13\x37\x00"])
    with pytest.raises(LinkError, match="garbled"):
        client.hello()


def test_a_board_that_babbles_without_end() -> None:
    class Babbler(PlayedBoard):
        def receive(self, timeout_s: float) -> bytes:
            self.now += 0.01
            return b"\x01\x02\x03\x04" * 100

    board = Babbler(lambda request: [])
    with pytest.raises(LinkError, match="garbled"):
        Client(board, clock=board.clock).hello()
    assert board.now < 20


def test_a_board_that_cannot_read_us() -> None:
    refusal = struct.pack("<BBI", 1, 0, 0)
    client, board = played(
        lambda request: [reply(dataclasses.replace(request, sequence=0), refusal, MessageType.ERROR)]
    )
    with pytest.raises(LinkError, match="cannot read what is sent"):
        client.hello()
    assert len(board.requests) == Patience().attempts


def test_answers_to_other_requests_are_passed_over() -> None:
    def answer(request: Frame) -> list[bytes]:
        older = dataclasses.replace(request, sequence=(request.sequence - 1) % 0x10000)
        return [reply(older, b"wrong"), reply(request, HELLO)]

    client, _ = played(answer)
    assert client.hello().model == "fake"


def test_only_late_answers() -> None:
    client, _ = played(lambda request: [reply(dataclasses.replace(request, sequence=request.sequence ^ 0x8000), HELLO)])
    with pytest.raises(LinkError, match="too late"):
        client.hello()


@pytest.mark.parametrize("how", ["frame", "error"])
def test_another_protocol_version(how: str) -> None:
    def answer(request: Frame) -> list[bytes]:
        if how == "frame":
            return [reply(request, HELLO, version=2)]
        return [reply(request, struct.pack("<BBI", 2, request.type, 2), MessageType.ERROR)]

    client, _ = played(answer)
    with pytest.raises(LinkError, match="protocol version 2, this sktools speaks 1"):
        client.hello()


def test_another_model() -> None:
    client, _ = played(lambda request: [reply(request, HELLO)])
    with pytest.raises(LinkError, match=r"another model: fake \(000000000000\), expected b964e32e3d8f"):
        client.connect(fake_model())


def test_the_port_is_gone() -> None:
    with pytest.raises(LinkError, match="/dev/ttyGONE is gone"):
        Client(GonePort()).hello()


def test_an_answer_cut_short_is_one_error() -> None:
    client, _ = played(lambda request: [reply(request, HELLO[:-3])])
    with pytest.raises(LinkError, match="shorter than the protocol says"):
        client.hello()


def test_a_fault_names_function_and_line() -> None:
    fault = struct.pack("<IH13I", 0, 3, *range(13))

    def answer(request: Frame) -> list[bytes]:
        return [
            reply(request, HELLO) if request.type == MessageType.HELLO else reply(request, fault, MessageType.FAULT)
        ]

    board = PlayedBoard(answer)
    client = Client(board, locate={6: "sk_conv (sk_conv_2d.c:7)"}.get, clock=board.clock)
    with pytest.raises(BoardFaultError, match=r"crashed in step 3 at sk_conv \(sk_conv_2d.c:7\)") as caught:
        client.run(bytes(600))
    assert (caught.value.fault.pc, caught.value.fault.bfar, caught.value.fault.sp) == (6, 11, 12)


def test_a_board_that_is_reset_in_the_middle_of_a_frame_runs_it_again() -> None:
    """The board forgets its input and its run once: the token of the second run is what counts."""
    runs: list[bytes] = []

    def answer(request: Frame) -> list[bytes]:
        if request.type == MessageType.HELLO:
            return [reply(request, HELLO)]
        if request.type == MessageType.WRITE_INPUT:
            return [reply(request)]
        if request.type == MessageType.RUN:
            runs.append(request.payload[:4])
            return [reply(request, request.payload[:4] + struct.pack("<HI", 4, zlib.crc32(bytes(600))))]
        token = runs[-1] if len(runs) > 1 else bytes(4)
        if request.type == MessageType.READ:
            offset, count = struct.unpack_from("<IH", request.payload, 1)
            return [
                b"sktools firmware: fake on host\r\n\0",
                reply(request, token + struct.pack("<I", offset) + bytes(count)),
            ]
        return [reply(request, token + struct.pack("<H", 0) + bytes(4 * 8))]

    client, _ = played(answer)
    assert client.run(bytes(600)).output == bytes(600)
    assert len(set(runs)) == len(runs) == 2


class StoppedBoard(PlayedBoard):
    """The host is stopped (Ctrl-Z) for an hour of the clock in its n-th wait; what has arrived is kept or lost."""

    def __init__(self, answer: Answer, stopped_wait: int, lost: bool) -> None:
        super().__init__(answer)
        self._waits_left, self._lost = stopped_wait, lost

    def receive(self, timeout_s: float) -> bytes:
        self._waits_left -= 1
        if self._waits_left == 0:
            self.now += 3600
            if self._lost:
                self._waiting.clear()
                return b""
        return super().receive(timeout_s)


@pytest.mark.parametrize("lost", [False, True])
@pytest.mark.parametrize("stopped_wait", [1, 2, 5, 9])
def test_a_host_that_was_stopped_asks_again_before_it_gives_up(stopped_wait: int, lost: bool) -> None:
    def answer(request: Frame) -> list[bytes]:
        whole = reply(request, HELLO)
        return [whole[:3], whole[3:]]  # a stop falls between them too

    board = StoppedBoard(answer, stopped_wait, lost)
    client = Client(board, clock=board.clock)
    for _ in range(5):
        assert client.hello().model == "fake"


def test_a_board_that_is_reset_again_and_again_is_one_error() -> None:
    def answer(request: Frame) -> list[bytes]:
        if request.type == MessageType.RUN:
            return [reply(request, struct.pack("<BBI", 7, request.type, 0), MessageType.ERROR)]
        return [reply(request, HELLO if request.type == MessageType.HELLO else b"")]

    client, _ = played(answer)
    with pytest.raises(LinkError, match="lost its input"):
        client.run(bytes(600))
