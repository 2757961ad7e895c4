"""Fixed-point functions on int32, bit for bit as the reference kernels use them (gemmlowp's fixedpoint.h).

A number Qm.n has m integer bits and n = 31 - m fractional bits; Q0 is in -1..1.
"""

from __future__ import annotations

import math

from sktools.compiler.quantization import quantize_multiplier, rounding_divide_by_pot

INT32_MIN, INT32_MAX = -(1 << 31), (1 << 31) - 1
ONE = INT32_MAX
"""1.0 in Q0, as nearly as it can say."""

_EXP_OF_MINUS_POWERS = (
    (-2, 1672461947),
    (-1, 1302514674),
    (0, 790015084),
    (1, 290630308),
    (2, 39332535),
    (3, 720401),
    (4, 242),
)
"""Exponent e and exp(-2**e) in Q0."""


def high_mul(a: int, b: int) -> int:
    """2ab / 2**32, rounded to nearest, halves away from zero below zero and up above; saturating."""
    if a == b == INT32_MIN:
        return INT32_MAX
    nudged = a * b + ((1 << 30) if a * b >= 0 else 1 - (1 << 30))
    return nudged >> 31 if nudged >= 0 else -((-nudged) >> 31)


def shifted(value: int, exponent: int) -> int:
    """value * 2**exponent, saturating to the left, rounded to nearest (halves away from zero) to the right."""
    if exponent > 0:
        return min(max(value << exponent, INT32_MIN), INT32_MAX)
    return rounding_divide_by_pot(value, -exponent)


def exp_on_negative_values(value: int, integer_bits: int) -> int:
    """exp of a value <= 0 in Q`integer_bits`, as Q0."""
    fractional_bits = 31 - integer_bits
    quarter = 1 << (fractional_bits - 2)
    within = (value & (quarter - 1)) - quarter
    result = _exp_from_minus_quarter(shifted(within, integer_bits))
    remainder = within - value
    for exponent, factor in _EXP_OF_MINUS_POWERS:
        if integer_bits > exponent and remainder & (1 << (fractional_bits + exponent)):
            result = high_mul(result, factor)
    return ONE if value == 0 else result


def _exp_from_minus_quarter(value: int) -> int:
    """exp on [-1/4, 0) in Q0: four terms of Taylor's series around -1/8."""
    constant, third = 1895147668, 715827883
    x = value + (1 << 28)
    squared = high_mul(x, x)
    cubed = high_mul(squared, x)
    fourth_over_4 = shifted(high_mul(squared, squared), -2)
    higher = shifted(high_mul(fourth_over_4 + cubed, third) + squared, -1)
    return constant + high_mul(constant, x + higher)


def _reciprocal_of_half(value: int) -> int:
    """2 / (1 + value) in Q2 for value in 0..1 in Q0: three steps of Newton's method."""
    half_denominator = (value + ONE + 1) // 2
    x = 1515870810 + high_mul(half_denominator, -1010580540)
    for _ in range(3):
        error = (1 << 29) - high_mul(half_denominator, x)
        x += shifted(high_mul(x, error), 2)
    return x


def one_over_one_plus(value: int) -> int:
    """1 / (1 + value) in Q0, for value in 0..1 in Q0."""
    return shifted(_reciprocal_of_half(value), 1)


def logistic(value: int, integer_bits: int) -> int:
    """1 / (1 + exp(-value)) in Q0; value in Q`integer_bits`."""
    if value == 0:
        return 1 << 30
    positive = one_over_one_plus(exp_on_negative_values(-abs(value), integer_bits))
    return positive if value > 0 else ONE - positive


def tanh(value: int, integer_bits: int) -> int:
    """tanh in Q0; value in Q`integer_bits`."""
    if value == 0:
        return 0
    exponential = exp_on_negative_values(-abs(value), integer_bits + 1)  # of twice the value
    result = shifted(_reciprocal_of_half(exponential) - (1 << 29), 2)
    return result if value > 0 else -result


def input_radius(integer_bits: int, left_shift: int) -> int:
    """Largest quantized input that does not overflow Q`integer_bits` after scaling (CalculateInputRadius)."""
    return math.floor(((1 << integer_bits) - 1) * 2.0 ** (31 - integer_bits - left_shift))


def scale_into(scale: float, integer_bits: int) -> tuple[int, int]:
    """(multiplier, shift) from a quantized input to Q`integer_bits`."""
    return quantize_multiplier(scale * (1 << (31 - integer_bits)))
