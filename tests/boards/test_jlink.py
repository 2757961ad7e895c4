"""Flashing through J-Link, against a fake JLinkExe that checks what it is told and plays each failure."""

from __future__ import annotations

import dataclasses
import os
import struct
import subprocess
from pathlib import Path

import pytest

from sktools.boards.board import Board, load_board
from sktools.boards.driver import driver_for
from sktools.boards.jlink import JLinkDriver
from sktools.boards.jlink_commander import find_commander, judge, list_probes
from sktools.errors import EXIT_FAILURE, EXIT_MISSING, BuildError, LinkError, MissingError, SktoolsError, UsageError
from tests.support import fake_jlink
from tests.support.tools import needs_arm_gcc

FILL = {"probe": "1", "device": "AMAP42KK-KBR", "image": "x.bin", "board": "apollo4p_evb"}


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A desk with one J-Link; JLinkExe is on PATH."""
    folder = tmp_path / "desk"
    folder.mkdir()
    monkeypatch.setenv("FAKE_JLINK", str(folder))
    monkeypatch.setenv("PATH", f"{fake_jlink.install(tmp_path)}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.delenv("SKTOOLS_JLINK", raising=False)
    return folder


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "firmware.bin"
    path.write_bytes(startable("apollo4p_evb"))
    return path


def startable(board: str, stack: int | None = None, entry: int | None = None) -> bytes:
    """200 bytes that the board's chip could start from. stack, entry: in place of fitting ones."""
    described = load_board(board)
    assert described.jlink is not None
    ram = next(region for region in described.memory if "stack" in region.holds)
    top = ram.origin + ram.length if stack is None else stack
    first = described.jlink.load_address + 9 if entry is None else entry
    return struct.pack("<II", top, first) + bytes(range(192))


def jlink(name: str = "apollo4p_evb", probe: str | None = None) -> JLinkDriver:
    board: Board = load_board(name)
    assert board.jlink is not None
    found = driver_for(dataclasses.replace(board, jlink=dataclasses.replace(board.jlink, probe=probe)))
    assert isinstance(found, JLinkDriver)
    return found


def calls(desk: Path) -> list[str]:
    return (desk / "calls.log").read_text().splitlines()


def test_an_image_is_loaded_verified_and_started(desk: Path, image: Path) -> None:
    told = jlink().flash_image(image)
    assert (desk / "flash.bin").read_bytes() == image.read_bytes()
    assert (desk / "address").read_text() == "0x18000"
    assert (desk / "reset").read_text() == "r"
    assert fake_jlink.PROBE in told and "200 bytes (sha256 " in told and ") at 0x18000" in told and "verified" in told


def test_each_board_is_flashed_as_its_description_says(desk: Path, image: Path) -> None:
    (desk / "device").write_text("AMA3B2KK-KCR")
    image.write_bytes(startable("apollo3p_evb"))
    jlink("apollo3p_evb").flash_image(image)
    assert (desk / "address").read_text() == "0xc000"


@pytest.mark.parametrize(
    ("scenario", "kind", "message", "hint"),
    [
        ("no-probe", MissingError, "no J-Link answers on USB", "list probes"),
        ("probe-gone", MissingError, "no J-Link with serial number 1160002134", "list probes"),
        ("unknown-device", LinkError, "does not know, or did not find, the device AMAP42KK-KBR", "update the J-Link"),
        ("no-target", LinkError, "does not reach the chip", "powered"),
        ("no-target-exit-0", LinkError, "does not reach the chip", "powered"),
        ("unpowered", LinkError, "does not reach the chip", "powered"),
        ("no-licence", LinkError, "for want of a licence: .*Flash download requires a license", "evaluation board"),
        ("write-failed", LinkError, "cannot be written: .*Programming failed @ address 0x00018000", "--dry-run"),
        ("verify-mismatch", LinkError, "not the image: Verify failed @ address 0x0001801C", "flash it again"),
        ("verify-mismatch-exit-0", LinkError, "not the image: Verify failed @ address 0x0001801C", "flash it again"),
        ("silent-exit-7", LinkError, "failed with exit code 7", "--dry-run"),
        ("stops-early", LinkError, "without an error and without 'Verify successful.'", "--dry-run"),
    ],
)
def test_each_failure_says_what_it_is_and_what_to_do(
    desk: Path, image: Path, scenario: str, kind: type[SktoolsError], message: str, hint: str
) -> None:
    (desk / "scenario").write_text(scenario)
    with pytest.raises(kind, match=message) as caught:
        jlink().flash_image(image)
    assert type(caught.value) is kind
    assert hint in caught.value.hint
    assert "\n" not in caught.value.message


