"""ADD of two full activations, the skip connection (firmware/kernels/fast/sk_add_elementwise.c)."""

from __future__ import annotations

from sktools.compiler.call import Call
from sktools.compiler.kernels.arithmetic.sums import sum_plane
from sktools.compiler.lowering import variant
from sktools.compiler.ops.add import LEFT_SHIFT, Add


@variant(Add, rank=1)
def add_elementwise(op: Add, prefix: str) -> Call | None:
    if any(tensor.data is not None or tensor.elements != op.output.elements for tensor in op.inputs):
        return None
    zero_points = op.inputs[0].zero_point, op.inputs[1].zero_point, op.output.zero_point
    plane = sum_plane(op.scales, LEFT_SHIFT, zero_points, op.clamp)
    if plane is None:
        return None
    return Call(
        kernel="add_elementwise",
        function="sk_fast_add",
        header="fast/sk_add_elementwise.h",
        struct="sk_fast_add_t",
        shape={"elements": op.output.elements},
        constants={"a_slope": plane.a_slope, "b_slope": plane.b_slope, "offset": plane.offset},
        inputs=(op.inputs[0].index, op.inputs[1].index),
        output=op.output.index,
        in_place=True,
    )
