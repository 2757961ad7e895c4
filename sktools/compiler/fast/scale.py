"""MUL by a constant as a line (firmware/kernels/fast/sk_fast_scale.h, sk_fast_lines.h)."""

from __future__ import annotations

import numpy as np

from sktools.compiler.fast.line import STEPS, Line, fit_line
from sktools.compiler.quantization import requantize


def pack_scale(
    factor: int, zero_points: tuple[int, int, int], multiplier: int, shift: int, clamp: tuple[int, int]
) -> Line | None:
    """The line of out = x * factor (int8), real factor multiplier * 2**(shift - 31); None where no line is exact.

    zero_points: of x, factor and out; clamp: the activation's int8 range.
    """
    scale = factor - zero_points[1]
    results = [requantize((int(x) - zero_points[0]) * scale, multiplier, shift) + zero_points[2] for x in STEPS]
    wanted = np.clip(np.array(results, np.int64), *clamp)
    return fit_line(wanted, scale * multiplier * 2.0 ** (shift - 31))
