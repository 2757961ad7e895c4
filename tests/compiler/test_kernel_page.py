"""docs/adding-a-kernel.md, followed word for word in a copy of the project, gives a kernel that is right and chosen."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.support.followed_page import ROOT, copy_project, follow

PAGE = ROOT / "docs" / "adding-a-kernel.md"
KERNELS = ROOT / "sktools" / "compiler" / "kernels"
C_FILES = ROOT / "firmware" / "kernels"


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler (cc) on this machine")
def test_the_steps_add_a_kernel_that_equals_the_oracle(tmp_path: Path) -> None:
    copy_project(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    (tested,) = follow(PAGE, tmp_path)
    passed = re.search(r"(\d+) passed", tested)
    assert passed is not None and int(passed[1]) == 7, tested
    assert all(path.read_bytes() == content for path, content in before.items())


@pytest.mark.parametrize(("room", "place"), [("fast", "fast"), ("plain", "")])
def test_a_kernel_s_python_file_and_c_file_have_one_name(room: str, place: str) -> None:
    for path in (KERNELS / room).glob("[!_]*.py"):
        for suffix in (".c", ".h"):
            assert (C_FILES / place / f"sk_{path.stem}{suffix}").is_file()
