"""A firmware project is readable, complete, reproducible, and never half there."""

from __future__ import annotations

import dataclasses
import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from sktools.boards.board import load_board
from sktools.build import build as build_module
from sktools.build import record
from sktools.build.build import build_firmware, default_folder, load_build
from sktools.build.project import project_files
from sktools.build.toolchain import compiler_version
from sktools.compiler import compile_model
from sktools.errors import EXIT_MISSING, BuildError, MissingError
from tests.support.builds import fake_build
from tests.support.fake_model import TFLITE, fake_model
from tests.support.random_network import Family, random_network
from tests.support.tools import needs_arm_gcc, needs_cc

HOST = load_board("host").target
VIRTUAL = load_board("virtual").target


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def tree(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@needs_arm_gcc
def test_two_folders_give_the_same_bytes(tmp_path: Path) -> None:
    first = build_firmware(fake_model(), VIRTUAL, TFLITE, tmp_path / "a")
    second = build_firmware(fake_model(), VIRTUAL, TFLITE, tmp_path / "elsewhere" / "quite a bit deeper")
    assert first.binary is not None and second.binary is not None
    assert digest(first.binary) == digest(second.binary)
    assert digest(first.image) == digest(second.image)
    assert str(tmp_path).encode() not in first.image.read_bytes()


@needs_arm_gcc
def test_two_machines_give_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A compiled network, from another folder, in another language and time zone, with another user's flags."""
    tflite = random_network(Family(frames=16, filters=(4,), depths=(1,), dilations=(1,)))
    first = build_firmware(compile_model(tflite, name="same"), VIRTUAL, tflite, tmp_path / "a")
    flags = {"CFLAGS": "-O3 -DOTHER", "CC": "clang", "MAKEFLAGS": "-j1"}
    for variable, value in {**flags, "TZ": "Asia/Tokyo", "LC_ALL": "C", "USER": "somebody"}.items():
        monkeypatch.setenv(variable, value)
    (tmp_path / "b's place").mkdir()
    monkeypatch.chdir(tmp_path / "b's place")
    second = build_firmware(compile_model(tflite, name="same"), VIRTUAL, tflite, Path("build of it"))
    assert digest(first.image) == digest(second.image)
    assert str(tmp_path).encode() not in second.image.read_bytes()


@needs_arm_gcc
def test_plain_make_builds_the_same_image(tmp_path: Path) -> None:
    build = build_firmware(fake_model(), VIRTUAL, TFLITE, tmp_path / "project")
    before = digest(build.image)
    moved = tmp_path / "moved"
    shutil.copytree(build.folder, moved)
    subprocess.run(["make", "-C", moved, "clean", "all"], check=True, capture_output=True)
    assert digest(moved / build.image.name) == before


@needs_arm_gcc
def test_a_debug_build_is_another_image() -> None:
    release = fake_build("virtual")
    debug = build_firmware(fake_model(), VIRTUAL, TFLITE, release.folder.with_name("debug-virtual"), debug=True)
    assert debug.debug and "-Og" in debug.flags
    assert digest(debug.image) != digest(release.image)


@needs_cc
def test_a_folder_alone_tells_all_of_a_build(tmp_path: Path) -> None:
    built = build_firmware(fake_model(), HOST, TFLITE, tmp_path / "project")
    assert load_build(built.folder) == built
    assert built.model == dataclasses.replace(fake_model(), sources=built.model.sources)
    assert dict(built.model.sources) == dict(fake_model().sources)
    assert built.tflite.read_bytes() == TFLITE
    assert (built.board, built.engine, built.debug) == ("host", "aot", False)
    assert built.compiler == compiler_version("cc")
    built.image.write_bytes(built.image.read_bytes() + b"made by hand")
    assert "not recorded" in load_build(built.folder).compiler
    assert {"Makefile", "README.md", "model.json", "model.tflite", "src/runtime/sk_server.c"} <= tree(built.folder)
    assert "src/runtime/sk_fault.c" not in tree(built.folder)  # a board's own file
    assert "make" in (built.folder / "README.md").read_text()


@needs_cc
def test_the_same_build_is_not_made_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    monkeypatch.setattr(build_module, "run_make", lambda folder: made.append(folder) or _make(folder))
    build = build_firmware(fake_model(), HOST, TFLITE, tmp_path / "project")
    build_firmware(fake_model(), HOST, TFLITE, tmp_path / "project")
    assert len(made) == 1
    build.image.write_bytes(b"changed by hand")
    build_firmware(fake_model(), HOST, TFLITE, tmp_path / "project")
    assert len(made) == 2
    build_firmware(fake_model(), HOST, TFLITE + b"!", tmp_path / "project")
    assert len(made) == 3


def _make(folder: Path) -> None:
    subprocess.run(["make", "-C", folder], check=True, capture_output=True)


@needs_cc
def test_a_failed_build_leaves_what_was_there(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    build = build_firmware(fake_model(), HOST, TFLITE, folder)
    before = digest(build.image)
    with pytest.raises(BuildError, match=r"model\.c:\d+:\d+: error:"):
        build_firmware(fake_model("    this is not C;"), HOST, TFLITE, folder)
    assert digest(build.image) == before
    with pytest.raises(BuildError):
        build_firmware(fake_model("    this is not C;"), HOST, TFLITE, tmp_path / "new")
    assert {path.name for path in tmp_path.iterdir()} == {"project"}


@needs_cc
def test_a_foreign_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("important")
    with pytest.raises(BuildError, match="sktools did not write"):
        build_firmware(fake_model(), HOST, TFLITE, tmp_path)
    assert (tmp_path / "thesis.tex").read_text() == "important"


@needs_cc
def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BuildError, match="cannot write"):
        build_firmware(fake_model(), HOST, TFLITE, tmp_path / "file" / "project")


def test_a_missing_compiler(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingError, match="arm-none-eabi-gcc, which is not installed") as caught:
        build_firmware(fake_model(), VIRTUAL, TFLITE, tmp_path / "project")
    assert caught.value.exit_code == EXIT_MISSING
    assert "apt-get install gcc-arm-none-eabi" in caught.value.hint
    assert not (tmp_path / "project").exists()


def test_what_is_no_build_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="no built firmware"):
        load_build(tmp_path)
    for text in ("", "[]", "{}", '{"version": 1}', '{"version": 1, "model": {}, "build": {}}', '{"version": 7}'):
        (tmp_path / record.FILE).write_text(text)
        with pytest.raises(BuildError):
            load_build(tmp_path)


def test_a_hostile_name_reaches_no_make_file() -> None:
    name = 'x"; rm -rf $(HOME)\n\t@touch owned\n#*/ ../../etc'
    files = project_files(dataclasses.replace(fake_model(), name=name), VIRTUAL, TFLITE)
    for path in ("Makefile", "README.md"):
        assert b"$(HOME)" not in files[path] and b"owned\n" not in files[path] and b"*/" not in files[path]
    folder = default_folder(dataclasses.replace(fake_model(), name="../../etc"), "virtual")
    assert folder.parts == ("build", ".._.._etc".strip(" ."), "virtual-aot")


def test_rendering_depends_on_nothing_but_its_arguments() -> None:
    assert project_files(fake_model(), VIRTUAL, TFLITE) == project_files(fake_model(), VIRTUAL, TFLITE)
