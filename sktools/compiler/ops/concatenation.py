"""CONCATENATION, int8: inputs of one scale and zero point side by side (reference_ops::Concatenation)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from sktools.compiler.call import Call
from sktools.compiler.graph import Graph, Operator
from sktools.compiler.kernels.plain.concatenation import concatenation_call
from sktools.compiler.ops.base import FloatArray, Op, activation_operand, float_value, refuse, register, result
from sktools.compiler.ops.options import Options, OptionsReader


def _options(table: Any) -> Options:
    return {"axis": table.Axis(), "fused": table.FusedActivationFunction()}


@register("CONCATENATION", options=OptionsReader("ConcatenationOptions", _options))
@dataclass(frozen=True)
class Concatenation(Op):
    axis: int

    @classmethod
    def parse(cls, operator: Operator, graph: Graph) -> Self:
        operands = tuple(
            activation_operand(operator, graph, position, constant=True) for position in range(len(operator.inputs))
        )
        output = result(operator, graph)
        if operator.options.get("fused", 0):
            raise refuse(operator, "it has a fused activation, which the reference refuses too")
        axis, rank = int(operator.options.get("axis", 0)), len(output.shape)
        if not -rank <= axis < rank:
            raise refuse(operator, f"axis {axis} of {rank}")
        axis %= rank
        if any(len(tensor.shape) != rank for tensor in operands):
            raise refuse(operator, f"{[list(tensor.shape) for tensor in operands]} have not all {rank} axes")
        expected = (
            *output.shape[:axis],
            sum(tensor.shape[axis] for tensor in operands),
            *output.shape[axis + 1 :],
        )
        for tensor in operands:
            if (*tensor.shape[:axis], *tensor.shape[axis + 1 :]) != (*output.shape[:axis], *output.shape[axis + 1 :]):
                raise refuse(operator, f"{list(tensor.shape)} is no part of {list(output.shape)} along axis {axis}")
            if (tensor.scale, tensor.zero_point) != (output.scale, output.zero_point):
                raise refuse(operator, "its inputs and its output are quantized differently")
        if output.shape != expected:
            raise refuse(operator, f"the output has shape {list(output.shape)}, expected {list(expected)}")
        return cls(operator, operands, output, axis)

    def lower(self, prefix: str) -> Call:
        return concatenation_call(prefix, self.inputs, self.output, self.axis)

    def evaluate(self, values: Mapping[int, FloatArray]) -> FloatArray:
        return np.concatenate([float_value(tensor, values) for tensor in self.inputs], axis=self.axis)