def test_every_scenario_of_the_fake_is_tried() -> None:
    tried = {
        mark.args[1][i][0]
        for mark in test_each_failure_says_what_it_is_and_what_to_do.pytestmark  # type: ignore[attr-defined]
        for i in range(len(mark.args[1]))
    }
    assert tried == set(fake_jlink.FAILURES)


def test_without_the_program(monkeypatch: pytest.MonkeyPatch, image: Path, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("SKTOOLS_JLINK", raising=False)
    with pytest.raises(MissingError, match="JLinkExe") as caught:
        jlink().flash_image(image)
    assert caught.value.exit_code == EXIT_MISSING
    assert "segger.com" in caught.value.hint
    monkeypatch.setenv("SKTOOLS_JLINK", "/nowhere/JLinkExe")
    with pytest.raises(MissingError, match="/nowhere/JLinkExe"):
        find_commander()


def test_the_program_may_be_named(desk: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere" / "JLink.exe"
    other.parent.mkdir()
    other.write_bytes((tmp_path / "bin" / "JLinkExe").read_bytes())
    other.chmod(0o755)
    monkeypatch.setenv("SKTOOLS_JLINK", str(other))
    assert find_commander() == str(other)
    assert [probe.serial_number for probe in list_probes()] == [fake_jlink.PROBE]


def test_no_probe_on_usb(desk: Path, image: Path) -> None:
    (desk / "probes").write_text("")
    assert list_probes() == ()
    with pytest.raises(MissingError, match="no J-Link on USB"):
        jlink().flash_image(image)
    assert not any("-device" in call for call in calls(desk))


def test_several_probes_are_never_guessed_among(desk: Path, image: Path) -> None:
    (desk / "probes").write_text(f"{fake_jlink.PROBE} J-Link-OB-Apollo4-CortexM\n59410000 J-Link PLUS")
    with pytest.raises(UsageError, match=r"2 J-Links .*: 1160002134 .*, 59410000 .J-Link PLUS") as caught:
        jlink().flash_image(image)
    assert "--probe" in caught.value.hint
    assert not (desk / "flash.bin").exists()
    jlink(probe="0001160002134").flash_image(image)
    assert (desk / "flash.bin").exists()
    with pytest.raises(MissingError, match="no J-Link with serial number 42; found: 1160002134"):
        jlink(probe="42").flash_image(image)


def test_a_wrong_file_is_refused_before_anything_runs(desk: Path, tmp_path: Path) -> None:
    cases = {
        "elf.bin": (b"\x7fELF....", "is damaged"),
        "hex.hex": (b":0400000000000000FF\r\n", "is damaged"),
        "empty.bin": (b"", "is empty"),
        "large.bin": (bytes(2_000_000), "2,000,000 bytes from 0x18000 on; MRAM of apollo4p_evb has 1,998,848"),
        "two words.bin": (b"x", "cannot take the file name"),
        "caf\udce9.bin": (b"x", "cannot take the file name"),  # bytes that are no UTF-8
    }
    for name, (content, complaint) in cases.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UsageError, match=complaint):
            jlink().flash_plan(tmp_path / name)
    with pytest.raises(UsageError, match=r"absent\.bin: cannot be read"):
        jlink().flash_image(tmp_path / "absent.bin")
    assert not (desk / "calls.log").exists()


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (bytes(200), "stack at 0x00000000"),
        (b"\xff" * 200, "stack at 0xffffffff"),
        (startable("apollo4p_evb", stack=0x10060004), "RAM of apollo4p_evb is TCM 0x10000000 to 0x10060000"),
        (startable("apollo4p_evb", stack=0x10001002), "stack at 0x10001002"),
        (startable("apollo4p_evb", entry=0x18008), "Thumb entries are odd"),
        (startable("apollo4p_evb", entry=0xC009), "the image lies at 0x18000 to 0x180c8"),
        (startable("apollo4p_evb", entry=0x180C9), "would start at 0x000180c9"),
        (b"12345", "no vector table"),
    ],
)
def test_an_image_that_cannot_start_is_refused_before_the_probe_is_touched(
    desk: Path, image: Path, content: bytes, complaint: str
) -> None:
    image.write_bytes(content)
    with pytest.raises(BuildError, match=complaint) as caught:
        jlink().flash_image(image)
    assert caught.value.exit_code == EXIT_FAILURE
    assert "--force" in caught.value.hint
    assert not (desk / "calls.log").exists()
    jlink().flash_image(image, force=True)
    assert (desk / "flash.bin").read_bytes() == content


