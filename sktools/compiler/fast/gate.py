"""Constants of squeeze-excite's MUL (firmware/kernels/fast/sk_fast_gate.h)."""

from __future__ import annotations

from dataclasses import dataclass

UNIT = 16
"""The result stands in the upper half of a word."""

INPUT_UP = 7
"""x + 128 is taken times 2**7, the most that fits int16."""


@dataclass(frozen=True)
class GateConstants:
    """Members of sk_fast_gate_t."""

    multiplier: int
    rounding: int
    up: int


def pack_gate(
    zero_points: tuple[int, int, int], multiplier: int, shift: int, clamp: tuple[int, int]
) -> GateConstants | None:
    """Constants of out = x * gate, real factor multiplier * 2**(shift - 31), or None where the kernel does not apply.

    zero_points: of x, gate and out. Needs -128 for x and gate, a factor of 2**-11 to 2**-3 and no tighter clamp than
    int8's. Exact for every x and gate: the product p is never negative, so with n = -shift
    floor((floor((2 p m + 2**31) / 2**32) + 2**(n - 1)) / 2**n) = floor((2 p m + 2**31 + 2**(n + 31)) / 2**(n + 32)),
    taken times 2**(16 - n) above and below so that it ends in the upper half of a word.
    """
    up = UNIT - 6 + shift
    if zero_points[:2] != (-128, -128) or clamp != (-128, 127) or multiplier <= 0 or not 0 <= up <= 7:
        return None
    extra = UNIT + shift  # the product is doubled and taken times 2**extra
    rounding = (1 << (extra - 1)) + (1 << (UNIT - 1)) + zero_points[2] * (1 << UNIT)
    return GateConstants(multiplier, rounding, up)
