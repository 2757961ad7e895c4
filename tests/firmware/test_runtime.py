"""The serial server in C, driven byte by byte through the host build: right answers, and nothing that upsets it."""

from __future__ import annotations

import dataclasses
import struct
import subprocess
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from sktools.boards.host import InProcessTransport
from sktools.build.shipped import firmware_path
from sktools.link import messages
from sktools.link.framing import PAYLOAD_MAX, Banner, Frame, FrameReader, Garbage, encode
from sktools.link.messages import ErrorCode, MessageType
from tests.support.builds import build_for, fake_build
from tests.support.fake_model import ELEMENTS, fake_model, reference
from tests.support.tools import needs_cc

pytestmark = needs_cc


class Wire:
    """The firmware's two directions as frames; the conversation is open."""

    def __init__(self) -> None:
        self.transport = InProcessTransport(fake_build("host").image)
        self.reader = FrameReader()
        self.started = self.take()
        self.sequence = 100
        self.ask(MessageType.HELLO)

    def take(self) -> list[Frame | Garbage | Banner]:
        return self.reader.feed(self.transport.receive(0))

    def send(self, data: bytes) -> list[Frame | Garbage | Banner]:
        self.transport.send(data)
        return self.take()

    def ask(self, kind: int, payload: bytes = b"") -> Frame:
        self.sequence += 1
        (answer,) = self.send(encode(Frame(1, kind, self.sequence, payload)))
        assert isinstance(answer, Frame) and answer.sequence == self.sequence
        return answer

    def write(self, frame: bytes) -> None:
        for offset in range(0, len(frame), messages.WRITE_CHUNK):
            request = messages.write_input_request(offset, frame[offset : offset + messages.WRITE_CHUNK])
            assert self.ask(MessageType.WRITE_INPUT, request).type == MessageType.WRITE_INPUT | MessageType.REPLY


@pytest.fixture
def wire() -> Iterator[Wire]:
    wire = Wire()
    yield wire
    wire.transport.close()


def error_code(frame: Frame) -> ErrorCode:
    assert frame.type == MessageType.ERROR
    return ErrorCode(messages.parse_error(frame.payload).code)


def test_a_banner_comes_first(wire: Wire) -> None:
    assert wire.started == [Banner("sktools firmware: fake on host")]


def test_a_request_that_comes_twice_is_answered_twice_and_run_once(wire: Wire) -> None:
    frame = bytes(range(256)) + bytes(ELEMENTS - 256)
    wire.write(frame)
    request = encode(Frame(1, MessageType.RUN, 500, messages.run_request(77, messages.STEP_ALL, 0, zlib.crc32(frame))))
    first = wire.send(request)
    assert wire.send(b"\x01\x02garbage\x00")[0].type == MessageType.ERROR  # type: ignore[union-attr]
    assert wire.send(request) == first  # a garbled frame between does not wipe the kept answer
    # The same number on another request is a new request only where it is newer.
    other = Frame(1, MessageType.RUN, 500, messages.run_request(78, 1, 0, zlib.crc32(frame)))
    (refused,) = wire.send(encode(other))
    assert isinstance(refused, Frame) and error_code(refused) == ErrorCode.STALE


def test_an_older_request_has_no_effect(wire: Wire) -> None:
    wire.sequence += 1
    old = encode(Frame(1, MessageType.WRITE_INPUT, wire.sequence, messages.write_input_request(0, b"\xff" * 8)))
    (taken,) = wire.send(old)
    assert isinstance(taken, Frame) and taken.type == MessageType.WRITE_INPUT | MessageType.REPLY
    frame = bytes(ELEMENTS)
    wire.write(frame)
    (refused,) = wire.send(old)
    assert isinstance(refused, Frame) and error_code(refused) == ErrorCode.STALE
    answer = wire.ask(MessageType.RUN, messages.run_request(9, messages.STEP_ALL, 0, zlib.crc32(frame)))
    assert answer.type == MessageType.RUN | MessageType.REPLY


def test_a_run_on_anything_but_the_named_input_is_refused(wire: Wire) -> None:
    wire.write(bytes(ELEMENTS))
    answer = wire.ask(MessageType.RUN, messages.run_request(9, messages.STEP_ALL, 0, 1))
    assert error_code(answer) == ErrorCode.INPUT_MISMATCH


def test_nothing_is_heard_between_a_start_and_a_hello(wire: Wire) -> None:
    """Else a host could go on with what has started in its board's place."""
    wire.write(bytes(ELEMENTS))
    wire.send(encode(Frame(1, MessageType.RESET, 1, b"")))
    run = messages.run_request(9, messages.STEP_ALL, 0, zlib.crc32(bytes(ELEMENTS)))
    assert error_code(wire.ask(MessageType.RUN, run)) == ErrorCode.STALE
    assert wire.ask(MessageType.HELLO).type == MessageType.HELLO | MessageType.REPLY
    assert wire.ask(MessageType.RUN, run).type == MessageType.RUN | MessageType.REPLY


