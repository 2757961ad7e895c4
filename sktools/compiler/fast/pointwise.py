"""Tables of sk_fast_pw and sk_fast_gated_pw (firmware/kernels/fast/sk_fast_pointwise.h)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sktools.compiler.fast.requantize import (
    MANY_SCALES,
    Requantization,
    fit_layer,
    fit_mixed,
    linear_stage,
)
from sktools.compiler.fast.tiles import MAX_CHANNELS, pack_tiles

LINEAR, FITTED, MIXED = -1, 0, 2
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
    fitted = fit_layer(weights, bias, zero_point, requantization, MANY_SCALES)
    if fitted is not None:
        return Pointwise(FITTED, pack_tiles(fitted.weights, fitted.bias, fitted.multiplier))
    mixed = fit_mixed(weights, bias, zero_point, requantization)
    if mixed is not None:
        layer, shifts = mixed
        return Pointwise(MIXED, pack_tiles(layer.weights, layer.bias, layer.multiplier, shifts))
    linear = linear_stage(weights, bias, zero_point, requantization)
    if linear is None or (requantization.low, requantization.high) != (-128, 127):
        return None
    twice = 2 * linear.weights.astype(np.int16)
    folded = (2 * linear.bias.astype(np.int64) - zero_point * twice.sum(axis=1, dtype=np.int64)).astype(np.int32)
    return Pointwise(LINEAR, pack_tiles(twice, folded, linear.multiplier, linear.rounding, linear.shift))
