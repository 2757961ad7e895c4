"""MUL, int8: the scale of squeeze-excite (per channel) and of the hard sigmoid (scalar)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np

from sktools.compiler.call import Call
from sktools.compiler.graph import Graph, Operator, Tensor
from sktools.compiler.kernels.arithmetic.broadcast import Operand
from sktools.compiler.kernels.plain.mul import mul_call
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


@register("MUL", options=OptionsReader("MulOptions", activation_only))
@dataclass(frozen=True)
class Mul(Op):
    operands: tuple[Operand, Operand]
    multiplier: int
    shift: int
    clamp: tuple[int, int]

    @classmethod
    def parse(cls, operator: Operator, graph: Graph) -> Self:
        operands, output = operands_of(operator, graph)
        inputs = operands[0].tensor, operands[1].tensor
        # mul.cc forms the factor in float32 before widening it.
        with np.errstate(over="ignore"):  # an infinite factor is refused below
            real = np.float32(inputs[0].scale) * np.float32(inputs[1].scale) / np.float32(output.scale)
        multiplier, shift = multiplier_of(operator, float(real))
        return cls(
            operator,
            inputs,
            output,
            operands,
            multiplier,
            shift,
            clamp_of(operator, output),
        )

    @property
    def role(self) -> Role:
        return Role("x", "hard_sigmoid") if on_one_row(self.output) else Role("X", "scale")

    @property
    def gated(self) -> tuple[Tensor, Tensor] | None:
        """(full operand, operand of one element per channel), both activations; None if it is no such product."""
        for full, gate in (self.operands, self.operands[::-1]):
            if full.strides.row and not gate.strides.row and gate.strides.channel:
                return None if any(tensor.data is not None for tensor in self.inputs) else (full.tensor, gate.tensor)
        return None

    def lower(self, prefix: str) -> Call:
        return mul_call(prefix, self.operands, self.output, self.clamp, self.multiplier, self.shift)

    def evaluate(self, values: Mapping[int, FloatArray]) -> FloatArray:
        product = float_value(self.inputs[0], values) * float_value(self.inputs[1], values)
        return float_activation(self.operator, product).reshape(self.output.shape)
