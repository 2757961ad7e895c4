"""MEAN, int8 (QuantizedMeanOrSum): over every axis but the last as squeeze-excite does, or over any axes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sktools.compiler.call import Call
from sktools.compiler.graph import Graph, Operator
from sktools.compiler.kernels.plain.mean import mean_call
from sktools.compiler.kernels.plain.mean_axes import mean_axes_call
from sktools.compiler.ops.base import (
    FloatArray,
    Op,
    Role,
    activation_operand,
    float_value,
    multiplier_of,
    register,
    result,
)
from sktools.compiler.ops.reduction import REDUCER, reduced_axes


@register("MEAN", options=REDUCER)
@dataclass(frozen=True)
class AnyMean(Op):
    """axes: of the input, averaged. multiplier, shift: of their sum; 1 / count is folded in."""

    axes: tuple[int, ...]
    multiplier: int
    shift: int

    @classmethod
    def parse(cls, operator: Operator, graph: Graph) -> Op:
        source, output = activation_operand(operator, graph, 0), result(operator, graph)
        axes = reduced_axes(operator, graph, source, output)
        count = source.elements // output.elements
        multiplier, shift = multiplier_of(operator, source.scale / output.scale)
        # reduce.h folds 1 / count into the multiplier, with as many bits as keep it in 31 and the shift in range.
        bits = min(count.bit_length() - 1, 32, 31 + shift)
        factor = (multiplier << bits) // count if bits >= 0 else 0, shift - bits
        last = len(source.shape) - 1
        if last not in axes and all(source.shape[axis] == 1 or axis in axes for axis in range(last)):
            return Mean(operator, (source,), output, axes, *factor)
        return cls(operator, (source,), output, axes, *factor)

    def lower(self, prefix: str) -> Call:
        return mean_axes_call(prefix, self.inputs[0], self.output, self.axes, self.multiplier, self.shift)

    def evaluate(self, values: Mapping[int, FloatArray]) -> FloatArray:
        return np.asarray(float_value(self.inputs[0], values).mean(axis=self.axes)).reshape(self.output.shape)


@dataclass(frozen=True)
class Mean(AnyMean):
    """Over every axis but the last: the input is [rows, channels]."""

    @property
    def channels(self) -> int:
        return self.output.elements

    @property
    def rows(self) -> int:
        return self.inputs[0].elements // self.channels

    @property
    def role(self) -> Role:
        return Role("M", "squeeze")

    def lower(self, prefix: str) -> Call:
        return mean_call(self.inputs[0], self.output, self.rows, self.multiplier, self.shift)
