"""Requantization constants as TFLite computes them (tensorflow/lite/kernels/internal/quantization_util.cc)."""

from __future__ import annotations

import math

import numpy as np

INT8_MIN = -128
INT8_MAX = 127


def quantize_multiplier(real: float) -> tuple[int, int]:
    """real = multiplier * 2**(shift - 31), multiplier in [2**30, 2**31).

    Returns (0, 0) for a factor below 2**-31, as QuantizeMultiplier does. Raises ValueError for a factor that is
    negative, not finite, or beyond a left shift of 30.
    """
    if not math.isfinite(real) or real < 0:
        raise ValueError(f"requantization factor {real} is not a finite positive number")
    if real == 0:
        return 0, 0
    fraction, shift = math.frexp(real)
    multiplier = math.floor(fraction * (1 << 31) + 0.5)
    if multiplier == 1 << 31:
        multiplier //= 2
        shift += 1
    if shift < -31:
        return 0, 0
    if shift > 30:
        raise ValueError(f"requantization factor {real:g} is above 2**30")
    return multiplier, shift


def saturating_doubling_high_mul(a: int, b: int) -> int:
    """floor((2ab + 2**31) / 2**32), the gemmlowp operation for every a != -2**31."""
    return (a * b + (1 << 30)) >> 31


def rounding_divide_by_pot(value: int, exponent: int) -> int:
    """value / 2**exponent, halves away from zero."""
    if exponent == 0:
        return value
    mask = (1 << exponent) - 1
    threshold = (mask >> 1) + (1 if value < 0 else 0)
    return (value >> exponent) + (1 if (value & mask) > threshold else 0)


def requantize(value: int, multiplier: int, shift: int) -> int:
    """MultiplyByQuantizedMultiplier with double rounding, the left shift wrapping at 32 bits."""
    shifted = value << max(shift, 0)
    shifted = (shifted + (1 << 31)) % (1 << 32) - (1 << 31)
    return rounding_divide_by_pot(saturating_doubling_high_mul(shifted, multiplier), max(-shift, 0))


def activation_range(activation: str, scale: float, zero_point: int) -> tuple[int, int]:
    """int8 clamp [low, high] of a fused activation (CalculateActivationRangeQuantized).

    Raises ValueError for an unknown activation, or a scale so small that its limits overflow.
    """

    def quantized(real: float) -> int:
        with np.errstate(over="ignore", divide="ignore"):
            ratio = float(np.float32(real) / np.float32(scale))
        if not math.isfinite(ratio):
            raise ValueError(f"a scale of {scale:g} cannot hold the limits of the fused activation {activation}")
        return zero_point + math.floor(abs(ratio) + 0.5) * (1 if ratio >= 0 else -1)

    low, high = INT8_MIN, INT8_MAX
    if activation == "NONE":
        return low, high
    if activation == "RELU":
        return max(low, quantized(0.0)), high
    if activation == "RELU6":
        return max(low, quantized(0.0)), min(high, quantized(6.0))
    if activation == "RELU_N1_TO_1":
        return max(low, quantized(-1.0)), min(high, quantized(1.0))
    raise ValueError(f"fused activation {activation} is not supported (NONE, RELU, RELU6, RELU_N1_TO_1 are)")
