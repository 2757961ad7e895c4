"""Reads an ELF image: what it takes of flash and RAM, by section and symbol, and which source line an address is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from sktools.errors import BuildError

_SHF_WRITE = 0x1
_SHF_ALLOC = 0x2


@dataclass(frozen=True)
class SectionSize:
    """Bytes of one section: in flash (content that is stored), in RAM (where it lives while running)."""

    name: str
    flash_bytes: int
    ram_bytes: int


@dataclass(frozen=True)
class SymbolSize:
    """A function or object. section: where it lies. source: file it comes from, "" where the image does not tell."""

    name: str
    kind: str
    section: str
    bytes: int
    source: str


@dataclass(frozen=True)
class ImageSizes:
    """flash_bytes: all that is stored in flash, initial values of data too. ram_bytes: data, bss, noinit and stack."""

    flash_bytes: int
    ram_bytes: int
    sections: tuple[SectionSize, ...]
    symbols: tuple[SymbolSize, ...]


def image_sizes(image: Path) -> ImageSizes:
    """Sizes of an ELF image.

    Raises BuildError where the file is no ELF or is damaged.
    """
    with _OpenElf(image) as elf:
        copied = _copied(elf.value)
        sections = tuple(
            SectionSize(section.name, _flash(section), _ram(section, copied))
            for section in elf.value.iter_sections()
            if section["sh_flags"] & _SHF_ALLOC and section["sh_size"]
        )
        symbols = tuple(_symbols(elf.value))
    return ImageSizes(sum(s.flash_bytes for s in sections), sum(s.ram_bytes for s in sections), sections, symbols)


def _flash(section: Any) -> int:
    return 0 if section["sh_type"] == "SHT_NOBITS" else int(section["sh_size"])


def _ram(section: Any, copied: list[tuple[int, int]]) -> int:
    address = int(section["sh_addr"])
    in_ram = section["sh_flags"] & _SHF_WRITE or any(start <= address < end for start, end in copied)
    return int(section["sh_size"]) if in_ram else 0


def _copied(elf: Any) -> list[tuple[int, int]]:
    """Address ranges whose content is stored elsewhere: it is copied into RAM at start, even where it is constant."""
    loaded = [segment for segment in elf.iter_segments() if segment["p_type"] == "PT_LOAD"]
    return [
        (int(segment["p_vaddr"]), int(segment["p_vaddr"]) + int(segment["p_memsz"]))
        for segment in loaded
        if segment["p_vaddr"] != segment["p_paddr"]
    ]


def _symbols(elf: Any) -> list[SymbolSize]:
    table = elf.get_section_by_name(".symtab")
    units = _Units(elf)
    found = []
    source = ""
    for symbol in table.iter_symbols() if table is not None else ():
        kind = symbol["st_info"]["type"]
        if kind == "STT_FILE":  # stands before the local symbols of its file
            source = symbol.name
            continue
        index = symbol["st_shndx"]
        if kind not in ("STT_FUNC", "STT_OBJECT") or not isinstance(index, int) or symbol["st_size"] == 0:
            continue
        local = symbol["st_info"]["bind"] == "STB_LOCAL"
        found.append(
            SymbolSize(
                symbol.name,
                "function" if kind == "STT_FUNC" else "object",
                elf.get_section(index).name,
                int(symbol["st_size"]),
                source if local else units.at(int(symbol["st_value"]) & ~1),
            )
        )
    return found


class _Units:
    """The source files of an image's code. Its debug information is read once, and each of its units once."""

    def __init__(self, elf: Any) -> None:
        self._dwarf = elf.get_dwarf_info() if elf.has_dwarf_info() else None
        self._ranges = self._dwarf.get_aranges() if self._dwarf is not None else None
        self._names: dict[int, str] = {}

    def at(self, address: int) -> str:
        """The source file whose code is at an address, "" if the debug information does not say."""
        offset = self._ranges.cu_offset_at_addr(address) if self._ranges is not None else None
        if offset is None or self._dwarf is None:
            return ""
        if offset not in self._names:
            name = self._dwarf.get_CU_at(offset).get_top_DIE().attributes.get("DW_AT_name")
            self._names[offset] = "" if name is None else PurePosixPath(name.value.decode(errors="replace")).name
        return self._names[offset]


def symbol_addresses(image: Path) -> dict[str, int]:
    """Address of every object, local ones too, and of what the linker script names.

    Raises BuildError where the file is no ELF or is damaged.
    """
    with _OpenElf(image) as elf:
        table = elf.value.get_section_by_name(".symtab")
        symbols = table.iter_symbols() if table is not None else ()
        kinds = ("STT_OBJECT", "STT_NOTYPE")
        return {str(s.name): int(s["st_value"]) for s in symbols if s["st_info"]["type"] in kinds}


def locate(image: Path, address: int) -> str | None:
    """ "function (file:line)" of a code address, as far as the image tells; None for an address outside its code.

    Raises BuildError where the file is no ELF or is damaged.
    """
    with _OpenElf(image) as elf:
        function = _function_at(elf.value, address & ~1)
        line = _line_at(elf.value, address & ~1) if elf.value.has_dwarf_info() else None
    if function is None:
        return line
    return f"{function} ({line})" if line else function


def _function_at(elf: Any, address: int) -> str | None:
    table = elf.get_section_by_name(".symtab")
    for symbol in table.iter_symbols() if table is not None else ():
        start = symbol["st_value"] & ~1  # bit 0 marks Thumb code
        if symbol["st_info"]["type"] == "STT_FUNC" and start <= address < start + max(int(symbol["st_size"]), 1):
            return str(symbol.name)
    return None


def _line_at(elf: Any, address: int) -> str | None:
    dwarf = elf.get_dwarf_info()
    for unit in dwarf.iter_CUs():
        program = dwarf.line_program_for_CU(unit)
        if program is None:
            continue
        previous = None
        for entry in program.get_entries():
            state = entry.state
            if state is None:
                continue
            if previous is not None and previous.address <= address < state.address:
                return f"{_file_name(program, previous.file)}:{previous.line}"
            previous = None if state.end_sequence else state
    return None


def _file_name(program: Any, number: int) -> str:
    files = program["file_entry"]
    position = number if program.header["version"] >= 5 else number - 1
    return files[position].name.decode(errors="replace") if 0 <= position < len(files) else "?"


class _OpenElf:
    """An open ELF file whose damage, wherever pyelftools meets it, is told as BuildError."""

    def __init__(self, image: Path) -> None:
        self.image = image

    def __enter__(self) -> _OpenElf:
        from elftools.elf.elffile import ELFFile

        try:
            self.stream = self.image.open("rb")
        except OSError as error:
            raise BuildError(f"cannot read {self.image}: {error.strerror}", "sktools build-fw MODEL") from error
        try:
            self.value: Any = ELFFile(self.stream)
        except _damage() as error:
            self.stream.close()
            raise BuildError(f"{self.image} is no ELF image: {error}", "sktools build-fw MODEL") from error
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: object) -> None:
        self.stream.close()
        if isinstance(value, _damage()):
            raise BuildError(f"{self.image} is damaged: {value}", "sktools build-fw MODEL") from value


def _damage() -> tuple[type[Exception], ...]:
    """What pyelftools raises on a damaged file: its own errors, and whatever reading a wrong number leads to."""
    from elftools.common.exceptions import DWARFError, ELFError

    wrong_number = (LookupError, ValueError, TypeError, AttributeError, OverflowError, AssertionError)
    # NotImplementedError: a number names a form of DWARF that pyelftools does not know.
    return (ELFError, DWARFError, NotImplementedError, *wrong_number)