def test_sequence_numbers_wrap(wire: Wire) -> None:
    for sequence in (0xFFFE, 0xFFFF, 1, 2):
        (answer,) = wire.send(encode(Frame(1, MessageType.MEMORY if sequence != 0xFFFE else 1, sequence, b"")))
        assert isinstance(answer, Frame) and answer.type & 0x80 and answer.sequence == sequence
        assert answer.type != MessageType.ERROR


def test_before_a_run_there_is_nothing_to_read(wire: Wire) -> None:
    activation = messages.read_request(messages.ReadSource.ACTIVATION, 0, 1)
    assert error_code(wire.ask(MessageType.READ, activation)) == ErrorCode.NOT_OBSERVABLE
    assert messages.parse_steps(wire.ask(MessageType.STEPS, messages.steps_request(0)).payload) == (0, 0, ())


def test_an_image_built_for_fewer_steps_says_so() -> None:
    few = build_for("host", "few", dataclasses.replace(fake_model(), step_count=2))  # the C has four
    transport = InProcessTransport(few.image)
    reader = FrameReader()
    transport.send(encode(Frame(1, MessageType.HELLO, 4, b"")))
    reader.feed(transport.receive(0))
    request = messages.run_request(1, messages.STEP_ALL, 0, zlib.crc32(bytes(ELEMENTS)))
    transport.send(encode(Frame(1, MessageType.RUN, 5, request)))
    (answer,) = reader.feed(transport.receive(0))
    assert isinstance(answer, Frame) and error_code(answer) == ErrorCode.TOO_MANY_STEPS
    transport.close()


class Server(RuleBasedStateMachine):
    """Any sequence of requests, damaged frames and noise: the server answers as this model of it does."""

    def __init__(self) -> None:
        super().__init__()
        self.wire = Wire()
        self.input = bytearray(ELEMENTS)
        self.ran: int | None = None
        self.token = 0

    def teardown(self) -> None:
        self.wire.transport.close()

    @rule(offset=st.integers(0, ELEMENTS + 5), data=st.binary(max_size=messages.WRITE_CHUNK))
    def write(self, offset: int, data: bytes) -> None:
        answer = self.wire.ask(MessageType.WRITE_INPUT, messages.write_input_request(offset, data))
        if offset + len(data) > ELEMENTS:
            assert error_code(answer) == ErrorCode.OUT_OF_RANGE
        else:
            assert answer.payload == b""
            self.input[offset : offset + len(data)] = data

    @rule(steps=st.sampled_from([0, 1, 2, 3, 4, 5, 1000, messages.STEP_ALL]), token=st.integers(0, 0xFFFFFFFF))
    def run(self, steps: int, token: int) -> None:
        request = messages.run_request(token, steps, 0, zlib.crc32(bytes(self.input)))
        answer = self.wire.ask(MessageType.RUN, request)
        count = 4 if steps == messages.STEP_ALL else steps
        if count not in range(1, 5) or token == 0:
            assert error_code(answer) == ErrorCode.OUT_OF_RANGE
            return
        reply = messages.parse_run(answer.payload)
        assert (reply.token, reply.steps) == (token, count)
        self.ran, self.token, self.expected = count, token, reference(np.frombuffer(self.input, np.int8))
        if count == 4:
            assert self.expected[3] is not None
            assert reply.output_crc == zlib.crc32(self.expected[3].tobytes())

    @rule(first=st.integers(0, 6))
    def steps(self, first: int) -> None:
        answer = self.wire.ask(MessageType.STEPS, messages.steps_request(first))
        ran = self.ran or 0
        if first > ran:
            assert error_code(answer) == ErrorCode.OUT_OF_RANGE
            return
        token, start, results = messages.parse_steps(answer.payload)
        assert (token, start, len(results)) == (self.token, first, ran - first)
        for position, result in enumerate(results, first):
            activation = self.expected[position]
            assert result.crc == (0 if activation is None else zlib.crc32(activation.tobytes()))

    @rule(offset=st.integers(0, ELEMENTS + 5), count=st.integers(0, PAYLOAD_MAX + 5))
    def read_activation(self, offset: int, count: int) -> None:
        answer = self.wire.ask(MessageType.READ, messages.read_request(messages.ReadSource.ACTIVATION, offset, count))
        activation = None if self.ran is None else self.expected[self.ran - 1]
        if activation is None:
            assert error_code(answer) == ErrorCode.NOT_OBSERVABLE
        elif offset + count > ELEMENTS or count > messages.READ_CHUNK:
            assert error_code(answer) == ErrorCode.OUT_OF_RANGE
        else:
            assert messages.parse_read(answer.payload) == (
                self.token, offset, activation.tobytes()[offset : offset + count],
            )  # fmt: skip

    @rule(kind=st.integers(0, 255), payload=st.binary(max_size=PAYLOAD_MAX))
    def anything(self, kind: int, payload: bytes) -> None:
        if kind in (MessageType.WRITE_INPUT, MessageType.RUN, MessageType.RESET):
            return  # these change the state; each has its rule
        answer = self.wire.ask(kind, payload)
        assert answer.type in (kind | MessageType.REPLY, MessageType.ERROR)

    @rule(noise=st.binary(max_size=700))
    def noise(self, noise: bytes) -> None:
        for answer in self.wire.send(noise + b"\0"):
            assert isinstance(answer, Frame) and error_code(answer) == ErrorCode.BAD_FRAME

    @rule(version=st.integers(2, 255), kind=st.integers(0, 255), payload=st.binary(max_size=40))
    def another_version(self, version: int, kind: int, payload: bytes) -> None:
        (answer,) = self.wire.send(encode(Frame(version, kind, 1, payload)))
        assert isinstance(answer, Frame) and error_code(answer) == ErrorCode.BAD_VERSION

    @rule()
    def reset(self) -> None:
        self.wire.sequence += 1
        answer, banner = self.wire.send(encode(Frame(1, MessageType.RESET, self.wire.sequence, b"")))
        assert isinstance(answer, Frame) and answer.type == MessageType.RESET | MessageType.REPLY
        assert isinstance(banner, Banner)
        self.ran, self.token = None, 0

    @invariant()
    def still_answers(self) -> None:
        assert messages.parse_hello(self.wire.ask(MessageType.HELLO).payload).model == "fake"


