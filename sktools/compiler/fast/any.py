"""Tables of sk_fast_any (firmware/kernels/fast/sk_fast_any.h)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sktools.compiler.fast.requantize import Requantization, linear_stage
from sktools.compiler.fast.tiles import pack_parts


@dataclass(frozen=True, eq=False)
class AnyTables:
    """Members of sk_fast_any_t: tiles [taps * parts * records, words], the rest [out_channels]."""

    tiles: NDArray[np.int32]
    bias: NDArray[np.int32]
    multiplier: NDArray[np.int32]
    shift: NDArray[np.int32]
    rounding: NDArray[np.int32] | None


def pack_any(
    weights: NDArray[np.int8], bias: NDArray[np.int32], zero_point: int, requantization: Requantization
) -> AnyTables | None:
    """Tables of sk_fast_any_t; None where int32 could overflow.

    weights: [out_channels, taps, in_channels]; bias: [out_channels]; zero_point: the input's.
    """
    stage = linear_stage(weights, bias, zero_point, requantization)
    if stage is not None:
        tiles, folded = _pack(stage.weights, stage.bias, zero_point, 2)
        return AnyTables(tiles, folded.astype(np.int32), stage.multiplier, stage.shift, stage.rounding)
    tiles, folded = _pack(weights, bias, zero_point, 1)
    if np.any(np.abs(folded) + 128 * np.abs(weights.astype(np.int64)).sum(axis=(1, 2)) >= 1 << 31):
        return None
    multiplier, shift = requantization.multiplier.astype(np.int32), requantization.shift.astype(np.int32)
    return AnyTables(tiles, folded.astype(np.int32), multiplier, shift, None)


def _pack(
    weights: NDArray[np.int8], bias: NDArray[np.int32], zero_point: int, times: int
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Weights and bias, the input's zero point folded in, `times` what they are."""
    wide = times * weights.astype(np.int64)
    folded = times * bias.astype(np.int64) - zero_point * wide.sum(axis=(1, 2))
    return np.concatenate([pack_parts(tap.astype(np.int16)) for tap in wide.transpose(1, 0, 2)]), folded
