"""LOGISTIC and TANH, int8 (reference_integer_ops::Logistic, ::Tanh): fixed point with 4 integer bits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sktools.compiler import fixed_point
from sktools.compiler.graph import Graph, Operator, Tensor
from sktools.compiler.ops.base import FloatArray, refuse, register
from sktools.compiler.ops.options import NO_OPTIONS
from sktools.compiler.ops.unary import Unary, clamped
from sktools.compiler.quantization import requantize, rounding_divide_by_pot

INTEGER_BITS = 4


def _function(
    operator: Operator, source: Tensor, output: Tensor, curve: Callable[[int, int], int], bits: int, zero_point: int
) -> Callable[[int], int]:
    """bits: of the output's fraction; the reference knows no other output scale than 2**-bits."""
    if output.scale != 2.0**-bits or output.zero_point != zero_point:
        raise refuse(
            operator,
            f"an output of scale {output.scale:g} and zero point {output.zero_point}; {2.0**-bits:g} and {zero_point} "
            "are supported",
        )
    try:
        multiplier, shift = fixed_point.scale_into(source.scale, INTEGER_BITS)
    except ValueError as error:
        raise refuse(operator, str(error)) from error
    radius = fixed_point.input_radius(INTEGER_BITS, shift)

    def function(q: int) -> int:
        value = q - source.zero_point
        if abs(value) >= radius:
            return -128 if value < 0 else 127
        result = curve(requantize(value, multiplier, shift), INTEGER_BITS)
        return clamped(rounding_divide_by_pot(result, 31 - bits) + zero_point)

    return function


@register("LOGISTIC", options=NO_OPTIONS)
@dataclass(frozen=True, eq=False)
class Logistic(Unary):
    @staticmethod
    def function(operator: Operator, graph: Graph, source: Tensor, output: Tensor) -> Callable[[int], int]:
        return _function(operator, source, output, fixed_point.logistic, 8, -128)

    def real(self, value: FloatArray) -> FloatArray:
        return 1.0 / (1.0 + np.exp(-value))


@register("TANH", options=NO_OPTIONS)
@dataclass(frozen=True, eq=False)
class Tanh(Unary):
    @staticmethod
    def function(operator: Operator, graph: Graph, source: Tensor, output: Tensor) -> Callable[[int], int]:
        return _function(operator, source, output, fixed_point.tanh, 7, 0)

    def real(self, value: FloatArray) -> FloatArray:
        return np.tanh(value)
