"""Rows of the yardsticks for every table of accuracy, and the notes below it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sktools.metrics.yardsticks import NOT_COMPUTED, computed, title

Row = tuple[str, Mapping[str, Any]]
"""How the table names the row, and its scores: accuracy, f1, kappa, per_class."""


def yardstick_rows(score: Mapping[str, Any]) -> list[Row]:
    """A row for each yardstick of an `accuracy` object that has scores; none for an object without yardsticks."""
    return [(title(name, found), found) for name, found in computed(score.get("yardsticks") or {}).items()]


def yardstick_notes(score: Mapping[str, Any]) -> list[str]:
    """Which yardsticks were not computed and how to get them, and the people that the others were learned from."""
    notes = []
    for name, found in (score.get("yardsticks") or {}).items():
        if NOT_COMPUTED in found:
            notes.append(f"{title(name, found)}: not computed; {found[NOT_COMPUTED]}")
        elif found.get("learned_on"):
            notes.append(f"{title(name, found)}: learned on {found['learned_on']}")
    return notes
