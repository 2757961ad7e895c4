"""TEMPLATE, int8: what it computes, and after which reference kernel. docs/adding-an-operator.md says how to use this.

A file whose name begins with "_" is not imported, so this one registers nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from sktools.compiler.call import Call
from sktools.compiler.graph import Graph, Operator
from sktools.compiler.kernels.plain._template import template_call
from sktools.compiler.ops.base import FloatArray, Op, activation_operand, float_value, refuse, register, result
from sktools.compiler.ops.options import NO_OPTIONS


@register("TEMPLATE", options=NO_OPTIONS)
@dataclass(frozen=True)
class Template(Op):
    """One int8 input and one int8 output of the same shape. Add a field for each constant that the kernel needs."""

    @classmethod
    def parse(cls, operator: Operator, graph: Graph) -> Self:
        source, output = activation_operand(operator, graph, 0), result(operator, graph)
        if source.shape != output.shape:
            raise refuse(operator, f"{list(source.shape)} to {list(output.shape)}; one shape is supported")
        return cls(operator, (source,), output)

    def lower(self, prefix: str) -> Call:
        return template_call(self.inputs[0], self.output)

    def evaluate(self, values: Mapping[int, FloatArray]) -> FloatArray:
        return float_value(self.inputs[0], values)
