"""What to train on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Source:
    """A data set to train on, and the folder of its files (None for those that need none)."""

    dataset: str
    folder: Path | None = None
