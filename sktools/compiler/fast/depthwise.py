"""Tables of the depthwise kernels (firmware/kernels/fast/sk_fast_{depthwise,depthwise9,window}.h)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sktools.compiler.fast.requantize import (
    MANY_SCALES,
    SCALE,
    FittedLayer,
    Requantization,
    as_pairs,
    fit_layer,
    fit_mixed,
    linear_stage,
)

MAX_TAPS = 9

SHORTEST_STREAM = 4
"""SK_FAST_DW5_STREAM: rows / dilation that the kernels of three and five taps ask for."""

SHORTEST_LONG_STREAM = 6
"""SK_FAST_DW9_STREAM: the same of those of seven and nine taps."""

SHORTEST_CAUSAL_STREAM = 2
"""SK_FAST_DW5_CAUSAL_STREAM and SK_FAST_DW9_CAUSAL_STREAM: the same of the causal ones."""

DW5_SHIFT = 8
"""SK_FAST_DW5_SHIFT: what these kernels take for FIT_SHIFT."""

FITTED, LINEAR, ANY, MIXED = range(4)
"""SK_FAST_DW_FITTED and on: how sums become results."""


def pack_streamed(
    weights: NDArray[np.int8], bias: NDArray[np.int32], zero_point: int, requantization: Requantization
) -> NDArray[np.int32] | None:
    """Records [channels, words] of sk_fast_dw3, dw5, dw7 or dw9, or None where a channel has no fitted requantization.

    weights: [taps of the kernel, channels]; bias: [channels]; zero_point: the input's.
    """
    fitted = fit_layer(np.ascontiguousarray(weights.T), bias, zero_point, requantization, fit_shift=DW5_SHIFT)
    return None if fitted is None else _fitted_records(fitted, np.zeros_like(bias))


def pack_streamed_mixed(
    weights: NDArray[np.int8], bias: NDArray[np.int32], zero_point: int, requantization: Requantization
) -> NDArray[np.int32] | None:
    """Records of sk_fast_dw5_mixed and so on, whose channels have each a shift of its own.

    None and arguments as of pack_streamed.
    """
    mixed = fit_mixed(np.ascontiguousarray(weights.T), bias, zero_point, requantization)
    return None if mixed is None else _fitted_records(*mixed)


def _fitted_records(fitted: FittedLayer, shifts: NDArray[np.int32]) -> NDArray[np.int32]:
    weights = (fitted.weights // SCALE).astype(np.int8)  # 0 where the output never changes
    return np.column_stack([_as_words(weights, shifts), fitted.bias, fitted.multiplier]).astype(np.int32)


def _as_words(weights: NDArray[np.int8], shifts: NDArray[np.int32]) -> NDArray[np.int32]:
    """weights: [channels, taps]; the shift is the byte behind them."""
    channels, taps = weights.shape
    words = np.zeros((channels, 4 * ((taps + 4) // 4)), np.int8)
    words[:, :taps] = weights
    words[:, taps] = shifts
    return words.view("<i4")


def pack_streamed_linear(
    weights: NDArray[np.int8], bias: NDArray[np.int32], zero_point: int, requantization: Requantization
) -> NDArray[np.int32] | None:
    """Records of sk_fast_dw5_linear and so on; None where the layer clamps below int8 or sk_linear.h does not hold.

    Arguments as of pack_streamed.
    """
    stage = linear_stage(np.ascontiguousarray(weights.T), bias, zero_point, requantization)
    if stage is None or (requantization.low, requantization.high) != (-128, 127):
        return None
    folded = 2 * (stage.bias.astype(np.int64) - zero_point * stage.weights.astype(np.int64).sum(axis=1))
    words = _as_words(stage.weights, stage.shift)
    return np.column_stack([words, stage.rounding, folded, stage.multiplier]).astype(np.int32)


def pack_dw(
    weights: NDArray[np.int8], bias: NDArray[np.int32], zero_point: int, requantization: Requantization
) -> tuple[int, NDArray[np.int32]] | None:
    """stage and records [channels, 4 + 2 * (taps // 2 + 1)] of sk_fast_dw_t; None where int32 could overflow.

    weights: [taps, channels], 1 to 9 taps; bias: [channels]; zero_point: the input's.
    """
    by_channel = np.ascontiguousarray(weights.T)
    fitted = fit_layer(by_channel, bias, zero_point, requantization, MANY_SCALES)
    if fitted is not None:
        nothing = np.zeros_like(fitted.bias)
        return FITTED, _records(fitted.weights, fitted.bias, fitted.multiplier, nothing, nothing)
    mixed = fit_mixed(by_channel, bias, zero_point, requantization)
    if mixed is not None:
        fitted, shift = mixed
        return MIXED, _records(fitted.weights, fitted.bias, fitted.multiplier, np.zeros_like(bias), shift)
    stage = linear_stage(by_channel, bias, zero_point, requantization)
    if stage is not None and (requantization.low, requantization.high) == (-128, 127):
        return LINEAR, _plain(stage.weights, 2, stage.bias, zero_point, stage.multiplier, stage.rounding, stage.shift)
    folded = np.abs(bias.astype(np.int64)) + np.abs(by_channel.astype(np.int64)).sum(axis=1) * (128 + abs(zero_point))
    if np.any(folded >= 1 << 31):
        return None
    zero_points = np.full_like(bias, requantization.zero_point)
    return ANY, _plain(by_channel, 1, bias, zero_point, requantization.multiplier, zero_points, requantization.shift)


def _plain(
    weights: NDArray[np.int8],
    scale: int,
    bias: NDArray[np.int32],
    zero_point: int,
    multiplier: NDArray[np.int32],
    third: NDArray[np.int32],
    shift: NDArray[np.int32],
) -> NDArray[np.int32]:
    """Records whose weights and bias are the layer's times scale, the input's zero point folded into the bias."""
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
