"""Tables of sk_fast_pw and sk_fast_gated_pw (firmware/kernels/fast/sk_fast_pointwise.h)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sktools.compiler.fast.requantize import MANY_SCALES, Requantization, fit_layer
from sktools.compiler.fast.tiles import MAX_CHANNELS, pack_tiles


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
