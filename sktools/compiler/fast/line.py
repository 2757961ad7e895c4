"""Lines that equal a function of one int8 (firmware/kernels/fast/sk_fast_scale.h, sk_fast_lines.h)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SHIFT = 16
"""SK_SCALE_SHIFT and SK_LINE_SHIFT."""

REACH = 8
"""Slopes tried on either side of the ideal one."""

STEPS = np.arange(-128, 128, dtype=np.int64)


@dataclass(frozen=True)
class Line:
    """out = saturate(floor((x * slope + offset) / 2**SHIFT))."""

    slope: int
    offset: int


def fit_line(wanted: NDArray[np.int64], factor: float) -> Line | None:
    """The line that gives wanted[x + 128], within int8, for each of the 256 values of x; None where none was found.

    factor: of x, about.
    """
    ideal = round(factor * 2.0**SHIFT)
    for slope in sorted(range(ideal - REACH, ideal + REACH + 1), key=lambda value: abs(value - ideal)):
        line = STEPS * slope
        lower = int(((wanted << SHIFT) - line)[wanted > -128].max(initial=-(1 << 30)))
        upper = int(((wanted << SHIFT) + (1 << SHIFT) - 1 - line)[wanted < 127].min(initial=1 << 30))
        offset = (lower + upper) // 2
        if lower <= upper and int(np.abs(line).max()) + abs(offset) < 1 << 31:
            return Line(slope, offset)
    return None
