"""Tables of sk_fast_conv (firmware/kernels/fast/sk_fast_conv.h)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sktools.compiler.fast.tiles import MAX_CHANNELS, pack_tiles

WINDOW = 40
"""SK_FAST_CONV_WINDOW, int32 sums."""


@dataclass(frozen=True, eq=False)
class ConvTables:
    """tiles: records of taps * out_channels columns; padding: [taps * out_channels]; bias: [out_channels]."""

    tiles: NDArray[np.int32]
    padding: NDArray[np.int32]
    bias: NDArray[np.int32]


def pack_conv(
    weights: NDArray[np.int8], bias: NDArray[np.int32], zero_point: int, dilation: int, padding: int
) -> ConvTables | None:
    """Tables of sk_fast_conv_t; None where the window of sums is too large, a row too long, or int32 could overflow.

    weights: [out_channels, taps, in_channels]; bias: [out_channels]; zero_point: the input's; padding: rows before the
    first, at most (taps - 1) * dilation.
    """
    columns, taps, channels = weights.shape
    reach = (taps - 1) * dilation
    wide = weights.astype(np.int64)
    folded = bias.astype(np.int64) - zero_point * wide.sum(axis=(1, 2))
    overflow = np.any(np.abs(folded) + 128 * np.abs(wide).sum(axis=(1, 2)) >= 1 << 31)
    if channels > MAX_CHANNELS or (reach + 2) * columns > WINDOW or padding > reach or overflow:
        return None
    by_column = wide.transpose(1, 0, 2)[::-1].reshape(taps * columns, channels)  # the last tap first
    zeros = np.zeros(taps * columns, np.int32)
    return ConvTables(
        pack_tiles(by_column.astype(np.int16), zeros, zeros),
        (zero_point * by_column.sum(axis=1)).astype(np.int32),
        folded.astype(np.int32),
    )
