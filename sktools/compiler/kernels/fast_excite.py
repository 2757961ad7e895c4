"""sk_fast_excite_pw: hard sigmoid's scalar MUL, squeeze-excite's MUL and the pointwise convolution in one step
(firmware/kernels/fast/sk_fast_excite.c)."""

from __future__ import annotations

from dataclasses import replace

from sktools.compiler.call import Call
from sktools.compiler.fast.tiles import MAX_CHANNELS
from sktools.compiler.kernels.fast_mul import fast_scale
from sktools.compiler.kernels.fast_pointwise import fast_gated_pw
from sktools.compiler.lowering import Lowering, fusion
from sktools.compiler.ops.mul import Mul


@fusion
def fast_excite_pw(at: Lowering) -> tuple[int, Call] | None:
    """A scalar MUL whose only reader is the broadcast MUL behind it, which fast_gated_pw takes as its gate."""
    op, ahead = at.op, at.only_reader()
    if not isinstance(op, Mul) or ahead is None or op.output.elements > MAX_CHANNELS:
        return None
    scale = fast_scale(op, at.prefix())
    gated = fast_gated_pw(replace(at, position=at.position + ahead))
    if scale is None or gated is None:
        return None
    taken, call = gated
    if call.inputs[1] != at.ops[at.position + ahead - 1].output.index:
        return None
    fused = replace(
        call,
        kernel=call.kernel.replace("gated", "excite"),
        function="sk_fast_excite_pw",
        struct="sk_fast_excite_pw_t",
        fields=(
            *((f"scale.{name}", value) for name, value in scale.fields),
            *((f"gated.{name}", value) for name, value in call.fields),
        ),
        inputs=(call.inputs[0], scale.inputs[0]),
        files=(*call.files, "fast/sk_fast_excite.c", "fast/sk_fast_excite.h"),
    )
    return ahead + taken, fused
