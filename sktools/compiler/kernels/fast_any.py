"""sk_fast_any: convolutions of any width, taps and requantization (firmware/kernels/fast/sk_fast_any.c)."""

from __future__ import annotations

from sktools.compiler.call import Call, Table
from sktools.compiler.fast.any import pack_any
from sktools.compiler.fast.tiles import part_width
from sktools.compiler.kernels.rows import by_tap, expanded_rows, output_stage, row_window
from sktools.compiler.lowering import variant
from sktools.compiler.ops import Op
from sktools.compiler.ops.conv_2d import Conv2D
from sktools.compiler.ops.fully_connected import FullyConnected


@variant("CONV_2D")
@variant("FULLY_CONNECTED")
def fast_any(op: Op, prefix: str) -> Call | None:
    """Named by what its cycles depend on: fast_pw_any, fast_pw_linear, fast_conv_any or fast_conv_linear."""
    assert isinstance(op, Conv2D | FullyConnected)
    window = row_window(op)
    if window is None:
        return None
    stage, columns = output_stage(op), op.weights.shape[0]
    tables = pack_any(by_tap(op, window), op.bias, op.inputs[0].zero_point, stage)
    if tables is None:
        return None
    by_column = {"bias": tables.bias, "multiplier": tables.multiplier, "shift": tables.shift}
    if tables.rounding is not None:
        by_column["rounding"] = tables.rounding
    return Call(
        kernel=f"fast_{'pw' if window.taps == 1 else 'conv'}_{'any' if tables.rounding is None else 'linear'}",
        function="sk_fast_any",
        struct="sk_fast_any_t",
        fields=(
            ("rows", window.rows),
            ("in_channels", window.channels),
            ("out_channels", columns),
            ("taps", window.taps),
            ("dilation", window.dilation),
            ("padding", window.padding),
            ("zero_point", op.inputs[0].zero_point),
            ("low", stage.low),
            ("high", stage.high),
            ("tiles", Table(f"{prefix}_tiles", "int32_t", tables.tiles)),
            *((name, Table(f"{prefix}_{name}", "int32_t", values)) for name, values in by_column.items()),
            ("out_zero_point", stage.zero_point),
        ),
        inputs=(op.inputs[0].index,),
        output=op.output.index,
        files=(
            "fast/sk_fast_any.c",
            "fast/sk_fast_any.h",
            "fast/sk_fast_tile.c",
            "fast/sk_fast_tile.h",
            "fast/sk_fit.h",
            "fast/sk_linear.h",
            "fast/sk_simd.h",
            "sk_quant.h",
        ),
        scratch=2 * columns,
        stack=expanded_rows(part_width(window.channels)),
        in_place=window.taps == 1,
    )
