"""Constants of sk_fast_scale (firmware/kernels/fast/sk_fast_scale.h)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sktools.compiler.quantization import requantize

SHIFT = 16
"""SK_SCALE_SHIFT."""

REACH = 8
"""Slopes tried on either side of the ideal one."""


@dataclass(frozen=True)
class ScaleConstants:
    """Members of sk_fast_scale_t."""

    slope: int
    offset: int


def pack_scale(
    factor: int, zero_points: tuple[int, int, int], multiplier: int, shift: int, clamp: tuple[int, int]
) -> ScaleConstants | None:
    """Constants of out = x * factor (int8), real factor multiplier * 2**(shift - 31); None where no line is exact.

    zero_points: of x, factor and out; clamp: the activation's int8 range.
    """
    steps = np.arange(-128, 128, dtype=np.int64)
    scale = factor - zero_points[1]
    results = [requantize((int(x) - zero_points[0]) * scale, multiplier, shift) + zero_points[2] for x in steps]
    wanted = np.clip(np.array(results, np.int64), *clamp)
    ideal = round(scale * multiplier * 2.0 ** (shift - 31 + SHIFT))
    for slope in sorted(range(ideal - REACH, ideal + REACH + 1), key=lambda value: abs(value - ideal)):
        line = steps * slope
        lower = int(((wanted << SHIFT) - line)[wanted > -128].max(initial=-(1 << 30)))
        upper = int(((wanted << SHIFT) + (1 << SHIFT) - 1 - line)[wanted < 127].min(initial=1 << 30))
        offset = (lower + upper) // 2
        if lower <= upper and int(np.abs(line).max()) + abs(offset) < 1 << 31:
            return ScaleConstants(slope, offset)
    return None
