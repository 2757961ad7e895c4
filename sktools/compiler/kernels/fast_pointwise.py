"""sk_fast_pw and, with squeeze-excite's MUL on the way in, sk_fast_gated_pw
(firmware/kernels/fast/sk_fast_pointwise.c)."""

from __future__ import annotations

from sktools.compiler.call import Call, Table
from sktools.compiler.fast.gate import pack_gate
from sktools.compiler.fast.pointwise import LINEAR, pack_pointwise
from sktools.compiler.kernels.fast_mul import gate_operands
from sktools.compiler.kernels.rows import expanded_rows, matrix, output_stage, row_window
from sktools.compiler.lowering import Lowering, fusion, variant
from sktools.compiler.ops import Op
from sktools.compiler.ops.conv_2d import Conv2D
from sktools.compiler.ops.fully_connected import FullyConnected
from sktools.compiler.ops.mul import Mul

FILES = (
    "fast/sk_fast_gate.c",
    "fast/sk_fast_gate.h",
    "fast/sk_fast_pointwise.c",
    "fast/sk_fast_pointwise.h",
    "fast/sk_fast_scale.h",
    "fast/sk_fast_tile.c",
    "fast/sk_fast_tile.h",
    "fast/sk_fit.h",
    "fast/sk_linear.h",
    "fast/sk_simd.h",
)


@variant("CONV_2D")
@variant("FULLY_CONNECTED")
def fast_pw(op: Op, prefix: str) -> Call | None:
    """1x1, requantization by the tile itself; fast_pw, or fast_linear_pw where that takes more cycles."""
    assert isinstance(op, Conv2D | FullyConnected)
    window = row_window(op)
    if window is None or window.taps != 1:
        return None
    packed = pack_pointwise(matrix(op), op.bias, op.inputs[0].zero_point, output_stage(op))
    if packed is None:
        return None
    return Call(
        kernel="fast_linear_pw" if packed.stage == LINEAR else "fast_pw",
        function="sk_fast_pw",
        struct="sk_fast_pw_t",
        fields=(
            ("rows", window.rows),
            ("in_channels", window.channels),
            ("out_channels", op.weights.shape[0]),
            ("tile_stage", packed.stage),
            ("tiles", Table(f"{prefix}_tiles", "int32_t", packed.tiles)),
        ),
        inputs=(op.inputs[0].index,),
        output=op.output.index,
        files=FILES,
        stack=expanded_rows(window.channels),
        in_place=True,
    )


@fusion
def fast_gated_pw(at: Lowering) -> tuple[int, Call] | None:
    """A broadcast MUL whose only reader is the pointwise convolution behind it, on the same channels."""
    mul, ahead = at.op, at.only_reader()
    if not isinstance(mul, Mul) or ahead is None:
        return None
    conv, operands = at.ops[at.position + ahead], gate_operands(mul)
    if not isinstance(conv, Conv2D) or operands is None:
        return None
    convolution = fast_pw(conv, at.prefix(ahead))
    if convolution is None:
        return None
    source, gate = operands
    if source.shape[-1] != conv.inputs[0].shape[-1]:
        return None  # a reshape between them made other rows
    constants = pack_gate(
        (source.zero_point, gate.zero_point, mul.output.zero_point), mul.multiplier, mul.shift, mul.clamp
    )
    if constants is None:
        return None
    call = Call(
        kernel=convolution.kernel.replace("pw", "gated_pw"),
        function="sk_fast_gated_pw",
        struct="sk_fast_gated_pw_t",
        fields=(
            *((f"convolution.{name}", value) for name, value in convolution.fields),
            ("gate.slope", constants.slope),
            ("gate.rounding", constants.rounding),
        ),
        inputs=(source.index, gate.index),
        output=conv.output.index,
        files=FILES,
        stack=convolution.stack + 4 * source.shape[-1],
        in_place=True,
    )
    return ahead + 1, call
