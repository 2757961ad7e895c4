"""SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND along one axis: rows moved, or filled with the zero point.

A pass folds them into convolutions; they run as they are if every layer must be observable.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sktools.compiler.call import Call
from sktools.compiler.graph import Graph, Operator, Tensor
from sktools.compiler.kernels.plain.rows import RowMap, rows_call
from sktools.compiler.ops.base import (
    RESHAPING,
    FloatArray,
    Op,
    Role,
    activation_operand,
    constant_numbers,
    float_value,
    refuse,
    register,
    result,
    same_quantization,
)
from sktools.compiler.ops.options import NO_OPTIONS
from sktools.compiler.ops.window import MAX_EXTENT

AXES = 4


@register("SPACE_TO_BATCH_ND", options=NO_OPTIONS)
@register("BATCH_TO_SPACE_ND", options=NO_OPTIONS)
@dataclass(frozen=True)
class Rows(Op):
    rows: RowMap
    in_rows: int
    out_rows: int

    @classmethod
    def parse(cls, operator: Operator, graph: Graph) -> Self:
        source, output = activation_operand(operator, graph, 0), result(operator, graph)
        same_quantization(operator, source, output)
        if (
            len(source.shape) != AXES
            or not output.shape
            or source.shape[-1] != output.shape[-1]
            or max(*source.shape, *output.shape) > MAX_EXTENT
        ):
            raise refuse(
                operator,
                f"{list(source.shape)} to {list(output.shape)}; {AXES} axes with extents up to {MAX_EXTENT} and as "
                "many channels before as after are supported",
            )
        constants = [constant_numbers(operator, graph, position) for position in range(1, len(operator.inputs))]
        in_rows, out_rows = (tensor.elements // tensor.shape[-1] for tensor in (source, output))
        rows = _spread(operator, source, constants, out_rows)
        if rows is None or max(in_rows, out_rows) > MAX_EXTENT:
            raise refuse(operator, f"{list(source.shape)} to {list(output.shape)} is not a block along one axis")
        return cls(operator, (source,), output, rows, in_rows, out_rows)

    @property
    def role(self) -> Role:
        return Role(RESHAPING, "")

    def lower(self, prefix: str) -> Call:
        return rows_call(self.inputs[0], self.output, self.rows)

    def evaluate(self, values: Mapping[int, FloatArray]) -> FloatArray:
        source = float_value(self.inputs[0], values).reshape(self.in_rows, -1)
        t = np.arange(self.out_rows) + self.rows.skip
        rows = (
            self.rows.first + t // self.rows.inner * self.rows.outer_step + t % self.rows.inner * self.rows.inner_step
        )
        inside = (rows >= 0) & (rows < self.in_rows)
        return np.where(inside[:, None], source[np.clip(rows, 0, self.in_rows - 1)], 0.0).reshape(self.output.shape)


def _spread(operator: Operator, source: Tensor, constants: list[NDArray[np.int64]], out_rows: int) -> RowMap | None:
    """Rows of one residue modulo the block side by side, or back."""
    if len(constants) != 2 or constants[0].shape != (2,) or constants[1].shape != (2, 2):
        return None
    axis = int(np.argmax(constants[0]))
    block, edges = int(constants[0][axis]), constants[1][axis]
    rows = source.elements // source.shape[3]
    if constants[0][1 - axis] != 1 or np.any(constants[1][1 - axis]) or block < 1 or np.any(edges < 0):
        return None
    if operator.op == "SPACE_TO_BATCH_ND":
        if out_rows != rows + edges.sum() or out_rows % block:
            return None
        return RowMap(skip=0, inner=out_rows // block, outer_step=1, inner_step=block, first=-int(edges[0]))
    if out_rows != rows - edges.sum() or rows % block:
        return None
    return RowMap(skip=int(edges[0]), inner=block, outer_step=1, inner_step=rows // block, first=0)
