"""Tables of sk_fast_dw5 and sk_fast_dw (firmware/kernels/fast/sk_fast_depthwise.h)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sktools.compiler.fast.requantize import SCALE, Requantization, as_pairs, fit_layer, linear_rounding

MAX_TAPS = 9

SHORTEST_STREAM = 4
"""SK_FAST_DW5_STREAM: rows / dilation that the kernels of five taps ask for."""


def fits_in_place(taps: int, dilation: int, padding: int) -> bool:
    """True where a stride 1 'same' depthwise 1xk can run on the rows of one residue class modulo the dilation.

    padding: rows before the first, as TFLite computes it ((taps - 1) * dilation // 2).
    """
    return 1 <= taps <= MAX_TAPS and padding % dilation == 0 and padding // dilation < taps


def pack_dw5(
    weights: NDArray[np.int8], bias: NDArray[np.int32], zero_point: int, requantization: Requantization
) -> NDArray[np.int32] | None:
    """Records [channels, 4] of sk_fast_dw5_t, or None where a channel has no fitted requantization.

    weights: [5, channels]; bias: [channels]; zero_point: the input's.
    """
    fitted = fit_layer(np.ascontiguousarray(weights.T), bias, zero_point, requantization)
    if fitted is None:
        return None
    taps = np.pad(fitted.weights // SCALE, ((0, 0), (0, 3))).astype(np.int8)  # 0 where the output never changes
    return np.column_stack([fitted.bias, fitted.multiplier, taps.view("<i4")]).astype(np.int32)


def pack_dw5_linear(
    weights: NDArray[np.int8], bias: NDArray[np.int32], zero_point: int, requantization: Requantization
) -> NDArray[np.int32] | None:
    """Records [channels, 8] of sk_fast_dw5_linear, or None where the layer clamps below int8 or sk_linear.h not holds.

    weights: [5, channels]; bias: [channels]; zero_point: the input's.
    """
    rounding = linear_rounding(weights.T, bias, zero_point, requantization)
    if rounding is None or (requantization.low, requantization.high) != (-128, 127):
        return None
    twice = 2 * weights.T.astype(np.int64)
    folded = 2 * bias.astype(np.int64) - zero_point * twice.sum(axis=1)
    pairs = as_pairs(twice[:, [0, 1, 2, 3, 1, 2, 3, 4]].astype(np.int16))
    tail = np.column_stack([rounding, -requantization.shift])
    return np.column_stack([folded, requantization.multiplier, pairs, tail]).astype(np.int32)


def pack_dw(
    weights: NDArray[np.int8], bias: NDArray[np.int32], zero_point: int, requantization: Requantization
) -> NDArray[np.int32] | None:
    """Records [channels, 3 + 2 * (taps // 2 + 1)] of sk_fast_dw_t; None where int32 could overflow.

    weights: [taps, channels], 1 to 9 taps; bias: [channels]; zero_point: the input's.
    """
    taps, channels = weights.shape
    wide = weights.T.astype(np.int16)
    folded = bias.astype(np.int64) - zero_point * wide.sum(axis=1, dtype=np.int64)
    if np.any(np.abs(folded) + 128 * np.abs(wide.astype(np.int64)).sum(axis=1) >= 1 << 31):
        return None
    width = 2 * (taps // 2 + 1)
    even = np.zeros((channels, width), np.int16)
    odd = np.zeros((channels, width), np.int16)
    even[:, :taps] = wide
    odd[:, 1 : taps + 1] = wide
    head = np.column_stack([folded, requantization.multiplier, requantization.shift])
    return np.column_stack([head, as_pairs(even), as_pairs(odd)]).astype(np.int32)
