"""REDUCE_MAX, int8, along any axes (reference_ops::ReduceGeneric)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np

from sktools.compiler.call import Call
from sktools.compiler.graph import Graph, Operator
from sktools.compiler.kernels.plain.reduce_max import reduce_max_call
from sktools.compiler.ops.base import (
    FloatArray,
    Op,
    activation_operand,
    float_value,
    register,
    result,
    same_quantization,
)
from sktools.compiler.ops.reduction import REDUCER, reduced_axes


@register("REDUCE_MAX", options=REDUCER)
@dataclass(frozen=True)
class ReduceMax(Op):
    axes: tuple[int, ...]

    @classmethod
    def parse(cls, operator: Operator, graph: Graph) -> Self:
        source, output = activation_operand(operator, graph, 0), result(operator, graph)
        same_quantization(operator, source, output)
        return cls(operator, (source,), output, reduced_axes(operator, graph, source, output))

    def lower(self, prefix: str) -> Call:
        return reduce_max_call(prefix, self.inputs[0], self.output, self.axes)

    def evaluate(self, values: Mapping[int, FloatArray]) -> FloatArray:
        return np.asarray(float_value(self.inputs[0], values).max(axis=self.axes)).reshape(self.output.shape)
