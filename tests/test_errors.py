"""What a message quotes cannot break its line, steer the terminal or fail to be written."""

from __future__ import annotations

import os

import pytest

from sktools.errors import DataError


@pytest.mark.parametrize(
    ("quoted", "shown"),
    [
        ("two\nlines", r"two\nlines"),
        ("\x1b[2J", r"\x1b[2J"),
        (os.fsdecode(b"\xff.h5"), r"\udcff.h5"),
        ("schön 睡眠", "schön 睡眠"),
    ],
)
def test_what_does_not_print_is_escaped(quoted: str, shown: str) -> None:
    error = DataError(f"{quoted}: is cut", f"rename {quoted}")
    assert (error.message, error.hint, str(error)) == (f"{shown}: is cut", f"rename {shown}", f"{shown}: is cut")
    error.message.encode("utf-8")


def test_what_is_quoted_at_length_is_shortened() -> None:
    error = DataError(f"a.yaml: network kind '{'x' * 5000}' is not known; known: tcn-sm")
    assert len(error.message) < 600
    assert error.message.startswith("a.yaml: network kind 'xxx") and error.message.endswith("known: tcn-sm")
