"""RELU, RELU6, RELU_N1_TO_1 and LEAKY_RELU, int8, where no other operator fuses them (reference_ops::ReluX)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from sktools.compiler.graph import Graph, Operator, Tensor
from sktools.compiler.ops.base import FloatArray, multiplier_of, refuse, register
from sktools.compiler.ops.options import NO_OPTIONS, Options, OptionsReader
from sktools.compiler.ops.unary import Unary, clamped
from sktools.compiler.quantization import activation_range, requantize

LIMITS = {"RELU": (0.0, np.inf), "RELU6": (0.0, 6.0), "RELU_N1_TO_1": (-1.0, 1.0)}


@register("RELU", options=NO_OPTIONS)
@register("RELU6", options=NO_OPTIONS)
@register("RELU_N1_TO_1", options=NO_OPTIONS)
@dataclass(frozen=True, eq=False)
class Relu(Unary):
    @staticmethod
    def function(operator: Operator, graph: Graph, source: Tensor, output: Tensor) -> Callable[[int], int]:
        factor = multiplier_of(operator, _ratio(source, output))
        try:
            low, high = activation_range(operator.op, output.scale, output.zero_point)
        except ValueError as error:
            raise refuse(operator, str(error)) from error

        def function(q: int) -> int:
            return clamped(output.zero_point + requantize(q - source.zero_point, *factor), low, high)

        return function

    def real(self, value: FloatArray) -> FloatArray:
        return np.clip(value, *LIMITS[self.operator.op])


def _alpha(table: Any) -> Options:
    return {"alpha": table.Alpha()}


@register("LEAKY_RELU", options=OptionsReader("LeakyReluOptions", _alpha))
@dataclass(frozen=True, eq=False)
class LeakyRelu(Unary):
    @staticmethod
    def function(operator: Operator, graph: Graph, source: Tensor, output: Tensor) -> Callable[[int], int]:
        alpha = float(operator.options.get("alpha", 0.0))
        if not 0 <= alpha < np.inf:
            raise refuse(operator, f"a slope of {alpha:g}; positive ones are supported")
        identity = multiplier_of(operator, _ratio(source, output))
        # leaky_relu's Prepare: scale * alpha / scale, each step in float32.
        with np.errstate(over="ignore"):
            product = np.float32(source.scale) * np.float32(alpha)
            slope = multiplier_of(operator, float(product / np.float32(output.scale)))

        def function(q: int) -> int:
            value = q - source.zero_point
            return clamped(output.zero_point + requantize(value, *(identity if value >= 0 else slope)))

        return function

    def real(self, value: FloatArray) -> FloatArray:
        return np.where(value >= 0, value, value * float(self.operator.options.get("alpha", 0.0)))


def _ratio(source: Tensor, output: Tensor) -> float:
    """The quotient of the scales in float32, as Prepare forms it."""
    with np.errstate(over="ignore"):  # an infinite factor is refused
        return float(np.float32(source.scale) / np.float32(output.scale))
