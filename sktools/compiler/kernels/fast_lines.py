"""sk_fast_lines: MUL and ADD of one constant a channel, a norm left unfused (firmware/kernels/fast/sk_fast_lines.c)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sktools.compiler.call import Call, Table
from sktools.compiler.fast.add import pack_addend
from sktools.compiler.fast.line import Line
from sktools.compiler.fast.scale import pack_scale
from sktools.compiler.lowering import variant
from sktools.compiler.ops import Op
from sktools.compiler.ops.add import LEFT_SHIFT, Add
from sktools.compiler.ops.elementwise import channel_count, row_count
from sktools.compiler.ops.mul import Mul


@variant("MUL")
def fast_lines_mul(op: Op, prefix: str) -> Call | None:
    assert isinstance(op, Mul)
    full = _full_operand(op)
    if op.inputs[1 - full].elements == 1:
        return None  # fast_scale
    zero_points = op.inputs[full].zero_point, op.inputs[1 - full].zero_point, op.output.zero_point
    return _lines(op, full, prefix, lambda factor: pack_scale(factor, zero_points, op.multiplier, op.shift, op.clamp))


@variant("ADD")
def fast_lines_add(op: Op, prefix: str) -> Call | None:
    assert isinstance(op, Add)
    full = _full_operand(op)
    zero_points = op.inputs[full].zero_point, op.inputs[1 - full].zero_point, op.output.zero_point
    scales = op.scales[full], op.scales[1 - full], op.scales[2]
    return _lines(op, full, prefix, lambda addend: pack_addend(addend, scales, LEFT_SHIFT, zero_points, op.clamp))


def _full_operand(op: Mul | Add) -> int:
    return 0 if op.inputs[0].data is None else 1


def _lines(op: Mul | Add, full: int, prefix: str, pack: Callable[[int], Line | None]) -> Call | None:
    """Where the other operand is one constant a channel, or one for all, and each channel has a line."""
    source, constants = op.inputs[full], op.inputs[1 - full].data
    channels = channel_count(op.output)
    if source.data is not None or constants is None or source.elements != op.output.elements:
        return None
    if constants.size not in (1, channels):
        return None
    lines = [pack(int(value)) for value in constants.reshape(-1)]
    found = [(line.slope, line.offset) for line in lines if line is not None]
    if len(found) != len(lines):
        return None
    table = np.array(found, np.int32)
    return Call(
        kernel="fast_lines",
        function="sk_fast_lines",
        struct="sk_fast_lines_t",
        fields=(
            ("rows", row_count(op.output)),
            ("channels", channels),
            ("lines", Table(f"{prefix}_lines", "int32_t", np.broadcast_to(table, (channels, 2)).copy())),
        ),
        inputs=(source.index,),
        output=op.output.index,
        files=("fast/sk_fast_lines.c", "fast/sk_fast_lines.h", "fast/sk_simd.h"),
        in_place=True,
    )
