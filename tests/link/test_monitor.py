"""What the monitor says of a serial line."""

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from sktools.link.framing import PROTOCOL_VERSION, Frame, encode
from sktools.link.messages import MessageType
from sktools.link.monitor import Decoder, describe


def frame(kind: int, payload: bytes = b"", sequence: int = 7) -> Frame:
    return Frame(PROTOCOL_VERSION, kind, sequence, payload)


def test_text_is_shown_as_it_comes() -> None:
    decoder = Decoder()
    assert decoder.feed(b"Hello from anoth") == []
    assert decoder.feed(b"er firmware\r\nand ") == ["Hello from another firmware"]
    assert decoder.close() == ["and"]
    assert decoder.close() == []


def test_frames_between_text() -> None:
    line = b"sktools firmware: fake on virtual\r\n" + encode(frame(MessageType.MEMORY)) + b"text\n"
    decoder = Decoder()
    shown = [text for byte in line for text in decoder.feed(bytes([byte]))]
    assert shown == ["sktools firmware: fake on virtual", "MEMORY #7", "text"]


def test_each_answer_in_words() -> None:
    reply = MessageType.REPLY
    memory = struct.pack("<III", 4096, 812, 15600)
    assert describe(frame(MessageType.MEMORY | reply, memory)) == (
        "MEMORY reply #7: stack 812 of 4096 bytes used, arena 15600 bytes"
    )
    run = struct.pack("<IHI", 1, 26, 0xDEADBEEF)
    assert describe(frame(MessageType.RUN | reply, run)) == "RUN reply #7: 26 steps, output CRC-32 0xdeadbeef"
    steps = struct.pack("<IHIIII", 1, 4, 100, 1, 200, 2)
    assert describe(frame(MessageType.STEPS | reply, steps)) == "STEPS reply #7: 2 from 4: 100 200"
    read = struct.pack("<II", 1, 64) + bytes(10)
    assert describe(frame(MessageType.READ | reply, read)) == "READ reply #7: 10 bytes from 64"
    error = struct.pack("<BBI", 5, MessageType.READ, 99)
    assert describe(frame(MessageType.ERROR, error)) == "ERROR #7: out of range (detail 99), answering READ"
    fault = struct.pack("<IH13I", 1, 3, *range(13))
    assert describe(frame(MessageType.FAULT, fault)).startswith("FAULT #7: stack overflow in step 3, pc 0x00000006")


def test_what_a_board_says_steers_no_terminal() -> None:
    decoder = Decoder()
    assert decoder.feed(b"sktools firmware: \x1b[2Jmodel\r\nx\x00") == [r"sktools firmware: \x1b[2Jmodel\r\nx"]
    names = b"".join(bytes([len(text)]) + text for text in (b"a\x1b]0;b\x07", b"B1", b"ADD"))
    shown = describe(frame(MessageType.LAYERS | MessageType.REPLY, struct.pack("<HHHII", 0, 0, 0, 1, 1) + names))
    assert shown.isprintable() and r"a\x1b]0;b\x07" in shown


def test_what_does_not_fit_is_said_so() -> None:
    assert "not what the protocol says" in describe(frame(MessageType.HELLO | MessageType.REPLY, b"\1\2"))
    assert describe(frame(0x33)) == "type 0x33 #7"
    assert describe(Frame(9, 1, 2, b"abc")) == "HELLO #2: protocol version 9, 3 bytes"
    assert Decoder().feed(b"\xff\xfe\xfd\x00") == ["? ff fe fd"]
    assert Decoder().feed(b"\xff" * 100 + b"\x00") == ["? " + " ".join(["ff"] * 32) + " ... (100 bytes)"]


@given(st.binary(max_size=600))
def test_no_byte_is_lost_without_a_word_and_none_kills_it(noise: bytes) -> None:
    decoder = Decoder()
    shown = decoder.feed(noise) + decoder.close()
    assert bool(shown) == bool(noise.strip(b"\x00"))


def test_a_prompt_is_shown_and_a_frame_that_is_under_way_is_not() -> None:
    decoder = Decoder()
    assert decoder.feed(b"login: ") == [] and decoder.idle() == ["login:"] and decoder.idle() == []
    frame = encode(Frame(PROTOCOL_VERSION, MessageType.MEMORY, 2, b""))
    assert decoder.feed(frame[:5]) == [] and decoder.idle() == []
    assert decoder.feed(frame[5:]) == ["MEMORY #2"]
