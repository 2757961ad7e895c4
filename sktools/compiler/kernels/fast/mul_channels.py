"""MUL of one operand per channel, a constant or an activation, any zero points and clamp
(firmware/kernels/fast/sk_mul_channels.c)."""

from __future__ import annotations

from sktools.compiler.call import Call
from sktools.compiler.kernels.arithmetic.broadcast import channel_count, row_count
from sktools.compiler.kernels.arithmetic.requantization import LINEAR_SHIFT
from sktools.compiler.lowering import variant
from sktools.compiler.ops.mul import Mul


@variant(Mul, rank=2)
def mul_channels(op: Mul, prefix: str) -> Call | None:
    full = 0 if op.operands[0].strides.row else 1
    source, factor = op.operands[full], op.operands[1 - full]
    right = -op.shift
    if source.tensor.data is not None or not source.strides.row:
        return None
    if factor.strides.row or not factor.strides.channel or not 1 <= right <= LINEAR_SHIFT:
        return None
    return Call(
        kernel="mul_channels",
        function="sk_fast_factor",
        header="fast/sk_mul_channels.h",
        struct="sk_fast_factor_t",
        shape={"rows": row_count(op.output), "channels": channel_count(op.output)},
        constants={
            "zero_point": source.tensor.zero_point,
            "factor_zero_point": factor.tensor.zero_point,
            "low": op.clamp[0],
            "high": op.clamp[1],
            "multiplier": op.multiplier,
            "rounding": (1 << (right - 1)) + (op.output.zero_point << right),
            "shift": right,
        },
        inputs=(source.tensor.index, factor.source(f"{prefix}_factors")),
        output=op.output.index,
        in_place=True,
    )
