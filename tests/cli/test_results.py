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


@pytest.mark.parametrize(
    "arguments",
    [
        ("profile", "tiny-old", "--board", "host", "--subjects", "syn-001"),
        ("report", "tiny-old", "--board", "host"),
        ("compare", "tiny-old", "tiny", "--board", "host"),
        ("size", "tiny-old", "--board", "host"),
        ("zoo", "show", "tiny-old"),
    ],
    ids=" ".join,
)
def test_a_retired_name_is_followed_and_told(arguments: tuple[str, ...], sktools: Command, workspace: Path) -> None:
    with (workspace / "models" / "tiny" / "config.yaml").open("a") as config:
        config.write("supersedes: [tiny-old]\n")
    if arguments[0] in ("report", "compare"):
        assert sktools("profile", "tiny", "--board", "host", "--subjects", "syn-001").code == 0
    ended = sktools(*arguments)
    assert ended.code == 0, ended.err
    assert ended.err.count("'tiny-old' is retired: tiny takes its place") == 1
