"""sk_fast_mul: squeeze-excite's MUL in place (firmware/kernels/fast/sk_fast_gate.c)."""

from __future__ import annotations

from sktools.compiler.call import Call
from sktools.compiler.fast.gate import pack_gate
from sktools.compiler.fast.tiles import MAX_CHANNELS
from sktools.compiler.graph import Tensor
from sktools.compiler.lowering import variant
from sktools.compiler.ops import Op
from sktools.compiler.ops.elementwise import channel_count, row_count
from sktools.compiler.ops.mul import Mul


def gate_operands(op: Mul) -> tuple[Tensor, Tensor] | None:
    """(full operand, operand of one element a channel), both activations; None where it is no such product."""
    for full, gate in ((0, 1), (1, 0)):
        if op.strides[full].row and not op.strides[gate].row and op.strides[gate].channel:
            tensors = op.inputs[full], op.inputs[gate]
            if all(tensor.data is None for tensor in tensors) and channel_count(op.output) <= MAX_CHANNELS:
                return tensors
    return None


@variant("MUL")
def fast_mul(op: Op, prefix: str) -> Call | None:
    assert isinstance(op, Mul)
    operands = gate_operands(op)
    if operands is None:
        return None
    source, gate = operands
    constants = pack_gate((source.zero_point, gate.zero_point, op.output.zero_point), op.multiplier, op.shift, op.clamp)
    if constants is None:
        return None
    return Call(
        kernel="fast_mul",
        function="sk_fast_mul",
        struct="sk_fast_mul_t",
        fields=(
            ("rows", row_count(op.output)),
            ("channels", channel_count(op.output)),
            ("gate.slope", constants.slope),
            ("gate.rounding", constants.rounding),
        ),
        inputs=(source.index, gate.index),
        output=op.output.index,
        files=(
            "fast/sk_fast_gate.c",
            "fast/sk_fast_gate.h",
            "fast/sk_fast_tile.c",
            "fast/sk_fast_tile.h",
            "fast/sk_fit.h",
            "fast/sk_simd.h",
        ),
        in_place=True,
    )
