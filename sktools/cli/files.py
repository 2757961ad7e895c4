"""Files that commands write: complete or not at all."""

from __future__ import annotations

from pathlib import Path

from sktools.partial import replace_file, utf8


def write_text(path: Path, text: str) -> None:
    """Writes a text file under a temporary name beside it and renames it. Raises OSError."""
    write_bytes(path, utf8(text))


def write_bytes(path: Path, content: bytes) -> None:
    """Writes a file under a temporary name beside it and renames it. Raises OSError."""
    replace_file(path, content)
