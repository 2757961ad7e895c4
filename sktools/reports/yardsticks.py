"""Rows of the yardsticks for every table of accuracy, and the sentences that go with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sktools.metrics.yardsticks import CLOCK, NOT_COMPUTED, clock_is_better, computed, title

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


def first_words(model: str, score: Mapping[str, Any]) -> str:
    """What a reader must know before the figures: that the clock alone is better, or that sensors are missing.

    Empty if there is nothing of that kind to say.
    """
    clock = computed(score.get("yardsticks") or {}).get(CLOCK)
    lacks = _without(score.get("missing") or ())
    if clock is not None and clock_is_better(score):
        return (
            f"the clock alone is better here: kappa {clock['kappa']:.3f} without any sensor, "
            f"{score['kappa']:.3f} by {model}{f' {lacks}' if lacks else ''}"
        )
    if not lacks:
        return ""
    beside = f"; the clock alone reaches kappa {clock['kappa']:.3f}, {model} {score['kappa']:.3f}" if clock else ""
    return f"{model} answers {lacks} here{beside}"


def _without(missing: Sequence[str]) -> str:
    names = [name.replace("_", " ") for name in missing]
    if not names:
        return ""
    return f"without {', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else f"without {names[0]}"
