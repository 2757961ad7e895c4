"""An image file as bytes at an address, checked against a board before its flash is touched.

A raw .bin has no address of its own and goes to the board's load address; ELF, AXF, Intel HEX and S-record files have
one.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

from sktools.boards.board import Board
from sktools.build.memory_map import MemoryRegion
from sktools.errors import BuildError, UsageError

ELF_MAGIC = b"\x7fELF"
_VECTORS = struct.Struct("<II")


@dataclass(frozen=True)
class FlashFile:
    """path: the file that was named. content: what goes to flash at `address`, gaps filled with 0xFF.

    is_raw: the file itself is the content.
    """

    path: Path
    address: int
    content: bytes
    is_raw: bool


def read_flash_file(path: Path, board: Board) -> FlashFile:
    """The file's bytes and their address. Raises UsageError for a file that is missing, empty, damaged or too large."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})", "sktools build-fw MODEL") from error
    if not content:
        raise UsageError(f"{path} is empty")
    flash = _code_region(board)
    if content.startswith(ELF_MAGIC) or _is_text(content):
        address, content = _addressed(path, content, flash)
        found = FlashFile(path, address, content, is_raw=False)
    else:
        assert board.jlink is not None
        found = FlashFile(path, board.jlink.load_address, content, is_raw=True)
    if flash is not None and not (
        flash.origin <= found.address and found.address + len(found.content) <= flash.origin + flash.length
    ):
        raise UsageError(
            f"{path} has {len(found.content):,} bytes from {found.address:#x} on; {flash.name} of {board.name} has "
            f"{flash.length:,} from {flash.origin:#x} on",
            "--board names another board?",
        )
    return found


def check_vectors(file: FlashFile, board: Board) -> None:
    """Whether the chip could start from the file: its first word is a stack in RAM, its second an entry in the image.

    Raises BuildError if not.
    """
    if len(file.content) < _VECTORS.size:
        raise BuildError(f"{file.path} has {len(file.content)} bytes: no vector table", _HINT)
    stack, reset = _VECTORS.unpack_from(file.content)
    ram = [region for region in board.memory if set(region.holds) & {"data", "stack"}]
    if not any(region.origin < stack <= region.origin + region.length for region in ram) or stack % 4:
        places = ", ".join(f"{region.name} {region.origin:#x} to {region.origin + region.length:#x}" for region in ram)
        raise BuildError(
            f"{file.path} would start with its stack at {stack:#010x}; RAM of {board.name} is {places}", _HINT
        )
    if not reset % 2 or not file.address <= reset < file.address + len(file.content):
        raise BuildError(
            f"{file.path} would start at {reset:#010x}; the image lies at {file.address:#x} to "
            f"{file.address + len(file.content):#x}, and Thumb entries are odd",
            _HINT,
        )


_HINT = "is the image linked for this board? sktools flash --force flashes it all the same"


def _code_region(board: Board) -> MemoryRegion | None:
    return next((region for region in board.memory if "code" in region.holds), None)


def _is_text(content: bytes) -> bool:
    """Whether a file looks like Intel HEX or S-records: printable records that open with ':' or 'S' and a digit."""
    line = content[:80].split(b"\n")[0].strip()
    return len(line) >= 10 and (line[:1] == b":" or (line[:1] == b"S" and line[1:2].isdigit())) and line.isascii()


def _addressed(path: Path, content: bytes, flash: MemoryRegion | None) -> tuple[int, bytes]:
    """The address of an ELF, HEX or S-record file's first byte, and its bytes from there on."""
    import bincopy
    from elftools.common.exceptions import ELFError

    binary = bincopy.BinFile()
    try:
        if content.startswith(ELF_MAGIC):
            binary.add_elf_file(str(path))
        else:
            binary.add(content.decode("ascii"))
    except (bincopy.Error, ELFError, UnicodeDecodeError, ValueError, struct.error) as error:
        raise UsageError(f"{path} is damaged: {error}") from error
    if binary.minimum_address is None or binary.maximum_address is None:
        raise UsageError(f"{path} holds nothing to load")
    if flash is not None and binary.maximum_address - binary.minimum_address > flash.length:
        raise UsageError(
            f"{path} spans {binary.minimum_address:#x} to {binary.maximum_address:#x}, more than {flash.name} holds"
        )
    return int(binary.minimum_address), bytes(binary.as_binary())
