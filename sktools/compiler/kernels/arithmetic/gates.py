"""Constants of squeeze-excite's MUL (firmware/kernels/fast/sk_mul_gate.h)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sktools.compiler.graph import Tensor

INPUT_UP = 7
"""x + 128 is taken times 2**7, the most that fits int16."""

SLOPE_FRACTION = 8
"""Bits of the slope of one gate step that are rounded away once it is multiplied by the gate."""

CANDIDATES = 64
"""Slopes tried around the ideal one."""


@dataclass(frozen=True)
class Gate:
    """Members of sk_fast_gate_t."""

    slope: int
    rounding: int

    @property
    def members(self) -> Mapping[str, int]:
        return {"slope": self.slope, "rounding": self.rounding}


def gate_of(
    source: Tensor, gate: Tensor, output: Tensor, multiplier: int, shift: int, clamp: tuple[int, int]
) -> Gate | None:
    """fit_gate for the product of two activations."""
    return fit_gate((source.zero_point, gate.zero_point, output.zero_point), multiplier, shift, clamp)


def fit_gate(zero_points: tuple[int, int, int], multiplier: int, shift: int, clamp: tuple[int, int]) -> Gate | None:
    """Constants of out = x * gate, real factor multiplier * 2**(shift - 31), or None if there are none.

    zero_points: of x, gate and out. Needs -128 for x and gate, and a factor below 2**-2. For all 65536 pairs of x
    and gate the kernel's result is compared with the reference's, and one `rounding` is sought that makes all equal.
    """
    if (
        zero_points[:2] != (-128, -128)
        or clamp != (-128, 127)
        or not 0 < multiplier < 1 << 31
        or not -20 <= shift <= -2
    ):
        return None
    steps = np.arange(256, dtype=np.int64)
    wanted = _reference(steps[:, None] * steps[None, :], multiplier, -shift) + zero_points[2]
    free_below, free_above = wanted <= -128, wanted >= 127  # saturated: how far beyond does not matter
    wanted = np.clip(wanted, -128, 127)
    ideal = round(multiplier * 2.0 ** (shift - 31 + 32 - INPUT_UP + SLOPE_FRACTION))
    for candidate in range(CANDIDATES):
        slope = ideal + ((candidate + 1) // 2 if candidate % 2 else -(candidate // 2))
        lines = (steps[:, None] << INPUT_UP) * _slopes(slope)[None, :] >> 16
        lower = int((wanted * 65536 - lines)[~free_below].max(initial=-(1 << 30)))
        upper = int((wanted * 65536 + 65535 - lines)[~free_above].min(initial=1 << 30))
        fits = 0 < slope < 1 << 31 and int(lines.max()) + max(abs(lower), abs(upper)) < 1 << 31
        if lower <= upper and fits:
            return Gate(slope, (lower + upper) // 2)
    return None


def _slopes(slope: int) -> NDArray[np.int64]:
    """sk_fast_gate_slopes for the gates -128 to 127."""
    return (np.arange(256, dtype=np.int64) * slope + (1 << (SLOPE_FRACTION - 1))) >> SLOPE_FRACTION


def _reference(product: NDArray[np.int64], multiplier: int, right: int) -> NDArray[np.int64]:
    """TFLite's MUL without zero point and clamp; product >= 0, so that both roundings are halves up."""
    high = (2 * product * multiplier + (1 << 31)) >> 32
    return (high + (np.int64(1) << (right - 1))) >> right
