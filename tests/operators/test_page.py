"""docs/adding-an-operator.md, followed word for word in a copy of the project, gives an operator that is right."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.support.followed_page import ROOT, copy_project, follow, numbered_steps

PAGE = ROOT / "docs" / "adding-an-operator.md"


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler (cc) on this machine")
def test_the_steps_add_an_operator_that_equals_the_oracle(tmp_path: Path) -> None:
    copy_project(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    *_, tested = follow(PAGE, tmp_path)
    passed = re.search(r"(\d+) passed", tested)
    assert passed is not None and int(passed[1]) >= 8, tested
    assert all(path.read_bytes() == content for path, content in before.items())
    written = {
        str(path.relative_to(tmp_path))
        for path in tmp_path.rglob("*")
        if path.is_file() and path not in before and path.suffix in (".py", ".c", ".h")
    }
    # The package reaches firmware/ by a second path.
    assert {path for path in written if not path.startswith("sktools/firmware/")} == {
        "sktools/compiler/kernels/plain/abs.py",
        "sktools/compiler/ops/abs.py",
        "firmware/kernels/sk_abs.c",
        "firmware/kernels/sk_abs.h",
        "tests/operators/abs.py",
    }


def test_the_example_of_options_is_the_code_s() -> None:
    examples = [block for step in numbered_steps(PAGE) for block in step if block.language == "python"]
    (line,) = [block.text for block in examples if not block.file]
    source = (ROOT / "sktools" / "compiler" / "ops" / "depthwise_conv_2d.py").read_text(encoding="utf-8")
    assert line in source
