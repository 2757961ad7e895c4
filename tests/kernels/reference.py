"""TFLite's reference int8 arithmetic in numpy, written from its definition and independent of the compiler's code."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Int = NDArray[np.int64]


def high_mul(a: Int, b: Int) -> Int:
    """SaturatingRoundingDoublingHighMul (gemmlowp/fixedpoint.h): nudged, divided by 2**31 towards zero."""
    product = a * b
    nudged = product + np.where(product >= 0, 1 << 30, 1 - (1 << 30))
    return np.where(nudged >= 0, nudged >> 31, -((-nudged) >> 31))


def divide_by_pot(x: Int, exponent: Int) -> Int:
    """RoundingDivideByPOT (gemmlowp/fixedpoint.h): halves away from zero."""
    mask = (np.int64(1) << exponent) - 1
    threshold = (mask >> 1) + (x < 0)
    return (x >> exponent) + ((x & mask) > threshold)


def requantize(x: Int, multiplier: Int, shift: Int) -> Int:
    """MultiplyByQuantizedMultiplier (kernels/internal/common.cc), double rounding."""
    return divide_by_pot(high_mul(x << np.maximum(shift, 0), multiplier), np.maximum(-shift, 0))


def output_stage(sums: Int, multiplier: Int, shift: Int, zero_point: int, low: int, high: int) -> NDArray[np.int8]:
    return np.clip(requantize(sums, multiplier, shift) + zero_point, low, high).astype(np.int8)


def convolve(
    x: NDArray[np.int8],
    weights: NDArray[np.int8],
    bias: NDArray[np.int32],
    zero_point: int,
    dilation: int,
    padding: int,
) -> Int:
    """Accumulators [rows, out] of x [rows, in] and weights [out, taps, in], stride 1, rows kept."""
    rows, taps = x.shape[0], weights.shape[1]
    reach = (taps - 1) * dilation
    signal = np.zeros((rows + reach, x.shape[1]), np.int64)
    signal[padding : padding + rows] = x.astype(np.int64) - zero_point
    sums = np.tile(bias.astype(np.int64), (rows, 1))
    for tap in range(taps):
        sums += signal[tap * dilation : tap * dilation + rows] @ weights[:, tap].astype(np.int64).T
    return sums


def depthwise(
    x: NDArray[np.int8],
    weights: NDArray[np.int8],
    bias: NDArray[np.int32],
    zero_point: int,
    dilation: int,
    padding: int,
) -> Int:
    """Accumulators [rows, channels] of x [rows, channels] and weights [taps, channels]."""
    rows, taps = x.shape[0], weights.shape[0]
    signal = np.zeros((rows + (taps - 1) * dilation, x.shape[1]), np.int64)
    signal[padding : padding + rows] = x.astype(np.int64) - zero_point
    sums = np.tile(bias.astype(np.int64), (rows, 1))
    for tap in range(taps):
        sums += signal[tap * dilation : tap * dilation + rows] * weights[tap].astype(np.int64)
    return sums


def multiply(
    x: NDArray[np.int8],
    gates: NDArray[np.int8],
    zero_points: tuple[int, int, int],
    multiplier: int,
    shift: int,
    low: int = -128,
    high: int = 127,
) -> NDArray[np.int8]:
    """TFLite's int8 MUL (kernels/internal/reference/integer_ops/mul.h), gates broadcast over the rows."""
    product = (x.astype(np.int64) - zero_points[0]) * (gates.astype(np.int64) - zero_points[1])
    return output_stage(product, np.int64(multiplier), np.int64(shift), zero_points[2], low, high)
