"""What is being written: hidden beside the place it will take, and folders are removed even where we were killed.

A process that is killed cannot tidy up. Each such folder is locked as long as its process lives, so the next one that
writes beside it knows what has been left behind.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import secrets
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

_YOUNG_S = 60.0
"""A folder is locked a moment after it is made; one so young may be about to be."""


@contextlib.contextmanager
def partial_folder(parent: Path, purpose: str) -> Iterator[Path]:
    """An empty folder `parent/.<purpose>-...`, gone when the context ends; what of it is to stay is moved out before.

    Those of the same purpose whose processes were killed are removed first. Raises OSError where parent cannot be
    written.
    """
    prefix = f".{purpose}-"
    for left in parent.glob(f"{prefix}*"):
        _remove_if_left(left)
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
    lock = None
    try:
        lock = _lock(folder)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if lock is not None:
            os.close(lock)


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    """An empty folder where the system keeps temporary files. Raises OSError where that place cannot be written."""
    with partial_folder(Path(tempfile.gettempdir()), "sktools") as folder:
        yield folder


def check_writable(folder: Path) -> None:
    """Makes a folder that hours of work will write to at their end. Raises OSError where that cannot be."""
    folder.mkdir(parents=True, exist_ok=True)
    with partial_folder(folder, "partial"):
        pass


def check_file_writable(path: Path) -> None:
    """Whether a file can be written that hours of work will write at their end; makes its folder.

    Raises OSError where not.
    """
    place = _place(path)
    if place is not None:
        check_writable(place.parent)


def utf8(text: str) -> bytes:
    """The bytes of a text file. What a file name in it holds that is no UTF-8 is escaped."""
    return text.encode("utf-8", "backslashreplace")


def replace_file(path: Path, content: bytes) -> None:
    """Writes a file under a name of its own beside `path`, and renames it: complete or not at all. Raises OSError.

    A symbolic link stays one: the file that it names is written. A device or pipe, such as /dev/stdout, is written to.
    """
    place = _place(path)
    if place is None:
        path.write_bytes(content)
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    # A name that fits beside the longest.
    partial = place.with_name(f".{place.name[:40]}.{secrets.token_hex(3)}.partial")
    try:
        partial.write_bytes(content)
        partial.replace(place)
    finally:
        partial.unlink(missing_ok=True)


def _place(path: Path) -> Path | None:
    """Where the bytes of a file go; None where nothing can take the path's place: it is a device or pipe.

    Raises OSError for a folder, and for a name that no file can have.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return Path(os.path.realpath(path))
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    return Path(os.path.realpath(path)) if stat.S_ISREG(mode) else None


def _lock(folder: Path) -> int | None:
    """A descriptor that holds the folder's lock; None where another holds it, or the file system knows no locks."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def _remove_if_left(folder: Path) -> None:
    with contextlib.suppress(OSError):
        if time.time() - folder.stat().st_mtime < _YOUNG_S:
            return
        lock = _lock(folder)
        if lock is not None:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)
