"""MEAN over every axis but the last: the squeeze of squeeze-excite."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from sktools.compiler.call import Call
from sktools.compiler.graph import Graph, Operator
from sktools.compiler.kernels.plain.mean import mean_call
from sktools.compiler.ops.base import (
    FloatArray,
    Op,
    Role,
    activation_operand,
    float_value,
    multiplier_of,
    operand,
    refuse,
    register,
    result,
)
from sktools.compiler.ops.options import Options, OptionsReader


def keep_dims(table: Any) -> Options:
    """The options of every reduction."""
    return {"keep_dims": bool(table.KeepDims())}


@register("MEAN", options=OptionsReader("ReducerOptions", keep_dims))
@dataclass(frozen=True)
class Mean(Op):
    """rows: elements averaged for each channel. multiplier, shift: the mean's 1/rows is folded in."""

    rows: int
    channels: int
    multiplier: int
    shift: int

    @classmethod
    def parse(cls, operator: Operator, graph: Graph) -> Self:
        source = activation_operand(operator, graph, 0)
        output = result(operator, graph)
        axes = operand(operator, graph, 1, dtype="INT32")
        if axes.data is None:
            raise refuse(operator, "its axes are not a constant")
        rank = len(source.shape)
        reduced = {int(axis) + rank if axis < 0 else int(axis) for axis in np.ravel(axes.data)}
        kept = [extent for axis, extent in enumerate(source.shape[:-1]) if axis not in reduced]
        if any(axis < 0 or axis >= rank for axis in reduced) or rank - 1 in reduced or any(e != 1 for e in kept):
            raise refuse(
                operator,
                f"axes {sorted(reduced)} of shape {list(source.shape)}; a mean over all but the last axis is supported",
            )
        channels = source.shape[-1]
        rows = source.elements // channels
        expected = tuple(1 if axis in reduced else extent for axis, extent in enumerate(source.shape))
        if not operator.options.get("keep_dims", False):
            expected = tuple(extent for axis, extent in enumerate(source.shape) if axis not in reduced)
        if output.shape != expected:
            raise refuse(operator, f"the output has shape {list(output.shape)}, expected {list(expected)}")
        multiplier, shift = multiplier_of(operator, source.scale / output.scale)
        # QuantizedMeanOrSum (tensorflow/lite/kernels/internal/reference/reduce.h) folds 1/rows into the multiplier,
        # with as many bits as keep it in 31 and the shift in range.
        bits = min(rows.bit_length() - 1, 32, 31 + shift)
        return cls(
            operator, (source,), output, rows, channels, (multiplier << bits) // rows if bits >= 0 else 0, shift - bits
        )

    @property
    def role(self) -> Role:
        return Role("M", "squeeze")

    def lower(self, prefix: str) -> Call:
        return mean_call(self.inputs[0], self.output, self.rows, self.multiplier, self.shift)

    def evaluate(self, values: Mapping[int, FloatArray]) -> FloatArray:
        rows = float_value(self.inputs[0], values).reshape(self.rows, self.channels)
        return np.asarray(rows.sum(axis=0) / self.rows).reshape(self.output.shape)
