"""What a shell sets for its own compiler does not reach the board's."""

from __future__ import annotations

from pathlib import Path

import pytest

from sktools.build.toolchain import FOREIGN_VARIABLES, run_make


def test_make_sees_nothing_that_is_meant_for_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in FOREIGN_VARIABLES:
        monkeypatch.setenv(name, "-n" if "FLAGS" in name else "/usr/include")
    monkeypatch.setenv("KEPT", "yes")
    (tmp_path / "Makefile").write_text("all:\n\t@env > seen\n")
    run_make(tmp_path)
    seen = {line.partition("=")[0]: line.partition("=")[2] for line in (tmp_path / "seen").read_text().splitlines()}
    assert seen["KEPT"] == "yes"
    # make sets the first three itself, for the programs that it starts
    assert not (FOREIGN_VARIABLES - {"MAKEFLAGS", "MFLAGS", "MAKELEVEL"}) & seen.keys()
