"""RESHAPE, SQUEEZE and EXPAND_DIMS: the same bytes under another shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from sktools.compiler.call import Call
from sktools.compiler.graph import Graph, Operator
from sktools.compiler.ops.base import FloatArray, Op, activation_operand, float_value, refuse, register, result


@register("EXPAND_DIMS")
@register("SQUEEZE")
@register("RESHAPE")
@dataclass(frozen=True)
class Reshape(Op):
    @classmethod
    def parse(cls, operator: Operator, graph: Graph) -> Self:
        source = activation_operand(operator, graph, 0)
        output = result(operator, graph)
        if source.elements != output.elements:
            raise refuse(operator, f"{list(source.shape)} to {list(output.shape)}: the element counts differ")
        if (source.scale, source.zero_point) != (output.scale, output.zero_point):
            raise refuse(operator, "its input and output are quantized differently")
        return cls(operator, (source,), output)

    @property
    def is_alias(self) -> bool:
        return True

    def lower(self, prefix: str) -> Call:
        return Call(
            kernel="copy",
            function="sk_copy",
            struct="sk_copy_t",
            fields=(("bytes", self.output.elements),),
            inputs=(self.inputs[0].index,),
            output=self.output.index,
            files=("sk_copy.c", "sk_copy.h"),
        )

    def evaluate(self, values: Mapping[int, FloatArray]) -> FloatArray:
        return float_value(self.inputs[0], values).reshape(self.output.shape)
