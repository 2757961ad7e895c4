"""A sktools.yaml of a stranger runs nothing until the user says so."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from sktools.boards.board import load_board, read_board
from sktools.cli import trust
from sktools.cli.main import run
from sktools.cli.settings import choose
from sktools.errors import EXIT_USAGE, UsageError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder whose sktools.yaml names a board of its own, which names a program and a linker script."""
    place = tmp_path / "stranger"
    place.mkdir()
    monkeypatch.chdir(place)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (place / "sktools.yaml").write_text("board: ./evil.yaml\n")
    (place / "evil.yaml").write_text("name: evil\nbuild: {compiler: ./cc.sh, link_flags: ['-Tlink.ld']}\n")
    (place / "cc.sh").write_text("#!/bin/sh\n")
    (place / "link.ld").write_text("")
    return place


def test_what_is_harmless_needs_no_word(folder: Path) -> None:
    (folder / "sktools.yaml").write_text("board: host\nengine: aot\nresults: out/results\nport: /dev/ttyACM0\n")
    assert choose("board", None, {}, folder).value == "host"


@pytest.mark.parametrize(
    "entry",
    ["board: ./evil.yaml", "board: evil.yaml", "sdk: sdk", "zoo_url: https://example.org", "data: ../x", "results: /x"],
)
def test_what_reaches_out_is_refused_and_named(folder: Path, entry: str) -> None:
    (folder / "sktools.yaml").write_text(f"{entry}\n")
    with pytest.raises(UsageError, match="you have not trusted it") as caught:
        choose("engine", None, {}, folder)
    assert entry in caught.value.message
    assert "--trust" in caught.value.hint


@pytest.mark.parametrize("changed", ["sktools.yaml", "evil.yaml", "cc.sh", "link.ld"])
def test_trust_ends_with_any_change(folder: Path, changed: str) -> None:
    trust.grant(folder / "sktools.yaml")
    assert choose("board", None, {}, folder).value == "./evil.yaml"
    with (folder / changed).open("a") as stream:
        stream.write("\n# changed\n")
    with pytest.raises(UsageError, match="not trusted"):
        trust.check(folder / "sktools.yaml", {"board": "./evil.yaml"})


def test_trust_is_of_one_place(folder: Path, tmp_path: Path) -> None:
    trust.grant(folder / "sktools.yaml")
    copy = folder.rename(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="not trusted"):
        trust.check(copy / "sktools.yaml", {"board": "./evil.yaml"})


def test_the_option_trusts_before_the_command_runs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["size", "ss-2"]) == EXIT_USAGE
    told = capsys.readouterr().err
    assert "not trusted" in told and not (folder / "build").exists()
    assert run(["size", "ss-2", "--trust"]) == EXIT_USAGE  # evil.yaml is no board: but it was read
    assert "evil.yaml" in capsys.readouterr().err
    run(["size", "ss-2"])
    assert "not trusted" not in capsys.readouterr().err


def test_a_terminal_is_asked(folder: Path, tmp_path: Path) -> None:
    code = (
        "import pathlib; from sktools.cli.trust import check; "
        "check(pathlib.Path('sktools.yaml'), {'board': './evil.yaml'})"
    )
    for answer, status in (b"n\n", 1), (b"y\n", 0):
        ours, theirs = pty.openpty()
        process = subprocess.Popen([sys.executable, "-c", code], stdin=theirs, stderr=theirs, stdout=subprocess.DEVNULL)
        os.close(theirs)
        os.write(ours, answer)
        assert process.wait(60) == status
        os.close(ours)


def test_a_damaged_memory_trusts_nothing(folder: Path) -> None:
    trust.grant(folder / "sktools.yaml")
    trust.trusted_file().write_text("[")
    with pytest.raises(UsageError, match="not trusted"):
        trust.check(folder / "sktools.yaml", {"board": "./evil.yaml"})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("cpu_flags", '["$(shell touch x)"]'),
        ("link_flags", '["-Wl,`x`"]'),
        ("compiler", '"gcc; touch x"'),
        ("image", '"a b"'),
        ("linker_script", '"a#b"'),
    ],
)
def test_a_board_gives_make_plain_words_only(tmp_path: Path, key: str, value: str) -> None:
    from importlib.resources import files

    lines = files("sktools.boards").joinpath("virtual.yaml").read_text().splitlines()
    kept = ["name: mine" if line.startswith("name:") else line for line in lines if not line.startswith(f"  {key}:")]
    if key == "link_flags":
        assert len(kept) < len(lines)
    (tmp_path / "mine.yaml").write_text("\n".join([*kept, f"  {key}: {value}"]) + "\n")
    with pytest.raises(UsageError, match=rf"build\.{key} is .*, expected letters"):
        read_board(tmp_path / "mine.yaml")


def test_every_board_that_ships_is_of_plain_words() -> None:
    from sktools.boards.board import board_names

    for name in board_names():
        load_board(name)
