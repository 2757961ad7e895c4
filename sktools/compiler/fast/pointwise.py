"""Tables of sk_fast_pw, sk_fast_gated_pw and sk_fast_pw_any (firmware/kernels/fast/sk_fast_pointwise.h)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sktools.compiler.fast.requantize import MANY_SCALES, Requantization, fit_layer
from sktools.compiler.fast.tiles import MAX_CHANNELS, pack_tiles, pack_weights

MAX_ANY_COLUMNS = 96
"""SK_FAST_PW_ANY_COLUMNS."""


def pack_pointwise(
    weights: NDArray[np.int8], bias: NDArray[np.int32], zero_point: int, requantization: Requantization
) -> NDArray[np.int32] | None:
    """Records of sk_fast_pw_t.tiles; None where a row is too long or a channel has no fitted requantization.

    weights: [out_channels, in_channels]; bias: [out_channels]; zero_point: the input's (behind a gate: its output's).
    """
    if weights.shape[1] > MAX_CHANNELS:
        return None
    fitted = fit_layer(weights, bias, zero_point, requantization, MANY_SCALES)
    return None if fitted is None else pack_tiles(fitted.weights, fitted.bias, fitted.multiplier)


def pack_pointwise_any(
    weights: NDArray[np.int8], bias: NDArray[np.int32], zero_point: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]] | None:
    """tiles and bias of sk_fast_pw_any_t; None where a row is too long, columns too many, or int32 could overflow."""
    columns, channels = weights.shape
    wide = weights.astype(np.int64)
    folded = bias.astype(np.int64) - zero_point * wide.sum(axis=1)
    overflow = np.any(np.abs(folded) + 128 * np.abs(wide).sum(axis=1) >= 1 << 31)
    if channels > MAX_CHANNELS or columns > MAX_ANY_COLUMNS or overflow:
        return None
    return pack_weights(weights.astype(np.int16)), folded.astype(np.int32)