Server.TestCase.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)
TestServer = Server.TestCase


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=2000))
def test_any_bytes_leave_it_answering(wire: Wire, data: bytes) -> None:
    wire.send(data + b"\0")
    assert messages.parse_hello(wire.ask(MessageType.HELLO).payload).layer_count == 5


SANITIZED = """\
#include <stdio.h>
#include <stdint.h>
typedef void (*sk_host_sink_t)(const uint8_t *bytes, uint32_t count);
void sk_host_open(sk_host_sink_t receiver);
void sk_host_feed(const uint8_t *bytes, uint32_t count);
static void sink(const uint8_t *bytes, uint32_t count) { fwrite(bytes, 1, count, stdout); }
int main(void)
{
    uint8_t buffer[4096];
    size_t count;
    sk_host_open(sink);
    while ((count = fread(buffer, 1, sizeof buffer, stdin)) != 0) {
        sk_host_feed(buffer, (uint32_t)count);
    }
    return 0;
}
"""


@pytest.fixture(scope="module")
def sanitized(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The server and the fake model as a program under ASan and UBSan, stdin to stdout."""
    folder = tmp_path_factory.mktemp("sanitized")
    (folder / "main.c").write_text(SANITIZED)
    (folder / "model.c").write_text(fake_model().sources["model.c"])
    runtime = [firmware_path("runtime", f"sk_{name}.c") for name in ("crc32", "frame", "runner", "server")]
    subprocess.run(
        ["cc", "-std=c99", "-g", "-O1", "-Wall", "-Wextra", "-Werror", "-fsanitize=address,undefined",
         "-fno-sanitize-recover=all", "-I", firmware_path("runtime"), "-o", folder / "server", folder / "main.c",
         folder / "model.c", firmware_path("boards", "host", "board.c"), *runtime],
        check=True,
    )  # fmt: skip
    return folder / "server"


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.builds(
            Frame, st.sampled_from([1, 1, 1, 2]), st.integers(0, 9), st.integers(0, 0xFFFF), st.binary(max_size=600)
        )
        | st.binary(max_size=600),
        max_size=60,
    )
)
def test_no_input_trips_a_sanitizer(sanitized: Path, pieces: list[Frame | bytes]) -> None:
    stream = b"".join(piece if isinstance(piece, bytes) else encode(piece) for piece in pieces)
    done = subprocess.run([sanitized], input=stream, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")


def test_valid_traffic_trips_no_sanitizer(sanitized: Path) -> None:
    frame = bytes(range(256)) + bytes(ELEMENTS - 256)
    requests = [(MessageType.HELLO, b""), (MessageType.LAYERS, messages.layers_request(0)),
                (MessageType.WRITE_INPUT, messages.write_input_request(0, frame[:508])),
                (MessageType.WRITE_INPUT, messages.write_input_request(508, frame[508:])),
                (MessageType.RUN, messages.run_request(3, messages.STEP_ALL, 0, zlib.crc32(frame))),
                (MessageType.STEPS, messages.steps_request(0)),
                (MessageType.READ, messages.read_request(messages.ReadSource.OUTPUT, 96, 504)),
                (MessageType.MEMORY, b""), (MessageType.RESET, b"")]  # fmt: skip
    stream = b"".join(encode(Frame(1, kind, at, payload)) for at, (kind, payload) in enumerate(requests, 1))
    done = subprocess.run([sanitized], input=stream, capture_output=True, check=True)
    answers = [piece for piece in FrameReader().feed(done.stdout) if isinstance(piece, Frame)]
    assert [answer.type for answer in answers] == [kind | MessageType.REPLY for kind, _ in requests]
    assert struct.unpack("<I", answers[4].payload[-4:])[0] == zlib.crc32(_output(frame))


def _output(frame: bytes) -> bytes:
    output = reference(np.frombuffer(frame, np.int8))[3]
    assert output is not None
    return output.tobytes()
