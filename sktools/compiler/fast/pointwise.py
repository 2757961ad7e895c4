"""Tables of sk_fast_pw and sk_fast_gated_pw (firmware/kernels/fast/sk_fast_pointwise.h)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sktools.compiler.fast.requantize import (
    FIT_SHIFT,
    MANY_SCALES,
    STEEP_SHIFT,
    Requantization,
    fit_layer,
    linear_stage,
)
from sktools.compiler.fast.tiles import MAX_CHANNELS, pack_tiles

LINEAR, FITTED, STEEP = -1, 0, 2
"""sk_tile_stage_t of sk_fast_tile.h."""


@dataclass(frozen=True, eq=False)
class Pointwise:
    """Members of sk_fast_pw_t; tiles: [records, words]."""

    stage: int
    tiles: NDArray[np.int32]


def pack_pointwise(
    weights: NDArray[np.int8], bias: NDArray[np.int32], zero_point: int, requantization: Requantization
) -> Pointwise | None:
    """None where a row is too long, or where no requantization of a tile holds for all channels.

    weights: [out_channels, in_channels]; bias: [out_channels]; zero_point: the input's (behind a gate: its output's).
    """
    if weights.shape[1] > MAX_CHANNELS:
        return None
    for stage, shift in ((FITTED, FIT_SHIFT), (STEEP, STEEP_SHIFT)):
        fitted = fit_layer(weights, bias, zero_point, requantization, MANY_SCALES, shift)
        if fitted is not None:
            return Pointwise(stage, pack_tiles(fitted.weights, fitted.bias, fitted.multiplier))
    linear = linear_stage(weights, bias, zero_point, requantization)
    if linear is None or (requantization.low, requantization.high) != (-128, 127):
        return None
    twice = 2 * linear.weights.astype(np.int16)
    folded = (2 * linear.bias.astype(np.int64) - zero_point * twice.sum(axis=1, dtype=np.int64)).astype(np.int32)
    return Pointwise(LINEAR, pack_tiles(twice, folded, linear.multiplier, linear.rounding, linear.shift))
