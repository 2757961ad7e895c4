"""What operators that reduce axes share: which axes, and the output's shape."""

from __future__ import annotations

from typing import Any

from sktools.compiler.graph import Graph, Operator, Tensor
from sktools.compiler.ops.base import constant_numbers, refuse
from sktools.compiler.ops.options import Options, OptionsReader


def _keep_dims(table: Any) -> Options:
    return {"keep_dims": bool(table.KeepDims())}


REDUCER = OptionsReader("ReducerOptions", _keep_dims)


def reduced_axes(operator: Operator, graph: Graph, source: Tensor, output: Tensor) -> tuple[int, ...]:
    """The axes, in ascending order. Raises ModelError if they or the output's shape do not fit the input."""
    rank = len(source.shape)
    numbers = [int(axis) for axis in constant_numbers(operator, graph, 1).ravel()]
    axes = tuple(sorted({axis % rank if -rank <= axis < rank else -1 for axis in numbers}))
    if not axes or axes[0] < 0:
        raise refuse(operator, f"axes {numbers} of shape {list(source.shape)}")
    if operator.options.get("keep_dims", False):
        expected = tuple(1 if axis in axes else extent for axis, extent in enumerate(source.shape))
    else:
        expected = tuple(extent for axis, extent in enumerate(source.shape) if axis not in axes)
    if output.shape != expected:
        raise refuse(operator, f"the output has shape {list(output.shape)}, expected {list(expected)}")
    return axes
