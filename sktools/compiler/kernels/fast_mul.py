"""sk_fast_mul and sk_fast_scale: squeeze-excite's MULs in place (firmware/kernels/fast/sk_fast_{gate,scale}.c)."""

from __future__ import annotations

from sktools.compiler.call import Call
from sktools.compiler.fast.gate import pack_gate
from sktools.compiler.fast.scale import pack_scale
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
            if all(tensor.data is None for tensor in tensors):
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
            "fast/sk_fast_scale.h",
            "fast/sk_fast_tile.c",
            "fast/sk_fast_tile.h",
            "fast/sk_fit.h",
            "fast/sk_simd.h",
        ),
        stack=4 * min(channel_count(op.output), MAX_CHANNELS),
        in_place=True,
    )


@variant("MUL")
def fast_scale(op: Op, prefix: str) -> Call | None:
    """An activation times one constant: the hard sigmoid's sixth."""
    assert isinstance(op, Mul)
    constants = [tensor.data for tensor in op.inputs]
    factor = next((at for at in (0, 1) if op.inputs[at].elements == 1 and constants[at] is not None), None)
    if factor is None or constants[1 - factor] is not None or op.inputs[1 - factor].elements != op.output.elements:
        return None
    source, value = op.inputs[1 - factor], op.inputs[factor].data
    assert value is not None
    scale = pack_scale(
        int(value.reshape(-1)[0]),
        (source.zero_point, op.inputs[factor].zero_point, op.output.zero_point),
        op.multiplier,
        op.shift,
        op.clamp,
    )
    if scale is None:
        return None
    return Call(
        kernel="fast_scale",
        function="sk_fast_scale",
        struct="sk_fast_scale_t",
        fields=(("elements", op.output.elements), ("slope", scale.slope), ("offset", scale.offset)),
        inputs=(source.index,),
        output=op.output.index,
        files=("fast/sk_fast_scale.c", "fast/sk_fast_scale.h", "fast/sk_simd.h"),
        in_place=True,
    )
