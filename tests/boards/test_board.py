"""Board descriptions: complete, and refused where they are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from sktools.boards.board import board_names, load_board, read_board
from sktools.boards.driver import driver_for
from sktools.build.shipped import firmware_path
from sktools.errors import UsageError

SMALLEST = """\
name: some_board
title: Some board
driver: virtual
chip: {name: chip, core: cortex-m4}
memory: []
clocks_hz: []
"""


def test_every_shipped_description_reads() -> None:
    assert {"virtual", "host", "apollo4p_evb"} <= set(board_names())
    for name in board_names():
        board = load_board(name)
        assert board.name == name
        for region in board.memory:
            assert region.length > 0 and region.origin + region.length <= 1 << 32
        if board.build is not None:
            for source in board.target.sources:
                assert firmware_path(source).is_file()


def test_the_evb_is_as_its_vendor_describes_it() -> None:
    board = load_board("apollo4p_evb")
    assert {region.name: (region.origin, region.length) for region in board.memory} == {
        "MRAM": (0x00018000, 1_998_848),
        "TCM": (0x10000000, 384 * 1024),
        "SRAM": (0x10060000, 1024 * 1024),
    }
    assert board.clock_hz == 192_000_000
    assert board.jlink is not None and board.jlink.load_address == 0x18000
    assert board.sdk is not None and board.sdk.ambiqsuite[0] == "R4.5.0"
    with pytest.raises(UsageError, match="built by its SDK"):
        _ = board.target


def test_the_virtual_board_says_what_it_predicts() -> None:
    board = load_board("virtual")
    assert board.calibration is not None
    assert (board.calibration.predicts, board.calibration.factor) == ("apollo4p_evb", 1.101)
    assert board.clock_hz == load_board(board.calibration.predicts).clock_hz


def test_an_unknown_board_is_told_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="no board 'virtaul'; did you mean 'virtual'"):
        load_board("virtaul")
    with pytest.raises(UsageError):
        load_board("../boards/virtual")


def test_a_board_of_ones_own_is_named_by_its_path(tmp_path: Path) -> None:
    (tmp_path / "some_board.yaml").write_text(SMALLEST)
    assert load_board(str(tmp_path / "some_board.yaml")).title == "Some board"
    with pytest.raises(UsageError, match=r"nothing\.yaml"):
        load_board(str(tmp_path / "nothing.yaml"))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (SMALLEST + "memroy: []\n", "unknown key 'memroy'; did you mean 'memory'"),
        (SMALLEST.replace("title: Some board\n", ""), "key 'title' is missing"),
        (SMALLEST.replace("some_board", "other"), "expected 'some_board' as the file is called"),
        (SMALLEST.replace("driver: virtual", "driver: ../x"), "lower-case letters"),
        (SMALLEST.replace("clocks_hz: []", "clocks_hz: [fast]"), r"clocks_hz\[0\]"),
        ("- a list\n", "expected a mapping"),
        ("a: [\n", "not valid YAML"),
    ],
)
def test_a_wrong_description_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "some_board.yaml"
    path.write_text(text)
    with pytest.raises(UsageError, match=complaint):
        read_board(path)


def test_a_driver_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "some_board.yaml"
    for driver, complaint in (("nothing_here", "this sktools lacks"), ("qemu", "'qemu' is no driver")):
        path.write_text(SMALLEST.replace("driver: virtual", f"driver: {driver}"))
        with pytest.raises(UsageError, match=complaint):
            driver_for(read_board(path))
