"""A build that is up to date is not compiled again; whatever it depends on makes it anew."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import sktools
from sktools.build.cache import user_costs
from sktools.pipeline import image, unchanged


class Compiled(Exception):
    """The compiler was called."""


@pytest.fixture
def built(workspace: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder of a build; from here on, compiling raises Compiled."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = sktools.build_fw("tiny", board="host", output="out").folder

    def compile_model(*_: object, **__: object) -> None:
        raise Compiled

    monkeypatch.setattr(image, "compile_model", compile_model)
    return folder


def build(**changed: str) -> Path:
    return sktools.build_fw("tiny", **{"board": "host", "output": "out", **changed}).image  # type: ignore[arg-type]


def test_the_same_again_compiles_nothing(built: Path) -> None:
    before = (built / "build.json").read_bytes()
    assert build() == built / "firmware.so"
    assert (built / "build.json").read_bytes() == before
    assert sktools.run("tiny", board="host", build_folder="out", frames=1).profile.parity.mismatched == 0


def _other_costs() -> None:
    user_costs().parent.mkdir(parents=True, exist_ok=True)
    user_costs().write_text(json.dumps({"fast_dw5 rows=1 channels=1 dilation=1": 1}))


def _other_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(bytes(content))


CHANGES: tuple[Callable[[], object], ...] = (
    lambda: _other_byte(Path("models/tiny/model.tflite")),
    lambda: _other_byte(Path("out/firmware.so")),
    lambda: Path("out/firmware.so").unlink(),
    lambda: Path("out/build.json").unlink(),
    lambda: Path("out/inputs.json").write_text("[]"),
    _other_costs,
)


def test_whatever_changes_compiles(built: Path, workspace: Path, tmp_path: Path) -> None:
    for number, change in enumerate(CHANGES):
        copy = tmp_path / f"copy-{number}"
        for name in ("models", "out"):
            shutil.copytree(name, copy / name)
        change()
        with pytest.raises(Compiled):
            build()
        for name in ("models", "out"):
            shutil.rmtree(name)
            shutil.move(copy / name, name)
    user_costs().unlink()
    for changed in ({"optimize": "size"}, {"name": "other"}, {"output": "elsewhere"}):
        with pytest.raises(Compiled):
            build(**changed)
    assert build().is_file()


def test_another_compiler_or_sktools_compiles(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch, pytest.raises(Compiled):
        patch.setattr(unchanged, "compiler_version", lambda compiler: "cc 99")
        build()
    with monkeypatch.context() as patch, pytest.raises(Compiled):
        patch.setattr(unchanged, "sources_digest", lambda: "another")
        build()
    assert build().is_file()
