"""Requantization of one output channel in two instructions, proven equal to TFLite's double rounding.

The reference computes q = clamp(divide(high_mul(a << left, multiplier), right) + zero point) from the accumulator a.
The fast kernels compute q = saturate(floor((SCALE * a + bias) * multiplier' / 2**(32 + FIT_SHIFT))) (SMMUL, SSAT; see
firmware/kernels/fast/sk_fit.h), or by a shift of the channel's own. Both rise monotonically with a, so they agree for
all a in [low, high] exactly if each of the 255 steps q - 1 -> q falls between the same two accumulators. That is what
`fit_channel` solves for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from sktools.compiler.quantization import requantize

SCALE = 256
"""The stored int16 weights are the int8 weights times this; so the bias resolves 1/256 of an accumulator step."""

MANY_SCALES = (SCALE, *range(255, 223, -1))
"""For kernels that store int16 weights, and so may take any scale up to SCALE."""

FIT_SHIFT = 11
"""SK_FIT_SHIFT of sk_fit.h. The real factor must be below 2**-4; a finer grid of multipliers the larger it is."""

MOST_SHIFT = 20
"""The largest shift of a channel that has its own."""

MOST_MIXED = 512
"""The most channels for which each gets its own shift: a search per channel."""

SPARE_BITS = (4, 2, 6, 0)
"""Bits of such a channel's multiplier that are left unused, in the order tried: few give a finer grid of multipliers,
many let the search cover a wider range."""

CANDIDATES = 4096
"""Multipliers tried around the ideal one before a channel is given up."""

FEWER_CANDIDATES = 256
"""Candidates for every scale other than SCALE."""

STEPS = np.arange(-127, 128, dtype=np.int64)


class Requantizer(IntEnum):
    """How a kernel turns sums into results: sk_requantizer_t."""

    LINEAR = -1
    FITTED = 0
    SUMS = 1
    MIXED = 2
    TFLITE = 3


@dataclass(frozen=True, eq=False)
class Requantization:
    """How a convolution's accumulators become int8: real factor of channel c = multiplier[c] * 2**(shift[c] - 31).

    multiplier, shift: int arrays [channels], shift positive to the left. low, high: int8 activation clamp.
    """

    multiplier: NDArray[np.int32]
    shift: NDArray[np.int32]
    zero_point: int
    low: int
    high: int


@dataclass(frozen=True)
class Fit:
    """bias and multiplier of a channel; constant: the weights are to be stored as 0, the output never changes."""

    bias: int
    multiplier: int
    constant: bool = False


def first_accumulators(multiplier: int, shift: int, zero_point: int) -> list[int]:
    """For each q in -127..127 the smallest accumulator that the reference turns into q or more, clamp aside.

    multiplier > 0. Exact: rounding_divide_by_pot(x, r) >= v means x >= (2v - 1) * 2**(r - 1), strictly above it for
    v <= 0 (halves go away from zero); x = floor(a * multiplier * 2**left / 2**31 + 1/2) >= X is solved for a.
    """
    left, right = max(shift, 0), max(-shift, 0)
    factor = multiplier << left
    result = []
    for step in range(-127, 128):
        value = step - zero_point
        half = ((2 * value - 1) << right) >> 1
        x = half + (1 if value <= 0 else 0) if right else value
        result.append(-((-((x << 31) - (1 << 30))) // factor))
    return result


def fit_channel(
    low: int,
    high: int,
    multiplier: int,
    shift: int,
    zero_point: int,
    clamp: tuple[int, int],
    scale: int = SCALE,
    fit_shift: int = FIT_SHIFT,
) -> Fit | None:
    """bias and multiplier that equal the reference for every accumulator in [low, high]; None if none was found.

    low <= high: the accumulator's range, bias included. clamp: the activation's int8 range. scale: the factor of the
    stored weights. fit_shift: used in place of FIT_SHIFT.
    """
    if multiplier <= 0:
        value = min(max(zero_point, clamp[0]), clamp[1])
        return _constant(value, fit_shift)
    if max(abs(low), abs(high)) << max(shift, 0) >= 1 << 31:
        return None  # the reference's left shift wraps: not monotone
    first = np.array([min(max(a, low), high + 1) for a in first_accumulators(multiplier, shift, zero_point)], np.int64)
    first[: clamp[0] + 128] = low  # q <= clamp low: always reached
    first[clamp[1] + 128 :] = high + 1  # q > clamp high: never
    reached = int(np.count_nonzero(first <= low))
    if reached == np.count_nonzero(first <= high):
        return _constant(reached - 128, fit_shift)

    ideal = round(multiplier * 2.0 ** (shift + 1 + fit_shift) / scale)
    for count in (16, CANDIDATES if scale == SCALE else FEWER_CANDIDATES):
        offsets = np.arange(count)
        multipliers = ideal + np.where(offsets % 2 == 1, (offsets + 1) // 2, -(offsets // 2))
        multipliers = multipliers[(multipliers > 0) & (multipliers < 1 << 31)]
        if multipliers.size == 0:
            return None
        # (scale * a + bias) * m >= q * 2**(32 + fit_shift)  <=>  bias >= ceil(q * 2**.. / m) - scale * a
        level = -((-(STEPS << (32 + fit_shift)))[None, :] // multipliers[:, None])
        lower = np.where(first <= high, level - scale * first, np.iinfo(np.int64).min).max(axis=1)
        upper = np.where(first > low, level - 1 - scale * (first - 1), np.iinfo(np.int64).max).min(axis=1)
        for index in np.flatnonzero(lower <= upper):
            bias = int(lower[index] + upper[index]) // 2
            if scale * low + bias >= -(1 << 31) and scale * high + bias < 1 << 31:
                return Fit(bias, int(multipliers[index]))
    return None


def _constant(value: int, fit_shift: int) -> Fit:
    return Fit(value << (fit_shift + 2), 1 << 30, constant=True)


def accumulator_bounds(
    weights: NDArray[np.int8], bias: NDArray[np.int32], zero_point: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Smallest and largest accumulator of each channel. weights: [channels, ...]; zero_point: the input's."""
    flat = weights.reshape(weights.shape[0], -1).astype(np.int64)
    at_low, at_high = flat * (-128 - zero_point), flat * (127 - zero_point)
    offset = bias.astype(np.int64)
    return (
        offset + np.minimum(at_low, at_high).sum(axis=1),
        offset + np.maximum(at_low, at_high).sum(axis=1),
    )


