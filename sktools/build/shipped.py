"""Where the C and the templates that ship with the package lie."""

from __future__ import annotations

from importlib import resources
from pathlib import Path


def firmware_path(*parts: str) -> Path:
    """A file or folder below firmware/, from a wheel as from an editable install."""
    return Path(str(resources.files("sktools.firmware"))).joinpath(*parts)


def template_path(*parts: str) -> Path:
    """A file or folder below templates/, from a wheel as from an editable install."""
    return Path(str(resources.files("sktools.templates"))).joinpath(*parts)
