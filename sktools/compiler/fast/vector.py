"""Tables of sk_fast_vector (firmware/kernels/fast/sk_fast_vector.h)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sktools.compiler.fast.requantize import SCALE, Requantization, fit_layer

MAX_CHANNELS = 128
"""SK_FAST_VECTOR_CHANNELS."""


@dataclass(frozen=True, eq=False)
class VectorTables:
    """weights: [out_channels, in_channels up to a multiple of 4] int8; outputs: [out_channels, 2] int32."""

    weights: NDArray[np.int8]
    outputs: NDArray[np.int32]


def pack_vector(
    weights: NDArray[np.int8], bias: NDArray[np.int32], zero_point: int, requantization: Requantization
) -> VectorTables | None:
    """Tables of sk_fast_vector_t; None where the row is too long or a channel has no fitted requantization.

    weights: [out_channels, in_channels]; bias: [out_channels]; zero_point: the input's.
    """
    fitted = None if weights.shape[1] > MAX_CHANNELS else fit_layer(weights, bias, zero_point, requantization)
    if fitted is None:
        return None
    plain = (fitted.weights // SCALE).astype(np.int8)  # 0 where the output never changes
    return VectorTables(
        np.pad(plain, ((0, 0), (0, -weights.shape[1] % 4))), np.column_stack([fitted.bias, fitted.multiplier])
    )
