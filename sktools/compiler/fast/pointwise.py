"""Tables of sk_fast_pw and sk_fast_gated_pw (firmware/kernels/fast/sk_fast_pointwise.h)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sktools.compiler.fast.requantize import FIT_SHIFT, MANY_SCALES, STEEP_SHIFT, Requantization, fit_layer
from sktools.compiler.fast.tiles import MAX_CHANNELS, pack_tiles


@dataclass(frozen=True, eq=False)
class Pointwise:
    """sk_fast_pw_t.tiles, and steep: whether they were fitted by STEEP_SHIFT."""

    tiles: NDArray[np.int32]
    steep: bool


def pack_pointwise(
    weights: NDArray[np.int8], bias: NDArray[np.int32], zero_point: int, requantization: Requantization
) -> Pointwise | None:
    """None where a row is too long or where not all channels have a fitted requantization of one shift.

    weights: [out_channels, in_channels]; bias: [out_channels]; zero_point: the input's (behind a gate: its output's).
    """
    if weights.shape[1] > MAX_CHANNELS:
        return None
    for shift in (FIT_SHIFT, STEEP_SHIFT):
        fitted = fit_layer(weights, bias, zero_point, requantization, MANY_SCALES, shift)
        if fitted is not None:
            return Pointwise(pack_tiles(fitted.weights, fitted.bias, fitted.multiplier), shift == STEEP_SHIFT)
    return None
