from __future__ import annotations

from pathlib import Path

import pytest

from sktools.cli.settings import Choice, choose
from sktools.errors import UsageError


def test_the_nearest_source_wins(tmp_path: Path) -> None:
    assert choose("board", None, {}, tmp_path) == Choice("virtual", "default")
    (tmp_path / "sktools.yaml").write_text("board: host\nbaud: 115200\n")
    assert choose("board", None, {}, tmp_path) == Choice("host", "sktools.yaml")
    assert choose("baud", None, {}, tmp_path) == Choice("115200", "sktools.yaml")
    environment = {"SKTOOLS_BOARD": "apollo4p_evb"}
    assert choose("board", None, environment, tmp_path) == Choice("apollo4p_evb", "SKTOOLS_BOARD")
    assert choose("board", "virtual", environment, tmp_path) == Choice("virtual", "option")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("bord: host\n", "key 'bord' is unknown; did you mean 'board'?"),
        ("board: [host]\n", "board is list"),
        ("board: true\n", "board is bool"),
        ("board: {", "is not valid YAML"),
        ("- board\n", "holds list"),
    ],
)
def test_a_wrong_file_is_told(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "sktools.yaml").write_text(text)
    with pytest.raises(UsageError) as caught:
        choose("board", None, {}, tmp_path)
    assert told in caught.value.message


def test_a_rate_that_is_no_number_names_its_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sktools.cli import settings

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SKTOOLS_BAUD", "fast")
    with pytest.raises(UsageError, match=r"baud 'fast' \(SKTOOLS_BAUD\)"):
        settings.number("baud")
