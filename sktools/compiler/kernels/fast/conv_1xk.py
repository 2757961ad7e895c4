"""Convolutions along the rows of any width, taps and requantization (firmware/kernels/fast/sk_conv_1xk.c)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sktools.compiler.call import Call, Table
from sktools.compiler.kernels.arithmetic.requantization import Requantization, Requantizer, linear_layer
from sktools.compiler.kernels.arithmetic.tiles import expanded_rows, pack_parts, part_width
from sktools.compiler.lowering import variant
from sktools.compiler.ops.conv_2d import Conv2D
from sktools.compiler.ops.fully_connected import FullyConnected
from sktools.compiler.ops.window import int8_values


@variant(Conv2D, FullyConnected, rank=1)
def conv_1xk(op: Conv2D | FullyConnected, prefix: str) -> Call | None:
    """The kernel's name tells its requantizer, which its cycles depend on."""
    window = op.row_window
    if window is None:
        return None
    columns, requantization = op.weights.shape[0], op.requantization
    weights = int8_values(op.weights).reshape(columns, window.taps, window.channels)
    tables = pack_conv_1xk(weights, op.bias, op.inputs[0].zero_point, requantization)
    if tables is None:
        return None
    by_column = {"bias": tables.bias, "multiplier": tables.multiplier, "shift": tables.shift}
    if tables.rounding is not None:
        by_column["rounding"] = tables.rounding
    requantizer = Requantizer.TFLITE if tables.rounding is None else Requantizer.LINEAR
    return Call(
        kernel=f"conv_1xk_{requantizer.name.lower()}",
        function="sk_fast_any",
        header="fast/sk_conv_1xk.h",
        struct="sk_fast_any_t",
        shape={
            "rows": window.rows,
            "in_channels": window.channels,
            "out_channels": columns,
            "taps": window.taps,
            "dilation": window.dilation,
        },
        constants={
            "padding": window.padding,
            "zero_point": op.inputs[0].zero_point,
            "low": requantization.low,
            "high": requantization.high,
            "tiles": Table(f"{prefix}_tiles", "int32_t", tables.tiles),
            **{name: Table(f"{prefix}_{name}", "int32_t", values) for name, values in by_column.items()},
            "out_zero_point": requantization.zero_point,
        },
        inputs=(op.inputs[0].index,),
        output=op.output.index,
        scratch=2 * columns,
        stack=expanded_rows(part_width(window.channels)),
        in_place=window.taps == 1,
    )


@dataclass(frozen=True, eq=False)
class Conv1xkTables:
    """tiles: [taps * parts * records, words]; the rest [out_channels]. rounding: None if sk_linear is not exact."""

    tiles: NDArray[np.int32]
    bias: NDArray[np.int32]
    multiplier: NDArray[np.int32]
    shift: NDArray[np.int32]
    rounding: NDArray[np.int32] | None


def pack_conv_1xk(
    weights: NDArray[np.int8], bias: NDArray[np.int32], zero_point: int, requantization: Requantization
) -> Conv1xkTables | None:
    """None if int32 could overflow.

    weights: [out_channels, taps, in_channels]; bias: [out_channels]; zero_point: the input's.
    """
    linear = linear_layer(weights, bias, zero_point, requantization)
    if linear is not None:
        tiles, folded = _pack(linear.weights, linear.bias, zero_point, 2)
        return Conv1xkTables(tiles, folded.astype(np.int32), linear.multiplier, linear.shift, linear.rounding)
    tiles, folded = _pack(weights, bias, zero_point, 1)
    if np.any(np.abs(folded) + 128 * np.abs(weights.astype(np.int64)).sum(axis=(1, 2)) >= 1 << 31):
        return None
    multiplier, shift = requantization.multiplier.astype(np.int32), requantization.shift.astype(np.int32)
    return Conv1xkTables(tiles, folded.astype(np.int32), multiplier, shift, None)


def _pack(
    weights: NDArray[np.int8], bias: NDArray[np.int32], zero_point: int, times: int
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Tiles and bias, both multiplied by `times`; the input's zero point is folded into the bias."""
    wide = times * weights.astype(np.int64)
    folded = times * bias.astype(np.int64) - zero_point * wide.sum(axis=(1, 2))
    return np.concatenate([pack_parts(tap.astype(np.int16)) for tap in wide.transpose(1, 0, 2)]), folded
