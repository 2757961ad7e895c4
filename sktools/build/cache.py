"""Where sktools keeps what it has built for this machine and would else build again."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """$XDG_CACHE_HOME/sktools or ~/.cache/sktools."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path("~/.cache").expanduser())
    return Path(base) / "sktools"


def user_costs() -> Path:
    """Kernel costs that `sktools tune` measured on this machine's virtual board."""
    return cache_folder() / "costs.json"
