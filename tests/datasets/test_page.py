"""docs/adding-a-data-set.md, followed word for word in a copy of the project, gives a data set that is scored."""

from __future__ import annotations

from pathlib import Path

from tests.support.followed_page import ROOT, copy_project, follow


def test_the_steps_add_a_data_set(tmp_path: Path) -> None:
    copy_project(tmp_path)
    tested, used = follow(ROOT / "docs" / "adding-a-data-set.md", tmp_path)
    assert "2 passed" in tested
    assert "Nights of a wristband" in used and "ss-2-tcn-sm-night on wristband" in used and "anna" in used
