"""What every board can do: take an image, and be talked to. Drivers register by decorator."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from sktools.boards.board import Board
from sktools.build.build import Build
from sktools.errors import UsageError
from sktools.link.client import Client, Run


@dataclass(frozen=True)
class Counter:
    """What counts. kind: dwt, cycle-model, instructions or none. note: one line for people."""

    kind: str
    note: str


@dataclass(frozen=True)
class StepCount:
    """What one step took; None if the board does not count it.

    cycles_high: an upper bound of model cycles; None on a board that counts its own cycles.
    """

    instructions: int | None
    cycles: int | None
    cycles_high: int | None = None


class Session:
    """A board that runs an image. Kinds of boards differ in how they count.

    client: the conversation with it. counter: what counts() tells. port: where it is connected.
    """

    def __init__(self, client: Client, counter: Counter, port: str) -> None:
        self.client = client
        self.counter = counter
        self.port = port

    def run(self, frame: bytes, *, with_crc: bool = True) -> Run:
        """Client.run; counts() then tells of this run. Raises LinkError."""
        return self.client.run(frame, with_crc=with_crc)

    def counts(self) -> tuple[StepCount, ...]:
        """What each step of the last run() took; empty where the board counts nothing.

        Raises LinkError where the counts and the steps do not agree in number.
        """
        return ()

    def windows(self) -> tuple[StepCount, ...]:
        """What ran between markers since the last call, in order; empty if the board counts nothing by itself.

        Raises LinkError if the firmware was left in the middle of a window.
        """
        return ()


class Driver(Protocol):
    """One kind of board."""

    def __init__(self, board: Board) -> None: ...

    def flash(self, build: Build) -> str:
        """Brings the image onto the board; returns one line that tells what was done.

        Raises MissingError for a missing tool or board, LinkError where it fails.
        """

    def open(self, build: Build, port: str | None = None, baud: int | None = None) -> AbstractContextManager[Session]:
        """A running board; leaving the context gives back all it took.

        Raises MissingError for a missing tool, board or port, LinkError where the board does not answer.
        """


_drivers: dict[str, type[Driver]] = {}


def driver(name: str) -> Callable[[type[Driver]], type[Driver]]:
    """Registers a driver under the name that board descriptions use; it stands in sktools/boards/<name>.py."""

    def register(kind: type[Driver]) -> type[Driver]:
        _drivers[name] = kind
        return kind

    return register


def driver_for(board: Board) -> Driver:
    """The driver of a board.

    Raises UsageError where its description names one that does not exist.
    """
    module = f"sktools.boards.{board.driver}"
    try:
        importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        raise UsageError(f"board {board.name} needs the driver '{board.driver}', which this sktools lacks") from error
    if board.driver not in _drivers:
        raise UsageError(f"board {board.name}: '{board.driver}' is no driver")
    return _drivers[board.driver](board)
