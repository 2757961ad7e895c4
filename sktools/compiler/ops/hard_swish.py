"""HARD_SWISH, int8: x * relu6(x + 3) / 6 in 16-bit fixed point (reference_ops::HardSwish)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sktools.compiler.graph import Graph, Operator, Tensor
from sktools.compiler.ops.base import FloatArray, multiplier_of, refuse, register
from sktools.compiler.ops.options import NO_OPTIONS
from sktools.compiler.ops.unary import Unary, clamped
from sktools.compiler.quantization import rounding_divide_by_pot

INT16_MIN, INT16_MAX = -(1 << 15), (1 << 15) - 1


@register("HARD_SWISH", options=NO_OPTIONS)
@dataclass(frozen=True, eq=False)
class HardSwish(Unary):
    @staticmethod
    def function(operator: Operator, graph: Graph, source: Tensor, output: Tensor) -> Callable[[int], int]:
        # activations.cc forms these scales in float32: 128 input steps, and 32768 for a half-range of 3.
        fine = np.float32(1.0 / 128.0) * np.float32(source.scale)
        reluish_scale = np.float32(3.0) / np.float32(32768.0)
        with np.errstate(over="ignore"):  # an infinite factor is refused
            out_multiplier, out_exponent = _int16(operator, float(fine / np.float32(output.scale)))
            reluish_multiplier, reluish_exponent = _int16(operator, float(fine / reluish_scale))
        if out_exponent > 0:
            raise refuse(operator, "its output is finer than 1/128 of its input, which the reference refuses too")

        def function(q: int) -> int:
            hires = (q - source.zero_point) * 128
            preshift = _high_mul16(hires, out_multiplier)
            reluish = hires
            if reluish_exponent > 0:
                reluish = _saturated16(reluish << (reluish_exponent - 1))
            reluish = _high_mul16(reluish, reluish_multiplier)
            if reluish_exponent > 0:
                reluish = _saturated16(reluish << 1)
            elif reluish_exponent < 0:
                reluish = rounding_divide_by_pot(reluish, -reluish_exponent)
            reluish = (reluish + (1 << 15)) >> 1
            product = _truncating_high_mul16(reluish, preshift)
            return clamped(rounding_divide_by_pot(product, -out_exponent) + output.zero_point)

        return function

    def real(self, value: FloatArray) -> FloatArray:
        return value * np.clip(value + 3.0, 0.0, 6.0) / 6.0


def _int16(operator: Operator, real: float) -> tuple[int, int]:
    """(multiplier, exponent), the multiplier in 16 bits (DownScaleInt32ToInt16Multiplier)."""
    multiplier, exponent = multiplier_of(operator, real)
    limit = (1 << 31) - 1 - (1 << 15)
    return (INT16_MAX if multiplier >= limit else (multiplier + (1 << 15)) >> 16), exponent


def _saturated16(value: int) -> int:
    return clamped(value, INT16_MIN, INT16_MAX)


def _high_mul16(a: int, b: int) -> int:
    """gemmlowp's saturating rounding doubling high multiplication of 16 bits."""
    nudged = a * b + ((1 << 14) if a * b >= 0 else 1 - (1 << 14))
    return _saturated16(nudged >> 15 if nudged >= 0 else -((-nudged) >> 15))


def _truncating_high_mul16(a: int, b: int) -> int:
    """The same without rounding: toward zero."""
    product = a * b
    return _saturated16(product >> 15 if product >= 0 else -((-product) >> 15))
