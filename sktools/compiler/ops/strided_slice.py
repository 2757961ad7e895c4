"""STRIDED_SLICE and SLICE, int8, with constant limits (reference_ops::StridedSlice, ::Slice)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from sktools.compiler.call import Call
from sktools.compiler.graph import Graph, Operator, Tensor
from sktools.compiler.kernels.arithmetic.walks import Walk, strides_of
from sktools.compiler.kernels.plain.strided_copy import strided_copy_call
from sktools.compiler.ops.base import (
    FloatArray,
    Op,
    activation_operand,
    constant_numbers,
    float_value,
    refuse,
    register,
    result,
    same_quantization,
)
from sktools.compiler.ops.options import NO_OPTIONS, Options, OptionsReader


def _options(table: Any) -> Options:
    return {
        "begin_mask": table.BeginMask(),
        "end_mask": table.EndMask(),
        "shrink_axis_mask": table.ShrinkAxisMask(),
        "others": table.EllipsisMask() | table.NewAxisMask() | int(table.Offset()),
    }


@dataclass(frozen=True)
class Part:
    """Of one axis: the first element, the step, how many, and whether the axis goes."""

    first: int
    step: int
    count: int
    gone: bool = False


@register("STRIDED_SLICE", options=OptionsReader("StridedSliceOptions", _options))
@register("SLICE", options=NO_OPTIONS)
@dataclass(frozen=True)
class StridedSlice(Op):
    parts: tuple[Part, ...]

    @classmethod
    def parse(cls, operator: Operator, graph: Graph) -> Self:
        source, output = activation_operand(operator, graph, 0), result(operator, graph)
        same_quantization(operator, source, output)
        parts = (_strided_parts if operator.op == "STRIDED_SLICE" else _plain_parts)(operator, graph, source)
        expected = tuple(part.count for part in parts if not part.gone)
        if output.shape != expected:
            raise refuse(operator, f"the output has shape {list(output.shape)}, expected {list(expected)}")
        return cls(operator, (source,), output, parts)

    def lower(self, prefix: str) -> Call:
        strides = strides_of(self.inputs[0].shape)
        first = sum(part.first * stride for part, stride in zip(self.parts, strides, strict=True))
        steps = tuple(part.step * stride for part, stride in zip(self.parts, strides, strict=True))
        walk = Walk(tuple(part.count for part in self.parts), steps)
        return strided_copy_call(prefix, self.inputs[0], self.output, walk, first)

    def evaluate(self, values: Mapping[int, FloatArray]) -> FloatArray:
        indices = np.ix_(*(part.first + part.step * np.arange(part.count) for part in self.parts))
        return float_value(self.inputs[0], values)[indices].reshape(self.output.shape)


def _strided_parts(operator: Operator, graph: Graph, source: Tensor) -> tuple[Part, ...]:
    """As numpy slices, which StartForAxis and StopForAxis of strided_slice_logic.h agree with."""
    if operator.options.get("others", 0):
        raise refuse(operator, "it has an ellipsis, a new axis or an offset; none of them is supported")
    numbers = [constant_numbers(operator, graph, position).ravel() for position in (1, 2, 3)]
    rank = len(source.shape)
    if len({len(values) for values in numbers}) != 1 or len(numbers[0]) > rank or np.any(numbers[2] == 0):
        raise refuse(operator, f"its limits do not fit {rank} axes, or a step is 0")
    masks = [int(operator.options.get(name, 0)) for name in ("begin_mask", "end_mask", "shrink_axis_mask")]
    parts = []
    for axis, extent in enumerate(source.shape):
        if axis >= len(numbers[0]):
            parts.append(Part(0, 1, extent))
            continue
        begin, end, step = (int(values[axis]) for values in numbers)
        no_begin, no_end, gone = (bool(mask >> axis & 1) for mask in masks)
        if gone:
            if not -extent <= begin < extent:
                raise refuse(operator, f"element {begin} of axis {axis} with extent {extent}")
            parts.append(Part(begin % extent, 1, 1, True))
            continue
        places = range(*slice(None if no_begin else begin, None if no_end else end, step).indices(extent))
        parts.append(Part(places.start, step if len(places) > 1 else 1, len(places)))
    return tuple(parts)


def _plain_parts(operator: Operator, graph: Graph, source: Tensor) -> tuple[Part, ...]:
    begins, sizes = (constant_numbers(operator, graph, position).ravel() for position in (1, 2))
    if not len(begins) == len(sizes) == len(source.shape):
        raise refuse(operator, f"its limits do not fit {len(source.shape)} axes")
    parts = []
    for extent, begin, size in zip(source.shape, begins, sizes, strict=True):
        count = extent - int(begin) if size == -1 else int(size)
        if begin < 0 or count < 1 or begin + count > extent:
            raise refuse(operator, f"elements {begin} to {begin + count} of {extent}")
        parts.append(Part(int(begin), 1, count))
    return tuple(parts)
