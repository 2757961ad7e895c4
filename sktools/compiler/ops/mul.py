"""MUL, int8: the scale of squeeze-excite (per channel) and of the hard sigmoid (scalar)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np

from sktools.compiler.call import Call
from sktools.compiler.graph import Graph, Operator
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
from sktools.compiler.ops.elementwise import (
    Strides,
    channel_count,
    operand_source,
    operands_of,
    row_count,
    strides_of,
)
from sktools.compiler.ops.options import OptionsReader, activation_only


@register("MUL", options=OptionsReader("MulOptions", activation_only))
@dataclass(frozen=True)
class Mul(Op):
    strides: tuple[Strides, Strides]
    multiplier: int
    shift: int
    clamp: tuple[int, int]

    @classmethod
    def parse(cls, operator: Operator, graph: Graph) -> Self:
        inputs, output = operands_of(operator, graph)
        # mul.cc forms the factor in float32 before widening it.
        with np.errstate(over="ignore"):  # an infinite factor is refused below
            real = np.float32(inputs[0].scale) * np.float32(inputs[1].scale) / np.float32(output.scale)
        multiplier, shift = multiplier_of(operator, float(real))
        return cls(
            operator,
            inputs,
            output,
            (strides_of(operator, inputs[0], output, 0), strides_of(operator, inputs[1], output, 1)),
            multiplier,
            shift,
            clamp_of(operator, output),
        )

    @property
    def role(self) -> Role:
        return Role("x", "hard_sigmoid") if on_one_row(self.output) else Role("X", "scale")

    def lower(self, prefix: str) -> Call:
        # The kernel reads both operands of an element before it writes it, so a full first operand may be overwritten.
        first, second = (0, 1) if self.strides[0].row or not self.strides[1].row else (1, 0)
        return Call(
            kernel="mul",
            function="sk_mul",
            struct="sk_mul_t",
            fields=(
                ("rows", row_count(self.output)),
                ("channels", channel_count(self.output)),
                ("a_row", self.strides[first].row),
                ("a_channel", self.strides[first].channel),
                ("b_row", self.strides[second].row),
                ("b_channel", self.strides[second].channel),
                ("a_zero_point", self.inputs[first].zero_point),
                ("b_zero_point", self.inputs[second].zero_point),
                ("out_zero_point", self.output.zero_point),
                ("low", self.clamp[0]),
                ("high", self.clamp[1]),
                ("multiplier", self.multiplier),
                ("shift", self.shift),
            ),
            inputs=(
                operand_source(self.inputs[first], f"{prefix}_a"),
                operand_source(self.inputs[second], f"{prefix}_b"),
            ),
            output=self.output.index,
            files=("sk_mul.c", "sk_mul.h", "sk_quant.h"),
            in_place=self.inputs[first].elements == self.output.elements,
        )

    def evaluate(self, values: Mapping[int, FloatArray]) -> FloatArray:
        product = float_value(self.inputs[0], values) * float_value(self.inputs[1], values)
        return float_activation(self.operator, product).reshape(self.output.shape)
