"""MUL of an activation and one constant, the hard sigmoid's sixth (firmware/kernels/fast/sk_mul_constant.c)."""

from __future__ import annotations

from sktools.compiler.call import Call
from sktools.compiler.kernels.arithmetic.lines import factor_line
from sktools.compiler.lowering import variant
from sktools.compiler.ops.mul import Mul


@variant(Mul, rank=4)
def mul_constant(op: Mul, prefix: str) -> Call | None:
    constants = [tensor.data for tensor in op.inputs]
    factor = next((at for at in (0, 1) if op.inputs[at].elements == 1 and constants[at] is not None), None)
    if factor is None or constants[1 - factor] is not None or op.inputs[1 - factor].elements != op.output.elements:
        return None
    source, value = op.inputs[1 - factor], op.inputs[factor].data
    assert value is not None
    line = factor_line(
        int(value.reshape(-1)[0]),
        (source.zero_point, op.inputs[factor].zero_point, op.output.zero_point),
        op.multiplier,
        op.shift,
        op.clamp,
    )
    if line is None:
        return None
    return Call(
        kernel="mul_constant",
        function="sk_fast_scale",
        header="fast/sk_mul_constant.h",
        struct="sk_fast_scale_t",
        shape={"elements": op.output.elements},
        constants={"slope": line.slope, "offset": line.offset},
        inputs=(source.index,),
        output=op.output.index,
        in_place=True,
    )
