"""sk_fast_conv: 1xk convolutions to few channels, the decoder (firmware/kernels/fast/sk_fast_conv.c)."""

from __future__ import annotations

from sktools.compiler.call import Call, Table
from sktools.compiler.fast.conv import WINDOW, pack_conv
from sktools.compiler.fast.tiles import part_width
from sktools.compiler.kernels.rows import by_tap, expanded_rows, output_stage, row_window
from sktools.compiler.lowering import variant
from sktools.compiler.ops import Op
from sktools.compiler.ops.conv_2d import Conv2D

SUMS_BYTES = 4 * (WINDOW + 3)
"""Of the output rows under way, on the stack: SUMS + SLACK of sk_fast_conv.c."""


@variant("CONV_2D")
def fast_conv(op: Op, prefix: str) -> Call | None:
    assert isinstance(op, Conv2D)
    window = row_window(op)
    if window is None or window.taps == 1:
        return None
    columns, stage = op.output.shape[3], output_stage(op)
    tables = pack_conv(by_tap(op, window), op.bias, op.inputs[0].zero_point, stage, window.dilation, window.padding)
    if tables is None:
        return None
    return Call(
        kernel="fast_conv",
        function="sk_fast_conv",
        struct="sk_fast_conv_t",
        fields=(
            ("rows", window.rows),
            ("in_channels", window.channels),
            ("out_channels", columns),
            ("taps", window.taps),
            ("dilation", window.dilation),
            ("pad", window.padding),
            ("low", stage.low),
            ("high", stage.high),
            ("tiles", Table(f"{prefix}_tiles", "int32_t", tables.tiles)),
            ("padding", Table(f"{prefix}_padding", "int32_t", tables.padding)),
            ("stage", Table(f"{prefix}_stage", "int32_t", tables.stage)),
        ),
        inputs=(op.inputs[0].index,),
        output=op.output.index,
        files=(
            "fast/sk_fast_conv.c",
            "fast/sk_fast_conv.h",
            "fast/sk_fast_tile.c",
            "fast/sk_fast_tile.h",
            "fast/sk_fit.h",
            "fast/sk_linear.h",
            "fast/sk_simd.h",
        ),
        stack=expanded_rows(part_width(window.channels)) + SUMS_BYTES,
        in_place=columns <= window.channels,
    )
