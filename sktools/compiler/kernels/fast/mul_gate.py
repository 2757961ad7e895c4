"""MUL of an activation and a gate per channel, squeeze-excite's (firmware/kernels/fast/sk_mul_gate.c)."""

from __future__ import annotations

from sktools.compiler.call import Call, within
from sktools.compiler.kernels.arithmetic.broadcast import channel_count, row_count
from sktools.compiler.kernels.arithmetic.gates import gate_of
from sktools.compiler.kernels.arithmetic.tiles import MAX_CHANNELS
from sktools.compiler.lowering import variant
from sktools.compiler.ops.mul import Mul


@variant(Mul, rank=3)
def mul_gate(op: Mul, prefix: str) -> Call | None:
    if op.gated is None:
        return None
    source, gate = op.gated
    constants = gate_of(source, gate, op.output, op.multiplier, op.shift, op.clamp)
    if constants is None:
        return None
    return Call(
        kernel="mul_gate",
        function="sk_fast_mul",
        header="fast/sk_mul_gate.h",
        struct="sk_fast_mul_t",
        shape={"rows": row_count(op.output), "channels": channel_count(op.output)},
        constants=within("gate", constants.members),
        inputs=(source.index, gate.index),
        output=op.output.index,
        stack=4 * min(channel_count(op.output), MAX_CHANNELS),
        in_place=True,
    )