def test_files_with_addresses_are_written_there(desk: Path, tmp_path: Path) -> None:
    import bincopy

    content = startable("apollo4p_evb")
    binary = bincopy.BinFile()
    binary.add_binary(content, address=0x18000)
    for name, text in {"a.hex": binary.as_ihex(), "a.srec": binary.as_srec()}.items():
        (tmp_path / name).write_text(text)
        told = jlink().flash_image(tmp_path / name)
        assert (desk / "flash.bin").read_bytes() == content
        assert ") at 0x18000" in told


@needs_arm_gcc
@pytest.mark.parametrize("suffix", ["elf", "axf"])
def test_an_elf_is_written_where_it_is_linked(desk: Path, tmp_path: Path, suffix: str) -> None:
    source, linked = tmp_path / "a.S", tmp_path / f"a.{suffix}"
    source.write_text('.section .vectors, "a"\n.word 0x10060000\n.word go + 1\n.text\n.thumb\ngo: b go\n')
    subprocess.run(
        ["arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb", "-nostdlib", "-Wl,--section-start=.vectors=0x18000",
         "-Wl,-Ttext=0x18040", "-Wl,--build-id=none", "-Wl,-e,0", source, "-o", linked],
        check=True,
    )  # fmt: skip
    told = jlink().flash_image(linked)
    assert (desk / "address").read_text() == "0x18000"
    assert (desk / "flash.bin").read_bytes()[:8] == struct.pack("<II", 0x10060000, 0x18041)
    assert "verified" in told


def test_two_probes_with_one_number_are_refused(desk: Path, image: Path) -> None:
    (desk / "probes").write_text(f"{fake_jlink.PROBE} J-Link-OB-Apollo4-CortexM\n{fake_jlink.PROBE} J-Link PLUS")
    with pytest.raises(UsageError, match="2 J-Links have the serial number"):
        jlink(probe=fake_jlink.PROBE).flash_image(image)


def test_the_plan_is_what_would_run(image: Path) -> None:
    plan = jlink(probe="7").flash_plan(image)
    assert plan.script.splitlines() == [
        "ExitOnError 1",
        "connect",
        "loadbin firmware.bin, 0x18000",
        "verifybin firmware.bin, 0x18000",
        "sleep 250",
        "r",
        "q",
    ]
    assert f"cd {image.parent}" in str(plan)
    assert "JLinkExe -nogui 1 -device AMAP42KK-KBR -if SWD -speed 4000 -USB 7 -commandfile FILE" in str(plan)


def test_reset(desk: Path) -> None:
    assert "was reset" in jlink().reset()
    assert (desk / "reset").read_text() == "w4"
    (desk / "scenario").write_text("no-target-exit-0")
    with pytest.raises(LinkError, match="does not reach the chip"):
        jlink().reset()


def test_a_licence_line_of_a_healthy_probe_is_no_failure() -> None:
    judge(
        0,
        "License(s): RDI, FlashBP, FlashDL, JFlash, GDB\nVTref=3.271V\nVerify successful.",
        FILL,
        "Verify successful.",
    )


def test_a_program_that_does_not_start(desk: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "JLinkExe"
    broken.write_text("#!/nowhere/interpreter\n")
    broken.chmod(0o755)
    monkeypatch.setenv("SKTOOLS_JLINK", str(broken))
    with pytest.raises(MissingError, match="does not start"):
        list_probes()
