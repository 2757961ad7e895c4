"""Board descriptions: one YAML file a board beside this module."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from importlib import resources
from pathlib import Path

from sktools.build.memory_map import MemoryRegion
from sktools.build.sdk import Sdk
from sktools.build.target import BuildRecipe, Target
from sktools.errors import UsageError
from sktools.strict_yaml import parse, read_yaml, suggest


@dataclass(frozen=True)
class Chip:
    """name: as the debugger knows it. core: cortex-m4, or host."""

    name: str
    core: str


@dataclass(frozen=True)
class UsbId:
    """A USB serial adapter this board shows up as; pid None: any. firmware: whether our firmware talks there."""

    vid: int
    name: str
    pid: int | None = None
    firmware: bool = True


@dataclass(frozen=True)
class SerialLine:
    """baud: the firmware's default rate."""

    baud: int
    usb: tuple[UsbId, ...] = ()


@dataclass(frozen=True)
class Calibration:
    """Cycles of the board `predicts` = this board's model cycles x factor. error, fitted_on: what is known of it.

    error_percent: how far the board may lie below and above the prediction.
    """

    predicts: str
    factor: float
    error_percent: tuple[float, float]
    error: str
    fitted_on: str


@dataclass(frozen=True)
class JLink:
    """How SEGGER's J-Link reaches the chip. probe: serial number of the one to use, None: the only one there is."""

    device: str
    interface: str
    speed_khz: int
    load_address: int
    probe: str | None = None


@dataclass(frozen=True)
class Board:
    """One board as its YAML describes it.

    driver: name of the module in sktools.boards that flashes and opens it.
    clocks_hz: CPU clocks it can run at, the default one first; empty where cycles are not told as time.
    """

    name: str
    title: str
    driver: str
    chip: Chip
    memory: tuple[MemoryRegion, ...]
    clocks_hz: tuple[int, ...]
    serial: SerialLine | None = None
    calibration: Calibration | None = None
    jlink: JLink | None = None
    sdk: Sdk | None = None
    build: BuildRecipe | None = field(default=None)

    @property
    def clock_hz(self) -> int | None:
        """The default clock."""
        return self.clocks_hz[0] if self.clocks_hz else None

    @property
    def target(self) -> Target:
        """What the image is compiled for.

        Raises UsageError for a board that is built by its vendor's SDK.
        """
        if self.build is None:
            raise UsageError(f"board {self.name} is built by its SDK, not by a compiler alone", "name it: --sdk DIR")
        return Target(board=self.name, **vars(self.build))


def board_names() -> tuple[str, ...]:
    """Every board that is described, in alphabetical order."""
    return tuple(sorted(path.stem for path in _folder().glob("*.yaml")))


def load_board(name: str) -> Board:
    """The board of that name, or the one that a .yaml file of the user's describes.

    Raises UsageError where there is none, or its description does not fit the dataclasses.
    """
    if name.endswith(".yaml"):
        return read_board(Path(name))
    known = board_names()
    if name not in known:
        raise UsageError(
            f"there is no board '{name}'; {suggest(name, known)}", "sktools list boards, or your own: --board FILE.yaml"
        )
    return read_board(_folder() / f"{name}.yaml")


def read_board(path: Path) -> Board:
    """A board description from a file.

    Raises UsageError where it does not fit the dataclasses.
    """
    board = parse(Board, read_yaml(path), path.name)
    _check_words(board, path.name)
    if board.name != path.stem:
        raise UsageError(f"{path.name}: name is '{board.name}', expected '{path.stem}' as the file is called")
    # Both become module, folder and file names.
    for key, value in (("name", board.name), ("driver", board.driver)):
        if not re.fullmatch(r"[a-z0-9_]+", value):
            raise UsageError(f"{path.name}: {key} is '{value}', expected lower-case letters, digits and _ only")
    return board


def _check_words(board: Board, where: str) -> None:
    """What make or a compiler is given is plain words: make expands `$`, and a shell more than that.

    Raises UsageError for any other.
    """
    recipe, sdk = board.build, board.sdk
    words: list[tuple[str, str]] = []
    if recipe is not None:
        named = {member.name: getattr(recipe, member.name) for member in fields(recipe) if member.name != "install"}
        words += [(f"build.{key}", word) for key, value in named.items() for word in _words(value)]
    if sdk is not None:
        named = {member.name: getattr(sdk, member.name) for member in fields(sdk) if member.name != "name"}
        words += [(f"sdk.{key}", word) for key, value in named.items() for word in _words(value)]
    if board.jlink is not None:
        words += [("jlink.device", board.jlink.device), ("jlink.interface", board.jlink.interface)]
    for key, word in words:
        if not re.fullmatch(r"[\w@%+=:,./-]*", word, re.ASCII):
            raise UsageError(
                f"{where}: {key} is {word!r}, expected letters, digits and @ % + = : , . / _ - only",
                "a path with other characters: name it by a link without them",
            )


def _words(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, Mapping):
        return (*map(str, value.keys()), *map(str, value.values()))
    return tuple(map(str, value)) if isinstance(value, tuple) else ()


def _folder() -> Path:
    return Path(str(resources.files("sktools.boards")))
