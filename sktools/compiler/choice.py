"""Which kernel computes an operator: by level, and by the model cycles measured for its shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sktools.compiler.call import Call
from sktools.compiler.costs import cost_key
from sktools.compiler.lowering import Choice

OPTIMIZE_LEVELS = ("none", "speed", "size", "balanced")

BYTE_WORTH = 3.0
"""Model cycles per frame that balanced pays to save a byte of constants: 1 KiB for 0.1 % of an SS-4 frame."""


def chooser(optimize: str, costs: Mapping[str, int]) -> Choice:
    """none: the plain kernel. speed: the fewest cycles. size: the smallest constants that need no extra RAM. balanced:
    the fewest cycles, each byte of constants counting as BYTE_WORTH. If a call was never measured, rank decides.

    costs: model cycles by cost_key.
    """

    def cycles(calls: Sequence[Call]) -> list[float]:
        known = [costs.get(cost_key(call)) for call in calls]
        if any(cost is None for cost in known):
            return [-float(rank) for rank in range(len(calls))]
        return [float(cost) for cost in known if cost is not None]

    def bytes_of(call: Call) -> int:
        return sum(table.size for table in call.tables)

    def choose(calls: Sequence[Call]) -> Call:
        if optimize == "none":
            return calls[0]
        if optimize == "size" and any(call.in_place for call in calls):
            calls = [call for call in calls if call.in_place]  # a buffer of its own costs more RAM than constants flash
        ranked = list(zip(cycles(calls), (bytes_of(call) for call in calls), calls, strict=True))
        if optimize == "size":
            return min(ranked, key=lambda row: (row[1], row[0]))[2]
        worth = BYTE_WORTH if optimize == "balanced" and all(cost_key(call) in costs for call in calls) else 0.0
        return min(ranked, key=lambda row: (row[0] + worth * row[1], row[1]))[2]

    return choose
