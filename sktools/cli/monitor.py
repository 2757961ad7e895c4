"""sktools monitor: a serial terminal that decodes our frames."""

from __future__ import annotations

import select
import sys
import time

import click

from sktools.cli import settings
from sktools.cli.console import console
from sktools.cli.options import Connection, connection, examples, talk

POLL_S = 0.2


@click.command(
    short_help="show what a board sends, our frames decoded",
    epilog=examples(
        "sktools monitor", "sktools monitor --hello --seconds 5", "sktools monitor --port /dev/ttyACM0 --baud 921600"
    ),
)
@click.option("--board", "--platform", metavar="NAME", help="Whose port and rate.  [default: apollo4p_evb]")
@connection
@click.option("--hello", is_flag=True, help="Ask the board once what it runs and how its memory stands.")
@click.option("--seconds", type=float, metavar="N", help="End after N seconds.  [default: with Ctrl-C]")
@talk
def command(board: str | None, connection: Connection, hello: bool, seconds: float | None) -> None:
    """Show what comes over the serial line: text as it is, frames in words, anything else as hex.

    What is typed is sent, line by line, for firmware of your own; ours only takes frames.
    """
    from sktools.boards.configure import ImageOptions
    from sktools.errors import UsageError
    from sktools.link.framing import PROTOCOL_VERSION, Frame, encode
    from sktools.link.messages import MessageType
    from sktools.link.monitor import Decoder
    from sktools.link.ports import find_port
    from sktools.link.transport import SerialTransport
    from sktools.pipeline.door import configured_board

    choice = settings.choose("board", board)
    chosen = configured_board(
        settings.EVB if choice.source == "default" or choice.value is None else choice.value,
        ImageOptions(baud=settings.number("baud", connection.baud)),
        settings.optional("probe", connection.probe),
    )
    line = chosen.serial
    port = settings.optional("port", connection.port)
    if line is None or (port is None and not line.usb):
        raise UsageError(f"board {chosen.name} has no serial port", f"--board {settings.EVB}, or --port PATH")
    if port is None:
        probe = chosen.jlink.probe if chosen.jlink else None
        usb = [(usb.vid, usb.pid) for usb in line.usb if usb.firmware]
        port = find_port(chosen.name, usb, probe).device
    transport = SerialTransport(port, line.baud)
    decoder = Decoder()
    console.info(f"{port} at {line.baud} baud; Ctrl-C ends")
    end = None if seconds is None else time.monotonic() + seconds
    try:
        if hello:
            for number, kind in enumerate((MessageType.HELLO, MessageType.MEMORY), start=1):
                transport.send(encode(Frame(PROTOCOL_VERSION, kind, number, b"")))
        while end is None or time.monotonic() < end:
            if typed := _typed():
                transport.send(typed)
            received = transport.receive(POLL_S)
            for text in decoder.feed(received) if received else decoder.idle():
                console.result(text)
    except KeyboardInterrupt:
        pass  # the way out
    finally:
        transport.close()
        for text in decoder.close():
            console.result(text)


def _typed() -> bytes:
    """A line that was typed since the last look, b"" where there is none or nobody sits there."""
    if sys.stdin is None or not sys.stdin.isatty() or not select.select([sys.stdin], [], [], 0)[0]:
        return b""
    return sys.stdin.readline().encode()
