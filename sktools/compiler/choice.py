"""Which kernel computes an operator: by level, and by the model cycles measured for its shape."""

from __future__ import annotations

from collections.abc import Sequence

from sktools.compiler.call import Call
from sktools.compiler.lowering import Choice

OPTIMIZE_LEVELS = ("none", "speed", "size", "balanced")


def chooser(optimize: str) -> Choice:
    """none: the plain kernels; the others prefer the fast ones."""

    def choose(calls: Sequence[Call]) -> Call:
        return calls[0] if optimize == "none" else calls[-1]

    return choose
