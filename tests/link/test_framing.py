"""Frames survive any payload, and a stream cut anywhere; nothing damaged passes for a frame."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from sktools.build.shipped import firmware_path
from sktools.link import framing, messages
from sktools.link.framing import PAYLOAD_MAX, Banner, Frame, FrameReader, Garbage, encode

frames = st.builds(
    Frame,
    version=st.just(framing.PROTOCOL_VERSION),
    type=st.integers(0, 255),
    sequence=st.integers(0, 0xFFFF),
    payload=st.binary(max_size=PAYLOAD_MAX) | st.integers(0, PAYLOAD_MAX).map(bytes),
)


@given(st.lists(frames, max_size=4), st.lists(st.integers(1, 50), min_size=1))
def test_a_stream_cut_anywhere_gives_its_frames(sent: list[Frame], cuts: list[int]) -> None:
    stream = b"".join(encode(frame) for frame in sent)
    reader = FrameReader()
    found: list[object] = []
    at = turn = 0
    while at < len(stream):
        step = cuts[turn % len(cuts)]
        found += reader.feed(stream[at : at + step])
        at, turn = at + step, turn + 1
    assert found == sent


@given(frames, st.data())
def test_a_flipped_bit_is_never_taken_for_the_frame(frame: Frame, data: st.DataObject) -> None:
    stream = bytearray(encode(frame))
    position = data.draw(st.integers(0, len(stream) - 1))
    stream[position] ^= 1 << data.draw(st.integers(0, 7))
    for found in FrameReader().feed(bytes(stream) + b"\0"):
        # A damaged delimiter leaves the frame itself whole; a payload may hold a banner's words, which answer nothing.
        assert isinstance(found, Garbage | Banner) or (position in (0, len(stream) - 1) and found == frame)


@given(st.binary(max_size=2000))
def test_noise_never_raises_and_is_bounded(noise: bytes) -> None:
    reader = FrameReader()
    reader.feed(noise)
    assert len(reader._pending) <= framing._ENCODED_MAX


def test_a_piece_longer_than_any_frame_is_garbage_and_the_next_frame_is_read() -> None:
    frame = Frame(1, 2, 3, b"x")
    found = FrameReader().feed(b"\xff" * 5000 + encode(frame))
    assert [type(piece) for piece in found] == [Garbage, Frame]


def test_the_banner_is_told_from_noise() -> None:
    found = FrameReader().feed(b"\x13\x37sktools firmware: ss-2 on virtual\r\n\0" + encode(Frame(1, 2, 3, b"")))
    assert found == [Banner("sktools firmware: ss-2 on virtual"), Frame(1, 2, 3, b"")]


def c_constants() -> dict[str, int]:
    text = firmware_path("runtime", "sk_protocol.h").read_text()
    found = re.findall(r"\bSK_(\w+) = (0x[0-9A-Fa-f]+|\d+)\b", text)
    found += re.findall(r"#define SK_(\w+) (\d+)u", text)
    return {name: int(value, 0) for name, value in found}


def test_the_constants_are_those_of_the_firmware() -> None:
    constants = c_constants()
    assert constants["PROTOCOL_VERSION"] == framing.PROTOCOL_VERSION
    assert constants["PAYLOAD_MAX"] == framing.PAYLOAD_MAX
    assert constants["STEP_ALL"] == messages.STEP_ALL
    assert constants["RUN_WITHOUT_CRC"] == messages.RUN_WITHOUT_CRC
    for kind in messages.MessageType:
        assert constants[kind.name] == kind
    for prefix, names in (
        ("ERROR", messages.ErrorCode),
        ("READ", messages.ReadSource),
        ("FAULT", messages.FaultReason),
    ):
        for member in names:
            assert constants[f"{prefix}_{member.name}"] == member
