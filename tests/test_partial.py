"""Folders that are being written vanish with their process, however it ends, and only then."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from sktools.partial import check_file_writable, partial_folder, replace_file, temporary_folder

_HOLD = """\
import sys, time
from pathlib import Path
from sktools.partial import partial_folder
with partial_folder(Path(sys.argv[1]), "test") as folder:
    (folder / "half").write_text("written")
    print(folder, flush=True)
    time.sleep(600)
"""


def hold(parent: Path) -> tuple[subprocess.Popen[str], Path]:
    holder = subprocess.Popen([sys.executable, "-c", _HOLD, str(parent)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    return holder, Path(holder.stdout.readline().strip())


def make_old(folder: Path) -> None:
    an_hour_ago = time.time() - 3600
    os.utime(folder, (an_hour_ago, an_hour_ago))


def test_it_is_gone_afterwards_also_after_an_error(tmp_path: Path) -> None:
    with partial_folder(tmp_path, "test") as folder:
        (folder / "file").touch()
        assert folder.parent == tmp_path and folder.name.startswith(".test-")
    with pytest.raises(ValueError), partial_folder(tmp_path, "test"):
        raise ValueError
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_is_removed_and_what_a_living_one_writes_is_not(tmp_path: Path) -> None:
    killed, left = hold(tmp_path)
    living, kept = hold(tmp_path)
    try:
        killed.kill()
        killed.wait()
        assert (left / "half").exists()
        for folder in (left, kept):
            make_old(folder)
        with partial_folder(tmp_path, "test"):
            pass
        assert not left.exists()
        assert (kept / "half").read_text() == "written"
    finally:
        living.kill()
        living.wait()


def test_a_folder_just_made_is_left_alone(tmp_path: Path) -> None:
    """Its process may not have locked it yet."""
    (tmp_path / ".test-new").mkdir()
    with partial_folder(tmp_path, "test"):
        pass
    assert (tmp_path / ".test-new").is_dir()


def test_what_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    for name in (".other-1", "test-1"):
        (tmp_path / name).mkdir()
        make_old(tmp_path / name)
    with partial_folder(tmp_path, "test"):
        pass
    assert {path.name for path in tmp_path.iterdir()} == {".other-1", "test-1"}


def test_temporary_folders_are_tidied_up_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left = tmp_path / ".sktools-left"
    left.mkdir()
    make_old(left)
    with temporary_folder() as folder:
        assert list(tmp_path.iterdir()) == [folder]
    assert list(tmp_path.iterdir()) == []


def test_a_file_replaces_the_file_that_a_link_names(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old")
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "dangling").symlink_to("new/file")
    for name in ("link", "dangling"):
        check_file_writable(tmp_path / name)
        replace_file(tmp_path / name, name.encode())
        assert (tmp_path / name).is_symlink()
    assert (tmp_path / "file").read_text() == "link"
    assert (tmp_path / "new" / "file").read_text() == "dangling"
    assert not list(tmp_path.rglob("*.partial"))


def test_a_pipe_is_written_to_and_stays_one(tmp_path: Path) -> None:
    """So does /dev/null: a command that root runs must not put a file in its place."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        check_file_writable(pipe)
        replace_file(pipe, b"figures")
        assert os.read(reader, 100) == b"figures"
    finally:
        os.close(reader)
    assert pipe.is_fifo()


def test_a_file_may_have_the_longest_name(tmp_path: Path) -> None:
    replace_file(tmp_path / ("n" * 255), b"")
    assert [path.name for path in tmp_path.iterdir()] == ["n" * 255]


@pytest.mark.parametrize("name", ["", "folder", "file/below", "loop", "n" * 256])
def test_what_cannot_be_a_file_is_refused_by_the_name_that_was_given(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    for write in (check_file_writable, lambda path: replace_file(path, b"")):
        with pytest.raises(OSError) as caught:
            write(tmp_path / name)
        assert caught.value.filename in (str(tmp_path / name), tmp_path / name)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder", "loop"]
