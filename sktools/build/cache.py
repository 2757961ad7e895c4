"""Where sktools keeps what it has built for this machine and would else build again."""

from __future__ import annotations

import os
from pathlib import Path

from sktools.errors import MissingError


class NoHomeError(MissingError):
    """This user has no home folder, and no other place for a cache is named."""


def cache_folder() -> Path:
    """$XDG_CACHE_HOME/sktools or ~/.cache/sktools. Raises NoHomeError if this user has no home folder."""
    named = os.environ.get("XDG_CACHE_HOME")
    try:
        return (Path(named) if named else Path.home() / ".cache") / "sktools"
    except RuntimeError as error:  # a container's user without a name
        raise NoHomeError("this user has no home folder", "export HOME=DIR, or XDG_CACHE_HOME=DIR") from error


def user_costs() -> Path:
    """Kernel costs that `sktools tune` measured on this machine's virtual board."""
    return cache_folder() / "costs.json"
