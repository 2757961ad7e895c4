"""sk_fast_vector: 1x1 convolutions of a single row, squeeze-excite's (firmware/kernels/fast/sk_fast_vector.c)."""

from __future__ import annotations

from sktools.compiler.call import Call, Table
from sktools.compiler.fast.vector import pack_vector
from sktools.compiler.kernels.rows import matrix, output_stage, row_window
from sktools.compiler.lowering import variant
from sktools.compiler.ops import Op
from sktools.compiler.ops.conv_2d import Conv2D
from sktools.compiler.ops.fully_connected import FullyConnected


@variant("CONV_2D")
@variant("FULLY_CONNECTED")
def fast_vector(op: Op, prefix: str) -> Call | None:
    assert isinstance(op, Conv2D | FullyConnected)
    window = row_window(op)
    if window is None or window.taps != 1 or window.rows != 1:
        return None
    tables = pack_vector(matrix(op), op.bias, op.inputs[0].zero_point, output_stage(op))
    if tables is None:
        return None
    return Call(
        kernel="fast_vector",
        function="sk_fast_vector",
        struct="sk_fast_vector_t",
        fields=(
            ("in_channels", window.channels),
            ("out_channels", op.weights.shape[0]),
            ("weights", Table(f"{prefix}_weights", "int8_t", tables.weights)),
            ("outputs", Table(f"{prefix}_outputs", "int32_t", tables.outputs)),
        ),
        inputs=(op.inputs[0].index,),
        output=op.output.index,
        files=("fast/sk_fast_vector.c", "fast/sk_fast_vector.h", "fast/sk_fit.h", "fast/sk_simd.h"),
        stack=4 * (-(-window.channels // 2)),
        in_place=True,
    )
