"""ADD, int8: skip connections (reference_integer_ops::Add, left shift 20)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np

from sktools.compiler.call import Call
from sktools.compiler.graph import Graph, Operator
from sktools.compiler.kernels.arithmetic.broadcast import Operand
from sktools.compiler.kernels.plain.add import add_call
from sktools.compiler.ops.base import (
    FloatArray,
    Op,
    Role,
    clamp_of,
    float_activation,
    float_value,
    multiplier_of,
    on_one_row,
    register,
)
from sktools.compiler.ops.elementwise import operands_of
from sktools.compiler.ops.options import OptionsReader, activation_only

LEFT_SHIFT = 20


@register("ADD", options=OptionsReader("AddOptions", activation_only))
@dataclass(frozen=True)
class Add(Op):
    """scales: (multiplier, shift) of the two inputs and of the output."""

    operands: tuple[Operand, Operand]
    scales: tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
    clamp: tuple[int, int]

    @classmethod
    def parse(cls, operator: Operator, graph: Graph) -> Self:
        operands, output = operands_of(operator, graph)
        inputs = operands[0].tensor, operands[1].tensor
        # add.cc: 2 * max and (1 << 20) * scale are float32, the quotients double.
        with np.errstate(over="ignore"):  # an infinite factor is refused below
            twice = float(np.float32(2) * np.float32(max(inputs[0].scale, inputs[1].scale)))
            scaled = float(np.float32(1 << LEFT_SHIFT) * np.float32(output.scale))
        return cls(
            operator,
            inputs,
            output,
            operands,
            (
                multiplier_of(operator, inputs[0].scale / twice),
                multiplier_of(operator, inputs[1].scale / twice),
                multiplier_of(operator, twice / scaled),
            ),
            clamp_of(operator, output),
        )

    @property
    def role(self) -> Role:
        return Role("a", "hard_sigmoid_add") if on_one_row(self.output) else Role("A", "skip")

    def lower(self, prefix: str) -> Call:
        return add_call(prefix, self.operands, self.output, self.clamp, self.scales, LEFT_SHIFT)

    def evaluate(self, values: Mapping[int, FloatArray]) -> FloatArray:
        total = float_value(self.inputs[0], values) + float_value(self.inputs[1], values)
        return float_activation(self.operator, total).reshape(self.output.shape)