@dataclass(frozen=True, eq=False)
class FittedLayer:
    """weights: [channels, ...] int16 times the channel's scale; bias (the input's zero point folded in) and multiplier:
    int32 [channels]."""

    weights: NDArray[np.int16]
    bias: NDArray[np.int32]
    multiplier: NDArray[np.int32]


def fit_layer(
    weights: NDArray[np.int8],
    bias: NDArray[np.int32],
    zero_point: int,
    requantization: Requantization,
    scales: Sequence[int] = (SCALE,),
    fit_shift: int = FIT_SHIFT,
) -> FittedLayer | None:
    """Weights [channels, ...] (bias [channels], zero_point: the input's) for a kernel that ends in sk_fitted.

    scales: what a channel's weights may be stored times, tried in order. A slope is a multiplier times a scale, so more
    scales make the grid of slopes finer where the multiplier has few bits. fit_shift: of all channels.
    None where a channel has no exact pair, or where partial sums could leave int32.
    """
    lows, highs = accumulator_bounds(weights, bias, zero_point)
    flat = weights.reshape(weights.shape[0], -1).astype(np.int64)
    scaled = np.zeros_like(flat)
    biases, multipliers = [], []
    for channel in range(weights.shape[0]):
        factor = int(requantization.multiplier[channel]), int(requantization.shift[channel])
        reach = int(lows[channel]), int(highs[channel])
        clamp = requantization.low, requantization.high
        for scale in scales:
            fit = fit_channel(*reach, *factor, requantization.zero_point, clamp, scale, fit_shift)
            if fit is not None:
                break
        else:
            return None
        folded = fit.bias
        if not fit.constant:
            scaled[channel] = flat[channel] * scale
            folded += scale * (int(bias[channel]) - zero_point * int(flat[channel].sum()))
            if abs(folded) + 128 * int(np.abs(scaled[channel]).sum()) >= 1 << 31:
                return None
        biases.append(folded)
        multipliers.append(fit.multiplier)
    return FittedLayer(
        scaled.reshape(weights.shape).astype(np.int16),
        np.array(biases, dtype=np.int32),
        np.array(multipliers, dtype=np.int32),
    )


