"""MUL of an activation and one operand a channel, or one constant
(firmware/kernels/fast/sk_fast_{factor,gate,scale}.c)."""

from __future__ import annotations

from sktools.compiler.call import Call
from sktools.compiler.fast.gate import pack_gate
from sktools.compiler.fast.requantize import LINEAR_SHIFT
from sktools.compiler.fast.scale import pack_scale
from sktools.compiler.fast.tiles import MAX_CHANNELS
from sktools.compiler.graph import Tensor
from sktools.compiler.lowering import variant
from sktools.compiler.ops import Op
from sktools.compiler.ops.elementwise import channel_count, operand_source, row_count
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
def fast_factor(op: Op, prefix: str) -> Call | None:
    """One operand a channel, constant or not, any zero points and clamp."""
    assert isinstance(op, Mul)
    full = 0 if op.strides[0].row else 1
    if op.inputs[full].data is not None or not op.strides[full].row:
        return None
    source, factor, right = op.inputs[full], op.inputs[1 - full], -op.shift
    if op.strides[1 - full].row or not op.strides[1 - full].channel or not 1 <= right <= LINEAR_SHIFT:
        return None
    return Call(
        kernel="fast_factor",
        function="sk_fast_factor",
        struct="sk_fast_factor_t",
        fields=(
            ("rows", row_count(op.output)),
            ("channels", channel_count(op.output)),
            ("zero_point", source.zero_point),
            ("factor_zero_point", factor.zero_point),
            ("low", op.clamp[0]),
            ("high", op.clamp[1]),
            ("multiplier", op.multiplier),
            ("rounding", (1 << (right - 1)) + (op.output.zero_point << right)),
            ("shift", right),
        ),
        inputs=(source.index, operand_source(factor, f"{prefix}_factors")),
        output=op.output.index,
        files=(
            "fast/sk_fast_factor.c",
            "fast/sk_fast_factor.h",
            "fast/sk_linear.h",
            "fast/sk_simd.h",
            "sk_quant.h",
        ),
        in_place=True,
    )


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
