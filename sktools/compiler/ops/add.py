"""ADD, int8: skip connections (reference_integer_ops::Add, left shift 20)."""

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

LEFT_SHIFT = 20


@register("ADD", options=OptionsReader("AddOptions", activation_only))
@dataclass(frozen=True)
class Add(Op):
    """scales: (multiplier, shift) of the two inputs and of the output."""

    strides: tuple[Strides, Strides]
    scales: tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
    clamp: tuple[int, int]

    @classmethod
    def parse(cls, operator: Operator, graph: Graph) -> Self:
        inputs, output = operands_of(operator, graph)
        # add.cc: 2 * max and (1 << 20) * scale are float32, the quotients double.
        with np.errstate(over="ignore"):  # an infinite factor is refused below
            twice = float(np.float32(2) * np.float32(max(inputs[0].scale, inputs[1].scale)))
            scaled = float(np.float32(1 << LEFT_SHIFT) * np.float32(output.scale))
        return cls(
            operator,
            inputs,
            output,
            (strides_of(operator, inputs[0], output, 0), strides_of(operator, inputs[1], output, 1)),
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
        first, second = (0, 1) if self.strides[0].row or not self.strides[1].row else (1, 0)
        (first_scale, second_scale, out_scale) = (self.scales[first], self.scales[second], self.scales[2])
        return Call(
            kernel="add",
            function="sk_add",
            struct="sk_add_t",
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
                ("left_shift", LEFT_SHIFT),
                ("a_multiplier", first_scale[0]),
                ("a_shift", first_scale[1]),
                ("b_multiplier", second_scale[0]),
                ("b_shift", second_scale[1]),
                ("out_multiplier", out_scale[0]),
                ("out_shift", out_scale[1]),
            ),
            inputs=(
                operand_source(self.inputs[first], f"{prefix}_a"),
                operand_source(self.inputs[second], f"{prefix}_b"),
            ),
            output=self.output.index,
            files=("sk_add.c", "sk_add.h", "sk_quant.h"),
            in_place=self.inputs[first].elements == self.output.elements,
        )

    def evaluate(self, values: Mapping[int, FloatArray]) -> FloatArray:
        total = float_value(self.inputs[0], values) + float_value(self.inputs[1], values)
        return float_activation(self.operator, total).reshape(self.output.shape)
