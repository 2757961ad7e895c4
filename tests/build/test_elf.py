"""What an image takes, and where an address lies, agree with the toolchain's own programs."""

from __future__ import annotations

import contextlib
import subprocess
from pathlib import Path
from random import Random

import pytest

from sktools.build.elf import image_sizes, locate
from sktools.errors import BuildError
from tests.support.builds import fake_build
from tests.support.fake_model import ELEMENTS
from tests.support.tools import needs_arm_gcc


@needs_arm_gcc
def test_flash_is_what_objcopy_extracts_and_ram_what_size_tells() -> None:
    build = fake_build("virtual")
    sizes = build.sizes()
    assert build.binary is not None
    assert sizes.flash_bytes == build.binary.stat().st_size
    lines = subprocess.run(
        ["arm-none-eabi-size", "-A", build.image], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    told = {fields[0]: int(fields[1]) for line in lines if len(fields := line.split()) == 3 and fields[1].isdigit()}
    assert sizes.ram_bytes == told[".stack"] + told[".data"] + told[".bss"]
    assert told[".stack"] == 4096
    for section in sizes.sections:
        assert max(section.flash_bytes, section.ram_bytes) == told[section.name]


@needs_arm_gcc
def test_the_runtime_is_small() -> None:
    """The budget of an SS-4 image leaves this much to all that is not the model."""
    sizes = fake_build("virtual").sizes()
    assert sizes.flash_bytes < 5 * 1024
    buffers = 4 * ELEMENTS  # input, output and arena of the fake model
    assert sizes.ram_bytes - buffers < 4096 + 1400


@needs_arm_gcc
def test_symbols_name_their_file_and_size() -> None:
    symbols = {symbol.name: symbol for symbol in fake_build("virtual").sizes().symbols}
    arena = symbols["guarded"]
    assert (arena.bytes, arena.kind, arena.section, arena.source) == (2 * ELEMENTS, "object", ".bss", "model.c")
    assert symbols["sk_server_feed"].kind == "function"


@needs_arm_gcc
def test_an_address_is_located_as_addr2line_does() -> None:
    image = fake_build("virtual").image
    listing = subprocess.run(["arm-none-eabi-nm", "-S", image], capture_output=True, text=True, check=True).stdout
    checked = 0
    for fields in (line.split() for line in listing.splitlines()):
        if len(fields) != 4 or fields[2] not in "tT" or not fields[3].startswith(("sk_", "on_", "step_")):
            continue
        start, size = int(fields[0], 16) & ~1, int(fields[1], 16)
        for address in (start, start + size // 2 & ~1):
            tool = ["arm-none-eabi-addr2line", "-s", "-e", image, hex(address)]
            line = subprocess.run(tool, capture_output=True, text=True, check=True).stdout.split(" ")[0].strip()
            assert locate(image, address | 1) == f"{fields[3]} ({line})"
            checked += 1
    assert checked > 40


@needs_arm_gcc
def test_an_address_outside_the_code_is_nowhere() -> None:
    assert locate(fake_build("virtual").image, 0xF0000000) is None


def test_what_is_no_elf_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="cannot read"):
        image_sizes(tmp_path / "none")
    for content in (b"", b"\x7fELF", b"not an image at all" * 9):
        (tmp_path / "image").write_bytes(content)
        with pytest.raises(BuildError, match=r"no ELF image|damaged"):
            image_sizes(tmp_path / "image")


@needs_arm_gcc
def test_a_damaged_image_is_one_error_or_read(tmp_path: Path) -> None:
    content = fake_build("virtual").image.read_bytes()
    random = Random(1)
    for _ in range(60):
        damaged = bytearray(content)
        for _ in range(random.choice([1, 30])):
            damaged[random.randrange(len(damaged))] = random.randrange(256)
        (tmp_path / "image").write_bytes(damaged)
        with contextlib.suppress(BuildError):
            image_sizes(tmp_path / "image")
        with contextlib.suppress(BuildError):
            locate(tmp_path / "image", 0x200)


@needs_arm_gcc
def test_an_image_cut_short_is_one_error(tmp_path: Path) -> None:
    content = fake_build("virtual").image.read_bytes()
    for length in range(0, len(content), 997):
        (tmp_path / "image").write_bytes(content[:length])
        with pytest.raises(BuildError):
            image_sizes(tmp_path / "image")
