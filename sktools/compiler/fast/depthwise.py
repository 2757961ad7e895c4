"""Tables of sk_fast_dw5 and sk_fast_dw (firmware/kernels/fast/sk_fast_{depthwise,window}.h)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sktools.compiler.fast.requantize import (
    MANY_SCALES,
    SCALE,
    FittedLayer,
    Requantization,
    as_pairs,
    fit_layer,
    linear_stage,
)

MAX_TAPS = 9

SHORTEST_STREAM = 4
"""SK_FAST_DW5_STREAM: rows / dilation that the kernels of five taps ask for."""

SHORTEST_CAUSAL_STREAM = 2
"""SK_FAST_DW5_CAUSAL_STREAM: the same of the causal ones."""

DW5_SHIFT = 8
"""SK_FAST_DW5_SHIFT: what sk_fast_dw5 takes for FIT_SHIFT."""

MOST_SHIFT = 20
"""Of a channel of sk_fast_dw5_mixed."""

SPARE_BITS = (4, 2, 6, 0)
"""Of such a channel's multiplier, tried in order: a finer grid of multipliers, or a wider stretch of them tried."""

FITTED, LINEAR, ANY = range(3)
"""SK_FAST_DW_FITTED and on: how sums become results."""


def pack_dw5(
    weights: NDArray[np.int8], bias: NDArray[np.int32], zero_point: int, requantization: Requantization
) -> NDArray[np.int32] | None:
    """Records [channels, 4] of sk_fast_dw5, or None where a channel has no fitted requantization.

    weights: [5, channels]; bias: [channels]; zero_point: the input's.
    """
    fitted = fit_layer(np.ascontiguousarray(weights.T), bias, zero_point, requantization, fit_shift=DW5_SHIFT)
    return None if fitted is None else _fitted_records(fitted, 0)


def pack_dw5_mixed(
    weights: NDArray[np.int8], bias: NDArray[np.int32], zero_point: int, requantization: Requantization
) -> NDArray[np.int32] | None:
    """Records [channels, 4] of sk_fast_dw5_mixed, whose channels have each a shift of its own.

    None and arguments as of pack_dw5.
    """
    records = []
    for channel in range(weights.shape[1]):
        one = slice(channel, channel + 1)
        alone = replace(requantization, multiplier=requantization.multiplier[one], shift=requantization.shift[one])
        for spare in SPARE_BITS:
            shift = min(max(SCALE.bit_length() - 2 - int(alone.shift[0]) - spare, 0), MOST_SHIFT)
            fitted = fit_layer(weights.T[one], bias[one], zero_point, alone, fit_shift=shift)
            if fitted is not None:
                records.append(_fitted_records(fitted, shift))
                break
        else:
            return None
    return np.concatenate(records)


def _fitted_records(fitted: FittedLayer, shift: int) -> NDArray[np.int32]:
    taps = np.zeros((len(fitted.weights), 8), np.int8)
    taps[:, :5] = fitted.weights // SCALE  # 0 where the output never changes
    taps[:, 5] = shift
    return np.column_stack([taps.view("<i4"), fitted.bias, fitted.multiplier]).astype(np.int32)


def pack_dw5_linear(
    weights: NDArray[np.int8], bias: NDArray[np.int32], zero_point: int, requantization: Requantization
) -> NDArray[np.int32] | None:
    """Records [channels, 5] of sk_fast_dw5_linear, or None where the layer clamps below int8 or sk_linear.h not holds.

    weights: [5, channels]; bias: [channels]; zero_point: the input's.
    """
    stage = linear_stage(weights.T, bias, zero_point, requantization)
    if stage is None or (requantization.low, requantization.high) != (-128, 127):
        return None
    folded = 2 * (stage.bias.astype(np.int64) - zero_point * stage.weights.astype(np.int64).sum(axis=1))
    taps = np.zeros((weights.shape[1], 8), np.int8)
    taps[:, :5] = stage.weights
    taps[:, 5] = stage.shift
    return np.column_stack([taps.view("<i4"), stage.rounding, folded, stage.multiplier]).astype(np.int32)


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
