"""docs/own-board.md, followed word for word in a copy of the project, gives a board whose every layer is right."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from sktools.errors import UsageError
from tests.support.followed_page import ROOT, copy_project, follow
from tests.support.tools import needs_arm_gcc, needs_qemu


@needs_arm_gcc
@needs_qemu
def test_the_steps_add_a_board_that_runs_a_model(tmp_path: Path) -> None:
    machines = subprocess.run(["qemu-system-arm", "-machine", "help"], capture_output=True, text=True, check=False)
    if "netduinoplus2" not in machines.stdout:
        pytest.skip("this QEMU has no netduinoplus2")
    copy_project(tmp_path)
    *_, checked = follow(ROOT / "docs" / "own-board.md", tmp_path)
    assert "netduinoplus2" in checked and "total" in checked
    results = tmp_path / "results" / "ss-2-tcn-sm" / "netduinoplus2-aot"
    assert len(list(results.glob("2*/profile.json"))) == 2


def test_a_source_that_is_not_there_is_named(tmp_path: Path) -> None:
    from sktools.boards.board import read_board
    from sktools.build.project import project_files
    from tests.support.fake_model import TFLITE, fake_model

    text = (ROOT / "sktools" / "boards" / "virtual.yaml").read_text(encoding="utf-8")
    file = tmp_path / "mine.yaml"
    file.write_text(
        text.replace("name: virtual", "name: mine").replace("boards/virtual/board.c", "boards/mine/board.c")
    )
    with pytest.raises(UsageError, match=r"board mine: .*boards/mine/board\.c"):
        project_files(fake_model(), read_board(file).target, TFLITE)