def fit_mixed(
    weights: NDArray[np.int8], bias: NDArray[np.int32], zero_point: int, requantization: Requantization
) -> tuple[FittedLayer, NDArray[np.int32]] | None:
    """fit_layer with a shift per channel that suits its factor, which may be up to 2**7; and these shifts.

    None also if there are more than MOST_MIXED channels.
    """
    if weights.shape[0] > MOST_MIXED:
        return None
    fits, shifts = [], []
    for channel in range(weights.shape[0]):
        one = slice(channel, channel + 1)
        alone = replace(requantization, multiplier=requantization.multiplier[one], shift=requantization.shift[one])
        for spare in SPARE_BITS:
            shift = min(max(SCALE.bit_length() - 2 - int(alone.shift[0]) - spare, 0), MOST_SHIFT)
            fit = fit_layer(weights[one], bias[one], zero_point, alone, fit_shift=shift)
            if fit is not None:
                break
        else:
            return None
        fits.append(fit)
        shifts.append(shift)
    layer = FittedLayer(*(np.concatenate([getattr(fit, field.name) for fit in fits]) for field in fields(FittedLayer)))
    return layer, np.array(shifts, np.int32)


LINEAR_SHIFT = 20
"""SK_LINEAR_SHIFT of sk_linear.h."""


@dataclass(frozen=True, eq=False)
class LinearLayer:
    """A layer that sk_linear (firmware/kernels/fast/sk_linear.h) requantizes.

    weights: [channels, ...] int8 and bias: [channels], both 0 where the channel's output never changes; multiplier,
    rounding and shift: int32 [channels], sk_linear's arguments.
    """

    weights: NDArray[np.int8]
    bias: NDArray[np.int32]
    multiplier: NDArray[np.int32]
    rounding: NDArray[np.int32]
    shift: NDArray[np.int32]


def linear_layer(
    weights: NDArray[np.int8], bias: NDArray[np.int32], zero_point: int, requantization: Requantization
) -> LinearLayer | None:
    """None if that form does not hold for every channel. weights: [channels, ...]; zero_point: the input's."""
    constants = _constant_outputs(weights, bias, zero_point, requantization)
    changes = np.array([value is None for value in constants])
    values = np.array([requantization.zero_point if value is None else value for value in constants], np.int64)
    right = np.where(changes, -requantization.shift.astype(np.int64), 1)
    kept_bias = np.where(changes, bias, 0)
    kept = weights * changes.reshape(-1, *(1,) * (weights.ndim - 1)).astype(np.int8)
    # every partial sum, the input's zero point folded into the bias or not
    reach = np.abs(kept_bias.astype(np.int64)) + np.abs(kept.astype(np.int64)).reshape(len(kept), -1).sum(axis=1) * (
        128 + abs(zero_point)
    )
    if np.any(reach >= 1 << 30) or np.any(right < 1) or np.any(right > LINEAR_SHIFT):
        return None
    return LinearLayer(
        kept.astype(np.int8),
        kept_bias.astype(np.int32),
        np.where(changes, requantization.multiplier, 0).astype(np.int32),
        ((np.int64(1) << (right - 1)) + (values << right)).astype(np.int32),
        right.astype(np.int32),
    )


def _constant_outputs(
    weights: NDArray[np.int8], bias: NDArray[np.int32], zero_point: int, requantization: Requantization
) -> list[int | None]:
    """The one output that all accumulators of a channel give (training let the channel die), else None; by channel."""
    found: list[int | None] = []
    for low, high, multiplier, shift in zip(
        *accumulator_bounds(weights, bias, zero_point), requantization.multiplier, requantization.shift, strict=True
    ):
        ends = int(low), int(high)
        outputs = {
            min(
                max(requantize(end, int(multiplier), int(shift)) + requantization.zero_point, requantization.low),
                requantization.high,
            )
            for end in ends
        }
        wraps = max(abs(end) for end in ends) << max(int(shift), 0) >= 1 << 31
        found.append(outputs.pop() if len(outputs) == 1 and not wraps else None)
    return found


def as_pairs(values: NDArray[np.int16]) -> NDArray[np.int32]:
    """[..., 2n] int16 to [..., n] words, the even element in the low half."""
    words = values.astype(np.int64) & 0xFFFF
    joined = (words[..., 0::2] | (words[..., 1::2] << 16)).astype(np.uint32)
    return joined.view(np.int32)
