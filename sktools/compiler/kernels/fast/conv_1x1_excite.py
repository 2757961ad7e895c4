"""The end of squeeze-excite in one step: hard sigmoid's scalar MUL, the broadcast MUL and the pointwise convolution
(firmware/kernels/fast/sk_conv_1x1_excite.c)."""

from __future__ import annotations

from dataclasses import replace

from sktools.compiler.call import Call, within
from sktools.compiler.kernels.arithmetic.tiles import MAX_CHANNELS
from sktools.compiler.kernels.fast.conv_1x1 import conv_1x1_gated
from sktools.compiler.kernels.fast.mul_constant import mul_constant
from sktools.compiler.lowering import Lowering
from sktools.compiler.ops.mul import Mul


def conv_1x1_excite(at: Lowering) -> tuple[int, Call] | None:
    """A fusion: a scalar MUL whose only reader is the broadcast MUL behind it, the gate of conv_1x1_gated."""
    op, ahead = at.op, at.only_reader()
    if not isinstance(op, Mul) or ahead is None or op.output.elements > MAX_CHANNELS:
        return None
    scale = mul_constant(op, at.prefix())
    found = conv_1x1_gated(replace(at, position=at.position + ahead))
    if scale is None or found is None:
        return None
    taken, gated = found
    if gated.inputs[1] != at.ops[at.position + ahead - 1].output.index:
        return None
    call = replace(
        gated,
        kernel="conv_1x1_excite",
        function="sk_fast_excite_pw",
        header="fast/sk_conv_1x1_excite.h",
        struct="sk_fast_excite_pw_t",
        shape={**within("scale", scale.shape), **within("gated", gated.shape)},
        constants={**within("scale", scale.constants), **within("gated", gated.constants)},
        inputs=(gated.inputs[0], scale.inputs[0]),
    )
    return ahead + taken, call
