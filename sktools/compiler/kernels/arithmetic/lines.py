"""Straight lines that equal TFLite's MUL or ADD of one int8 and a constant, for all of its 256 values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sktools.compiler.quantization import requantize

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
    """The line that gives wanted[x + 128], within int8, for each of the 256 values of x; None if none was found.

    factor: the approximate slope.
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


def factor_line(
    factor: int, zero_points: tuple[int, int, int], multiplier: int, shift: int, clamp: tuple[int, int]
) -> Line | None:
    """The line of out = x * factor (int8), real factor multiplier * 2**(shift - 31); None if no line is exact.

    zero_points: of x, factor and out; clamp: the activation's int8 range.
    """
    scale = factor - zero_points[1]
    results = [requantize((int(x) - zero_points[0]) * scale, multiplier, shift) + zero_points[2] for x in STEPS]
    wanted = np.clip(np.array(results, np.int64), *clamp)
    return fit_line(wanted, scale * multiplier * 2.0 ** (shift - 31))
