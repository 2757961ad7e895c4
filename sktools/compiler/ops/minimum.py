"""MINIMUM and MAXIMUM of an int8 activation and a constant number (reference_ops::MaximumMinimumBroadcastSlow)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from sktools.compiler.graph import Graph, Operator, Tensor
from sktools.compiler.ops.base import FloatArray, activation_operand, dequantize, refuse, register, result
from sktools.compiler.ops.options import NO_OPTIONS
from sktools.compiler.ops.unary import Unary


@register("MINIMUM", options=NO_OPTIONS)
@register("MAXIMUM", options=NO_OPTIONS)
@dataclass(frozen=True, eq=False)
class Minimum(Unary):
    limit: float = 0.0

    @classmethod
    def parse(cls, operator: Operator, graph: Graph) -> Self:
        operands = [activation_operand(operator, graph, position, constant=True) for position in range(2)]
        constants = [tensor for tensor in operands if tensor.data is not None and tensor.elements == 1]
        activations = [tensor for tensor in operands if tensor.data is None]
        if len(constants) != 1 or len(activations) != 1:
            raise refuse(operator, "its operands; an activation and a constant of one element are supported")
        (limit,), (source,) = constants, activations
        output = result(operator, graph)
        # The reference compares the quantized numbers as they are.
        kinds = {(tensor.scale, tensor.zero_point) for tensor in (limit, source, output)}
        if source.shape != output.shape or len(kinds) != 1:
            raise refuse(operator, "its operands and output differ in shape, scale or zero point")
        swapped = replace(operator, inputs=(source.index, limit.index))
        parsed = super().parse(swapped, graph)
        return replace(parsed, operator=operator, limit=float(np.ravel(dequantize(limit))[0]))

    @staticmethod
    def function(operator: Operator, graph: Graph, source: Tensor, output: Tensor) -> Callable[[int], int]:
        data = graph.tensors[operator.inputs[1]].data
        assert data is not None
        limit = int(np.ravel(data)[0])
        return lambda q: min(q, limit) if operator.op == "MINIMUM" else max(q, limit)

    def real(self, value: FloatArray) -> FloatArray:
        return np.minimum(value, self.limit) if self.operator.op == "MINIMUM" else np.maximum(value, self.limit)
