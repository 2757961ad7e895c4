"""Folders that are complete or not there: written beside their place, which they take when all is done."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from sktools.errors import BuildError
from sktools.partial import partial_folder

_OTHER_FOLDER = "name another folder: --output DIR"


@contextlib.contextmanager
def replacement(
    folder: Path, files: Mapping[str, bytes], mark: str, already: Callable[[], bool] = lambda: False
) -> Iterator[Path]:
    """A new folder with these files, which takes the place of `folder` when the context ends without an error.

    mark: a file of it by which we know our own folders again; one without it is left alone. already: asked at the end,
    whether another run has put the very same there meanwhile; then that stays, for it may be in use.
    Raises BuildError where the folder is not ours or cannot be written.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with partial_folder(folder.parent, "build") as partial:
            fresh = partial / "project"
            _write(fresh, files)
            yield fresh
            if not already():
                _take_place(fresh, folder, partial / "replaced", mark)
    except OSError as error:
        raise BuildError(f"cannot write {folder}: {error.strerror or error}", _OTHER_FOLDER) from error


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    for path, content in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)


def _take_place(fresh: Path, folder: Path, replaced: Path, mark: str) -> None:
    if folder.exists() and any(folder.iterdir()) and not (folder / mark).is_file():
        raise BuildError(f"{folder} holds something that sktools did not write", _OTHER_FOLDER)
    for attempt in range(20):  # another run may be building into the same folder
        with contextlib.suppress(FileNotFoundError):
            folder.rename(replaced.with_name(f"{replaced.name}-{attempt}"))
        try:
            fresh.rename(folder)
            return
        except OSError:
            if not folder.exists():
                raise
    raise BuildError(f"cannot replace {folder}: another run keeps writing it", _OTHER_FOLDER)
