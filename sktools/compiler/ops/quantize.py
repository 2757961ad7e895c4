"""QUANTIZE from int8 to int8: another scale or zero point (reference_ops::Requantize)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sktools.compiler.graph import Graph, Operator, Tensor
from sktools.compiler.ops.base import FloatArray, multiplier_of, register
from sktools.compiler.ops.options import NO_OPTIONS
from sktools.compiler.ops.unary import Unary, clamped
from sktools.compiler.quantization import requantize


@register("QUANTIZE", options=NO_OPTIONS)
@dataclass(frozen=True, eq=False)
class Quantize(Unary):
    @staticmethod
    def function(operator: Operator, graph: Graph, source: Tensor, output: Tensor) -> Callable[[int], int]:
        factor = multiplier_of(operator, source.scale / output.scale)

        def function(q: int) -> int:
            return clamped(requantize(q - source.zero_point, *factor) + output.zero_point)

        return function

    def real(self, value: FloatArray) -> FloatArray:
        return value
