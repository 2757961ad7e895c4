"""Tables of sk_fast_conv (firmware/kernels/fast/sk_fast_conv.h)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sktools.compiler.fast.requantize import Requantization, linear_stage
from sktools.compiler.fast.tiles import pack_parts

WINDOW = 60
"""SK_FAST_CONV_WINDOW, int32 sums."""


@dataclass(frozen=True, eq=False)
class ConvTables:
    """Members of sk_fast_conv_t: tiles [records, words]; padding [taps * out_channels]; stage [out_channels, 4]."""

    tiles: NDArray[np.int32]
    padding: NDArray[np.int32]
    stage: NDArray[np.int32]


def pack_conv(
    weights: NDArray[np.int8],
    bias: NDArray[np.int32],
    zero_point: int,
    requantization: Requantization,
    dilation: int,
    padding: int,
) -> ConvTables | None:
    """Tables of sk_fast_conv_t; None where the window of sums is too large, or sk_linear.h not exact.

    weights: [out_channels, taps, in_channels]; bias: [out_channels]; zero_point: the input's; padding: rows before the
    first, at most (taps - 1) * dilation.
    """
    columns, taps, channels = weights.shape
    reach = (taps - 1) * dilation
    stage = linear_stage(weights, bias, zero_point, requantization)
    if stage is None or (reach + 2) * columns > WINDOW or padding > reach:
        return None
    twice = 2 * stage.weights.astype(np.int64)
    by_tap = twice.transpose(1, 0, 2)[::-1]  # the last tap first
    groups = by_tap.reshape(1, taps * columns, channels) if dilation == 1 else by_tap
    folded = 2 * stage.bias.astype(np.int64) - zero_point * twice.sum(axis=(1, 2))
    return ConvTables(
        pack_parts(*groups.astype(np.int16)),
        (zero_point * by_tap.sum(axis=2).reshape(-1)).astype(np.int32),
        np.stack([folded.astype(np.int32), stage.multiplier, stage.rounding, stage.shift], axis=1),
    )
