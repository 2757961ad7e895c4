"""Calls with smaller constants that need scratch instead, taken where the arena has it to spare."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from sktools.compiler.call import Call
from sktools.compiler.lowering import Choice
from sktools.compiler.planner import Placement, Step

Smaller = Callable[[Call], Call | None]
"""The same bytes from smaller constants and more scratch. None: not for this call."""


def use_spare_arena(
    steps: Sequence[Step],
    choose: Choice,
    place: Callable[[Sequence[Step]], Placement],
    smaller: Sequence[Smaller],
) -> tuple[tuple[Step, ...], Placement]:
    """Replaces what `choose` prefers of (smaller, present) call, step by step, unless that needs more RAM."""
    kept, placement = tuple(steps), place(steps)
    for number, step in enumerate(kept):
        for candidate in filter(None, (function(step.call) for function in smaller)):
            if choose([candidate, step.call]) is not candidate:
                continue
            trial = (*kept[:number], replace(step, call=candidate), *kept[number + 1 :])
            planned = place(trial)
            if planned.plan.written_bytes <= placement.plan.written_bytes:
                kept, placement = trial, planned
    return kept, placement
