from __future__ import annotations

import json
from pathlib import Path

import pytest

from sktools.errors import EXIT_USAGE
from tests.cli.conftest import Command


def test_a_result_by_its_folder_its_board_its_model_or_its_name(sktools: Command, workspace: Path) -> None:
    assert sktools("profile", "tiny", "--board", "host", "--subjects", "syn-001").code == 0
    of_board = Path("results", "tiny", "host-aot")
    newest = of_board / (of_board / "latest").read_text().strip()
    for name in (newest, newest / "profile.json", of_board, of_board.parent, "tiny", "models/tiny"):
        ended = sktools("report", str(name), "--board", "host", "--json")
        assert ended.code == 0, ended.err
        assert json.loads(ended.out)["model"] == "tiny"
    assert sktools("report", "tiny", "--board", "somewhere/host.yaml", "--json").code == 0


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("tinny", "did you mean 'tiny'?"),
        ("ss", "it may be ss-2-tcn-sm or"),
        ("nowhere/at/all", "neither a result's folder"),
    ],
)
def test_what_is_no_result_is_told_what_there_is(name: str, told: str, sktools: Command, workspace: Path) -> None:
    ended = sktools("report", name)
    assert ended.code == EXIT_USAGE and told in ended.err and "hint: " in ended.err
