"""sk_fast_add: skip connections (firmware/kernels/fast/sk_fast_add.c)."""

from __future__ import annotations

from sktools.compiler.call import Call
from sktools.compiler.fast.add import pack_add
from sktools.compiler.lowering import variant
from sktools.compiler.ops import Op
from sktools.compiler.ops.add import LEFT_SHIFT, Add


@variant("ADD")
def fast_add(op: Op, prefix: str) -> Call | None:
    assert isinstance(op, Add)
    if any(tensor.data is not None or tensor.elements != op.output.elements for tensor in op.inputs):
        return None
    constants = pack_add(
        op.scales,
        LEFT_SHIFT,
        (op.inputs[0].zero_point, op.inputs[1].zero_point, op.output.zero_point),
        op.clamp,
    )
    if constants is None:
        return None
    return Call(
        kernel="fast_add",
        function="sk_fast_add",
        struct="sk_fast_add_t",
        fields=(
            ("elements", op.output.elements),
            ("a_slope", constants.a_slope),
            ("b_slope", constants.b_slope),
            ("offset", constants.offset),
        ),
        inputs=(op.inputs[0].index, op.inputs[1].index),
        output=op.output.index,
        files=("fast/sk_fast_add.c", "fast/sk_fast_add.h", "fast/sk_simd.h"),
        in_place=True,
    )
