"""TRANSPOSE, int8, of up to six axes (reference_ops::Transpose)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np

from sktools.compiler.call import Call
from sktools.compiler.graph import Graph, Operator
from sktools.compiler.kernels.arithmetic.walks import walk_along
from sktools.compiler.kernels.plain.strided_copy import strided_copy_call
from sktools.compiler.ops.base import (
    FloatArray,
    Op,
    activation_operand,
    constant_numbers,
    float_value,
    refuse,
    register,
    result,
    same_quantization,
)
from sktools.compiler.ops.options import NO_OPTIONS


@register("TRANSPOSE", options=NO_OPTIONS)
@dataclass(frozen=True)
class Transpose(Op):
    """axes: of the input, in the output's order."""

    axes: tuple[int, ...]

    @classmethod
    def parse(cls, operator: Operator, graph: Graph) -> Self:
        source, output = activation_operand(operator, graph, 0), result(operator, graph)
        same_quantization(operator, source, output)
        rank = len(source.shape)
        numbers = [int(axis) for axis in constant_numbers(operator, graph, 1).ravel()]
        axes = tuple(axis % rank if -rank <= axis < rank else -1 for axis in numbers)
        if sorted(axes) != list(range(rank)):
            raise refuse(operator, f"axes {numbers} are not an order of the {rank} axes")
        if output.shape != tuple(source.shape[axis] for axis in axes):
            raise refuse(
                operator, f"the output has shape {list(output.shape)}, which is not {list(source.shape)} turned"
            )
        return cls(operator, (source,), output, axes)

    def lower(self, prefix: str) -> Call:
        source = self.inputs[0]
        return strided_copy_call(prefix, source, self.output, walk_along(source.shape, self.axes), 0)

    def evaluate(self, values: Mapping[int, FloatArray]) -> FloatArray:
        return np.transpose(float_value(self.inputs[0], values), self.axes)
