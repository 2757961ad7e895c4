"""MUL or ADD of one constant per channel, a norm left unfused (firmware/kernels/fast/sk_channel_lines.c)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sktools.compiler.call import Call, Table
from sktools.compiler.kernels.arithmetic.broadcast import channel_count, row_count
from sktools.compiler.kernels.arithmetic.lines import Line, factor_line
from sktools.compiler.kernels.arithmetic.sums import addend_line
from sktools.compiler.lowering import variant
from sktools.compiler.ops.add import LEFT_SHIFT, Add
from sktools.compiler.ops.mul import Mul


@variant(Mul, rank=1)
def channel_factors(op: Mul, prefix: str) -> Call | None:
    full = _full_operand(op)
    if op.inputs[1 - full].elements == 1:
        return None  # mul_constant
    zero_points = op.inputs[full].zero_point, op.inputs[1 - full].zero_point, op.output.zero_point
    return _lines(op, full, prefix, lambda factor: factor_line(factor, zero_points, op.multiplier, op.shift, op.clamp))


@variant(Add, rank=2)
def channel_addends(op: Add, prefix: str) -> Call | None:
    full = _full_operand(op)
    zero_points = op.inputs[full].zero_point, op.inputs[1 - full].zero_point, op.output.zero_point
    scales = op.scales[full], op.scales[1 - full], op.scales[2]
    return _lines(op, full, prefix, lambda addend: addend_line(addend, scales, LEFT_SHIFT, zero_points, op.clamp))


def _full_operand(op: Mul | Add) -> int:
    return 0 if op.inputs[0].data is None else 1


def _lines(op: Mul | Add, full: int, prefix: str, line_of: Callable[[int], Line | None]) -> Call | None:
    """The call if the other operand is one constant per channel, or one for all, and each channel has a line."""
    source, constants = op.inputs[full], op.inputs[1 - full].data
    channels = channel_count(op.output)
    if source.data is not None or constants is None or source.elements != op.output.elements:
        return None
    if constants.size not in (1, channels):
        return None
    lines = [line_of(int(value)) for value in constants.reshape(-1)]
    found = [(line.slope, line.offset) for line in lines if line is not None]
    if len(found) != len(lines):
        return None
    table = np.broadcast_to(np.array(found, np.int32), (channels, 2)).copy()
    return Call(
        kernel="channel_lines",
        function="sk_fast_lines",
        header="fast/sk_channel_lines.h",
        struct="sk_fast_lines_t",
        shape={"rows": row_count(op.output), "channels": channels},
        constants={"lines": Table(f"{prefix}_lines", "int32_t", table)},
        inputs=(source.index,),
        output=op.output.index,
        in_place=True,
    )
