"""PAD and PADV2, int8, along any of up to four axes, where no convolution has folded it (reference_ops::Pad)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np

from sktools.compiler.call import Call
from sktools.compiler.graph import Graph, Operator
from sktools.compiler.kernels.plain.pad import AXES, pad_call
from sktools.compiler.ops.base import (
    RESHAPING,
    FloatArray,
    Op,
    Role,
    activation_operand,
    constant_numbers,
    float_value,
    refuse,
    register,
    result,
    same_quantization,
)
from sktools.compiler.ops.options import NO_OPTIONS
from sktools.compiler.ops.window import MAX_EXTENT


@register("PAD", options=NO_OPTIONS)
@register("PADV2", options=NO_OPTIONS)
@dataclass(frozen=True)
class Pad(Op):
    """amounts: before and after, per axis; value: the int8 around the input."""

    amounts: tuple[tuple[int, int], ...]
    value: int

    @classmethod
    def parse(cls, operator: Operator, graph: Graph) -> Self:
        source, output = activation_operand(operator, graph, 0), result(operator, graph)
        same_quantization(operator, source, output)
        rank = len(source.shape)
        if not 1 <= rank <= len(AXES) or max(*source.shape, *output.shape) > MAX_EXTENT:
            raise refuse(
                operator,
                f"{list(source.shape)} to {list(output.shape)}; up to {len(AXES)} axes with extents up to {MAX_EXTENT} "
                "are supported",
            )
        numbers = constant_numbers(operator, graph, 1)
        if numbers.shape != (rank, 2) or np.any(numbers < 0):
            raise refuse(operator, f"its amounts have shape {list(numbers.shape)}, or some are negative")
        expected = tuple(extent + int(amount.sum()) for extent, amount in zip(source.shape, numbers, strict=True))
        if expected != output.shape:
            raise refuse(operator, f"the output has shape {list(output.shape)}, expected {list(expected)}")
        amounts = tuple((int(before), int(after)) for before, after in numbers)
        value = output.zero_point
        if operator.op == "PADV2":
            around = activation_operand(operator, graph, 2, constant=True)
            if around.data is None or around.elements != 1:
                raise refuse(operator, "input 2 is not a constant of one element")
            same_quantization(operator, source, around)
            value = int(np.ravel(around.data)[0])
        return cls(operator, (source,), output, amounts, value)

    @property
    def role(self) -> Role:
        return Role(RESHAPING, "")

    def lower(self, prefix: str) -> Call:
        return pad_call(self.inputs[0], self.output, [before for before, _ in self.amounts], self.value)

    def evaluate(self, values: Mapping[int, FloatArray]) -> FloatArray:
        around = (self.value - self.output.zero_point) * self.output.scale
        return np.pad(float_value(self.inputs[0], values), self.amounts, constant_values=around)
