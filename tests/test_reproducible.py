"""Everything that a build or an export writes is the same wherever it is made, to the byte."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from sktools.cli import main
from tests.support.random_network import Family, random_network
from tests.support.tools import needs_arm_gcc, needs_cc

COMMANDS = {
    "virtual": ("build-fw", "m.tflite", "--board", "virtual"),
    "host": ("build-fw", "m.tflite", "--board", "host"),
    "c-library": ("export", "m.tflite", "--as", "c-library", "--output", "out"),
    "header": ("export", "m.tflite", "--as", "header", "--output", "m.h"),
}


def made_in(folder: Path, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Digest by path of every file that stands there afterwards."""
    folder.mkdir(parents=True)
    (folder / "m.tflite").write_bytes(random_network(Family(frames=16, filters=(4,), depths=(1,), dilations=(1,))))
    monkeypatch.chdir(folder)
    assert main.run([*command, "--quiet"]) == 0
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


@needs_cc
@needs_arm_gcc
@pytest.mark.parametrize("what", COMMANDS)
def test_two_places_hold_the_same_bytes(what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = made_in(tmp_path / "a", COMMANDS[what], monkeypatch)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    second = made_in(tmp_path / "quite a bit" / "deeper", COMMANDS[what], monkeypatch)
    assert first == second
    assert len(first) > 1
