"""Tables of the pointwise convolutions (firmware/kernels/fast/sk_fast_pointwise.h, sk_fast_pointwise_any.h)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sktools.compiler.fast.requantize import MANY_SCALES, Requantization, fit_layer, linear_stage
from sktools.compiler.fast.tiles import MAX_CHANNELS, pack_parts, pack_tiles


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


@dataclass(frozen=True, eq=False)
class AnyTables:
    """Members of sk_fast_pw_any_t: tiles [parts * records, words], the rest [out_channels]."""

    tiles: NDArray[np.int32]
    bias: NDArray[np.int32]
    multiplier: NDArray[np.int32]
    shift: NDArray[np.int32]
    rounding: NDArray[np.int32] | None


def pack_pointwise_any(
    weights: NDArray[np.int8], bias: NDArray[np.int32], zero_point: int, requantization: Requantization
) -> AnyTables | None:
    """Tables of sk_fast_pw_any_t; None where int32 could overflow.

    weights: [out_channels, in_channels]; bias: [out_channels]; zero_point: the input's.
    """
    wide = weights.astype(np.int64)
    folded = bias.astype(np.int64) - zero_point * wide.sum(axis=1)
    if np.any(np.abs(folded) + 128 * np.abs(wide).sum(axis=1) >= 1 << 31):
        return None
    stage = linear_stage(weights, bias, zero_point, requantization)
    if stage is None:
        return AnyTables(
            pack_parts(wide.astype(np.int16)),
            folded.astype(np.int32),
            requantization.multiplier.astype(np.int32),
            requantization.shift.astype(np.int32),
            None,
        )
    tiles = pack_parts((2 * wide).astype(np.int16))
    return AnyTables(tiles, (2 * folded).astype(np.int32), stage.multiplier, stage.shift, stage.rounding)
