"""Convolutions along the rows to few channels, the decoder (firmware/kernels/fast/sk_conv_1xk_few_outputs.c)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sktools.compiler.call import Call, Table
from sktools.compiler.kernels.arithmetic.requantization import Requantization, linear_layer
from sktools.compiler.kernels.arithmetic.tiles import expanded_rows, pack_parts, part_width
from sktools.compiler.kernels.arithmetic.windows import RowWindow
from sktools.compiler.lowering import variant
from sktools.compiler.ops.conv_2d import Conv2D
from sktools.compiler.ops.window import int8_values

WINDOW = 60
"""SK_FAST_CONV_WINDOW, int32 sums."""

SUMS_BYTES = 4 * (WINDOW + 3)
"""Stack of the output rows under way: SUMS + SLACK of the C file."""


@variant(Conv2D, rank=2)
def conv_1xk_few_outputs(op: Conv2D, prefix: str) -> Call | None:
    window = op.row_window
    if window is None or window.taps == 1:
        return None
    columns = op.output.shape[3]
    weights = int8_values(op.weights).reshape(columns, window.taps, window.channels)
    tables = pack_few_outputs(weights, op.bias, op.inputs[0].zero_point, op.requantization, window)
    if tables is None:
        return None
    return Call(
        kernel="conv_1xk_few_outputs",
        function="sk_fast_conv",
        header="fast/sk_conv_1xk_few_outputs.h",
        struct="sk_fast_conv_t",
        shape={
            "rows": window.rows,
            "in_channels": window.channels,
            "out_channels": columns,
            "taps": window.taps,
            "dilation": window.dilation,
        },
        constants={
            "pad": window.padding,
            "low": op.requantization.low,
            "high": op.requantization.high,
            "tiles": Table(f"{prefix}_tiles", "int32_t", tables.tiles),
            "padding": Table(f"{prefix}_padding", "int32_t", tables.padding),
            "outputs": Table(f"{prefix}_outputs", "int32_t", tables.outputs),
        },
        inputs=(op.inputs[0].index,),
        output=op.output.index,
        stack=expanded_rows(part_width(window.channels)) + SUMS_BYTES,
        in_place=columns <= window.channels,
    )


@dataclass(frozen=True, eq=False)
class FewOutputsTables:
    """tiles: [records, words]; padding: [taps * out_channels]; outputs: [out_channels, 4], bias and sk_linear's."""

    tiles: NDArray[np.int32]
    padding: NDArray[np.int32]
    outputs: NDArray[np.int32]


def pack_few_outputs(
    weights: NDArray[np.int8],
    bias: NDArray[np.int32],
    zero_point: int,
    requantization: Requantization,
    window: RowWindow,
) -> FewOutputsTables | None:
    """None if the window of sums is too large, or if sk_linear is not exact.

    weights: [out_channels, taps, in_channels]; bias: [out_channels]; zero_point: the input's. The window's padding: at
    most (taps - 1) * dilation.
    """
    columns, taps, channels = weights.shape
    reach = (taps - 1) * window.dilation
    linear = linear_layer(weights, bias, zero_point, requantization)
    if linear is None or (reach + 2) * columns > WINDOW or window.padding > reach:
        return None
    twice = 2 * linear.weights.astype(np.int64)
    by_tap = twice.transpose(1, 0, 2)[::-1]  # the last tap first
    groups = by_tap.reshape(1, taps * columns, channels) if window.dilation == 1 else by_tap
    folded = 2 * linear.bias.astype(np.int64) - zero_point * twice.sum(axis=(1, 2))
    return FewOutputsTables(
        pack_parts(*groups.astype(np.int16)),
        (zero_point * by_tap.sum(axis=2).reshape(-1)).astype(np.int32),
        np.stack([folded.astype(np.int32), linear.multiplier, linear.rounding, linear.shift], axis=1),
    )
