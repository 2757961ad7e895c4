"""Depthwise convolutions of 1 to 9 taps, any padding and requantization
(firmware/kernels/fast/sk_depthwise_window.c)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sktools.compiler.call import Call, Table
from sktools.compiler.kernels.arithmetic.requantization import (
    MANY_SCALES,
    Requantization,
    Requantizer,
    as_pairs,
    fit_layer,
    fit_mixed,
    linear_layer,
)
from sktools.compiler.lowering import variant
from sktools.compiler.ops.depthwise_conv_2d import DepthwiseConv2D
from sktools.compiler.ops.window import int8_values

MAX_TAPS = 9
"""SK_FAST_DW_TAPS."""


@variant(DepthwiseConv2D, rank=1)
def depthwise_window(op: DepthwiseConv2D, prefix: str) -> Call | None:
    window = op.row_window
    if window is None or op.depth_multiplier != 1 or window.taps > MAX_TAPS:
        return None
    weights = int8_values(op.weights).reshape(window.taps, window.channels)
    packed = pack_depthwise(weights, op.bias, op.inputs[0].zero_point, op.requantization)
    if packed is None:
        return None
    requantizer, records = packed
    return Call(
        kernel="depthwise_window",
        function="sk_fast_dw",
        header="fast/sk_depthwise_window.h",
        struct="sk_fast_dw_t",
        shape={
            "rows": window.rows,
            "channels": window.channels,
            "dilation": window.dilation,
            "taps": window.taps,
            "requantizer": requantizer,
        },
        constants={
            "padding": window.padding,
            "pad": op.inputs[0].zero_point,
            "low": op.requantization.low,
            "high": op.requantization.high,
            "records": Table(f"{prefix}_records", "int32_t", records),
        },
        inputs=(op.inputs[0].index,),
        output=op.output.index,
        in_place=window.padding % window.dilation == 0,
    )


def pack_depthwise(
    weights: NDArray[np.int8], bias: NDArray[np.int32], zero_point: int, requantization: Requantization
) -> tuple[Requantizer, NDArray[np.int32]] | None:
    """Requantizer and records [channels, 4 + 2 * (taps // 2 + 1)]; None if int32 could overflow.

    weights: [taps, channels], 1 to 9 taps; bias: [channels]; zero_point: the input's.
    """
    by_channel = np.ascontiguousarray(weights.T)
    fitted = fit_layer(by_channel, bias, zero_point, requantization, MANY_SCALES)
    if fitted is not None:
        nothing = np.zeros_like(fitted.bias)
        return Requantizer.FITTED, _records(fitted.weights, fitted.bias, fitted.multiplier, nothing, nothing)
    mixed = fit_mixed(by_channel, bias, zero_point, requantization)
    if mixed is not None:
        fitted, shift = mixed
        return Requantizer.MIXED, _records(fitted.weights, fitted.bias, fitted.multiplier, np.zeros_like(bias), shift)
    linear = linear_layer(by_channel, bias, zero_point, requantization)
    if linear is not None and (requantization.low, requantization.high) == (-128, 127):
        return Requantizer.LINEAR, _plain(
            linear.weights, 2, linear.bias, zero_point, linear.multiplier, linear.rounding, linear.shift
        )
    folded = np.abs(bias.astype(np.int64)) + np.abs(by_channel.astype(np.int64)).sum(axis=1) * (128 + abs(zero_point))
    if np.any(folded >= 1 << 31):
        return None
    zero_points = np.full_like(bias, requantization.zero_point)
    return Requantizer.TFLITE, _plain(
        by_channel, 1, bias, zero_point, requantization.multiplier, zero_points, requantization.shift
    )


def _plain(
    weights: NDArray[np.int8],
    scale: int,
    bias: NDArray[np.int32],
    zero_point: int,
    multiplier: NDArray[np.int32],
    third: NDArray[np.int32],
    shift: NDArray[np.int32],
) -> NDArray[np.int32]:
    """Records of the layer's weights and bias times scale; the input's zero point is folded into the bias."""
    scaled = scale * weights.astype(np.int64)
    folded = scale * bias.astype(np.int64) - zero_point * scaled.sum(axis=1)
    return _records(scaled.astype(np.int16), folded.astype(np.int32), multiplier, third, shift)


def _records(weights: NDArray[np.int16], *head: NDArray[np.int32]) -> NDArray[np.int32]:
    """weights: [channels, taps]; head: [channels] each."""
    channels, taps = weights.shape
    even = np.zeros((channels, 2 * (taps // 2 + 1)), np.int16)
    odd = np.zeros_like(even)
    even[:, :taps] = weights
    odd[:, 1 : taps + 1] = weights
    pairs = np.stack([as_pairs(even), as_pairs(odd)], axis=2).reshape(channels, -1)
    return np.column_stack([*head, pairs]).astype(np.int32)
