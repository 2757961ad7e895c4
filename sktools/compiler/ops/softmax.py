"""SOFTMAX over the last axis, int8 (reference_ops::Softmax). One at the model's end is left to the host."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sktools.compiler import fixed_point
from sktools.compiler.call import Call
from sktools.compiler.graph import Graph, Operator
from sktools.compiler.kernels.plain.softmax import softmax_call
from sktools.compiler.ops.base import FloatArray, Op, activation_operand, float_value, refuse, register, result
from sktools.compiler.ops.options import Options, OptionsReader
from sktools.compiler.quantization import quantize_multiplier

INTEGER_BITS = 5
MOST_CHANNELS = 256
"""With twice as many equal ones the reference shifts by more bits than a number has."""


def _options(table: Any) -> Options:
    return {"beta": table.Beta()}


@register("SOFTMAX", options=OptionsReader("SoftmaxOptions", _options))
@dataclass(frozen=True, eq=False)
class Softmax(Op):
    """exponentials: int32 [256], of the difference to the largest element, 0 to -255, 1.0 as 2**31."""

    exponentials: NDArray[np.int32]
    beta: float

    @classmethod
    def parse(cls, operator: Operator, graph: Graph) -> Self:
        source, output = activation_operand(operator, graph, 0), result(operator, graph)
        if source.shape != output.shape or not source.shape:
            raise refuse(operator, f"{list(source.shape)} to {list(output.shape)}; one shape is supported")
        if abs(output.scale * 256 - 1) > 1e-3 or output.zero_point != -128:
            raise refuse(operator, "its output's scale and zero point; 1/256 and -128 are supported")
        if source.shape[-1] > MOST_CHANNELS:
            raise refuse(operator, f"{source.shape[-1]} channels; up to {MOST_CHANNELS} are supported")
        beta = float(operator.options.get("beta", 0.0))
        real = beta * source.scale * (1 << (31 - INTEGER_BITS))
        if not 1 < real < 1 << 30:
            raise refuse(operator, f"beta {beta:g} with an input scale of {source.scale:g} is out of range")
        multiplier, shift = quantize_multiplier(real)
        least = -fixed_point.input_radius(INTEGER_BITS, shift)
        exponentials = [_exponential(-step, multiplier, shift) if -step >= least else 0 for step in range(256)]
        return cls(operator, (source,), output, np.array(exponentials, dtype=np.int32), beta)

    def lower(self, prefix: str) -> Call:
        return softmax_call(prefix, self.inputs[0], self.output, self.exponentials)

    def evaluate(self, values: Mapping[int, FloatArray]) -> FloatArray:
        logits = self.beta * float_value(self.inputs[0], values)
        exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
        return np.asarray(exponentials / exponentials.sum(axis=-1, keepdims=True))


def _exponential(difference: int, multiplier: int, shift: int) -> int:
    scaled = fixed_point.high_mul(difference << shift, multiplier)
    return fixed_point.exp_on_negative_values(scaled, INTEGER_BITS)
