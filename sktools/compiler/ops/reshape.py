"""RESHAPE, SQUEEZE and EXPAND_DIMS: the same bytes under another shape."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from sktools.compiler.call import Call
from sktools.compiler.graph import Graph, Operator, Tensor
from sktools.compiler.kernels.plain.copy import copy_call
from sktools.compiler.ops.base import (
    RESHAPING,
    FloatArray,
    Op,
    Role,
    activation_operand,
    float_value,
    operand,
    refuse,
    register,
    result,
    same_quantization,
)
from sktools.compiler.ops.options import NO_OPTIONS, Options, OptionsReader, numbers


def _as_told(operator: Operator, graph: Graph, source: Tensor) -> tuple[int, ...] | None:
    """The output's shape as the operand or the options say it; None where neither says anything.

    Nor where a pass dropped the operators that compute it: then the file has no other word than the output's shape.
    """
    told = _numbers(operator, graph)
    if operator.op == "RESHAPE":
        known = math.prod(extent for extent in told if extent >= 0)
        rest = source.elements // known if told.count(-1) == 1 and known > 0 else -1
        shape = tuple(rest if extent == -1 else extent for extent in told)
        return shape if told and not operator.folded else None
    rank = len(source.shape)
    if operator.op == "SQUEEZE":
        if any(not -rank <= axis < rank for axis in told):
            raise refuse(operator, f"its axes {list(told)} are not those of {list(source.shape)}")
        axes = {axis % rank for axis in told} or {axis for axis, extent in enumerate(source.shape) if extent == 1}
        return tuple(extent for axis, extent in enumerate(source.shape) if axis not in axes)
    if len(told) != 1 or not -rank - 1 <= told[0] <= rank:
        raise refuse(operator, f"its axis {list(told)} is no constant in {-rank - 1}..{rank}")
    position = told[0] % (rank + 1)
    return (*source.shape[:position], 1, *source.shape[position:])


def _numbers(operator: Operator, graph: Graph) -> tuple[int, ...]:
    if operator.op != "SQUEEZE" and len(operator.inputs) > 1:
        tensor = operand(operator, graph, 1, dtype="INT32")
        return () if tensor.data is None else tuple(int(value) for value in np.ravel(tensor.data))
    text = str(operator.options.get("new_shape") or operator.options.get("squeeze_dims") or "")
    return tuple(int(number) for number in text.split(",") if number)


def _new_shape(table: Any) -> Options:
    return {"new_shape": numbers(table.NewShapeLength(), table.NewShape)}


def _squeeze_dims(table: Any) -> Options:
    return {"squeeze_dims": numbers(table.SqueezeDimsLength(), table.SqueezeDims)}


@register("EXPAND_DIMS", options=NO_OPTIONS)
@register("SQUEEZE", options=OptionsReader("SqueezeOptions", _squeeze_dims))
@register("RESHAPE", options=OptionsReader("ReshapeOptions", _new_shape))
@dataclass(frozen=True)
class Reshape(Op):
    @classmethod
    def parse(cls, operator: Operator, graph: Graph) -> Self:
        source = activation_operand(operator, graph, 0)
        output = result(operator, graph)
        if source.elements != output.elements:
            raise refuse(operator, f"{list(source.shape)} to {list(output.shape)}: the element counts differ")
        expected = _as_told(operator, graph, source)
        if expected is not None and expected != output.shape:
            raise refuse(operator, f"the output has shape {list(output.shape)}, expected {list(expected)}")
        same_quantization(operator, source, output)
        return cls(operator, (source,), output)

    @property
    def is_alias(self) -> bool:
        return True

    @property
    def role(self) -> Role:
        return Role(RESHAPING, "reshape")

    def lower(self, prefix: str) -> Call:
        return copy_call(self.inputs[0], self.output)

    def evaluate(self, values: Mapping[int, FloatArray]) -> FloatArray:
        return float_value(self.inputs[0], values).reshape(self.output.shape)
