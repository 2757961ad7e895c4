"""The constants behind the kernels: proven where they are given, and given for what real networks hold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sktools.compiler.kernels.arithmetic.gates import INPUT_UP, SLOPE_FRACTION, fit_gate
from sktools.compiler.kernels.arithmetic.lines import factor_line
from sktools.compiler.kernels.arithmetic.requantization import (
    FIT_SHIFT,
    MANY_SCALES,
    MOST_SHIFT,
    SCALE,
    Requantization,
    Requantizer,
    fit_channel,
    fit_mixed,
    linear_layer,
)
from sktools.compiler.kernels.arithmetic.streams import pack_stream
from sktools.compiler.kernels.arithmetic.sums import SHIFT as ADD_SHIFT
from sktools.compiler.kernels.arithmetic.sums import sum_plane
from sktools.compiler.kernels.arithmetic.tiles import pack_parts, pack_tiles, pack_weights, pair_order
from sktools.compiler.kernels.arithmetic.windows import RowWindow
from sktools.compiler.kernels.fast.conv_1x1 import pack_conv_1x1
from sktools.compiler.kernels.fast.conv_1xk import pack_conv_1xk
from sktools.compiler.kernels.fast.conv_1xk_few_outputs import pack_few_outputs
from sktools.compiler.kernels.fast.depthwise_window import pack_depthwise
from sktools.compiler.quantization import requantize
from tests.kernels import reference
from tests.kernels.cases import quantize_multiplier, requantization, weights8


def fitted(accumulators: np.ndarray, bias: int, multiplier: int, fit_shift: int = FIT_SHIFT) -> np.ndarray:
    """sk_fitted_by of SCALE * accumulator + bias."""
    high = ((SCALE * accumulators + bias) * multiplier) >> 32
    return np.clip(high >> fit_shift, -128, 127)


@settings(max_examples=80, deadline=None)
@given(
    st.floats(-13, 0.5),
    st.integers(-128, 127),
    st.integers(-128, 127),
    st.integers(-128, 127),
    st.integers(-60000, 60000),
    st.integers(0, 60000),
    st.integers(0, MOST_SHIFT),
)
def test_a_fit_equals_the_reference_everywhere(
    exponent: float, zero_point: int, one: int, other: int, low: int, width: int, fit_shift: int
) -> None:
    multiplier, shift = quantize_multiplier(2.0**exponent)
    clamp = (min(one, other), max(one, other))
    fit = fit_channel(low, low + width, multiplier, shift, zero_point, clamp, fit_shift=fit_shift)
    if fit is None:
        return
    accumulators = np.arange(low, low + width + 1, dtype=np.int64)
    expected = reference.output_stage(accumulators, np.int64(multiplier), np.int64(shift), zero_point, *clamp)
    result = fitted(accumulators * (0 if fit.constant else 1), fit.bias, fit.multiplier, fit_shift)
    np.testing.assert_array_equal(result, expected)


def test_relu_channels_have_a_fit() -> None:
    """At least 995 of 1000 factors between 2**-12 and 2**-4, the accumulator ranging over +-400000."""
    rng = np.random.default_rng(1)
    factors = [quantize_multiplier(float(2.0**e)) for e in rng.uniform(-12, -4.01, 1000)]
    found = sum(fit_channel(-400_000, 400_000, *factor, -128, (-128, 127)) is not None for factor in factors)
    assert found >= 995


def test_channels_with_a_shift_of_their_own_have_a_fit() -> None:
    """At least 198 of 200 factors between 2**-14 and 2**6, the accumulators of 24 random weights."""
    rng = np.random.default_rng(1)
    factors = np.array([quantize_multiplier(float(2.0**e)) for e in rng.uniform(-14, 6, 200)], np.int32)
    weights, bias = weights8(rng, 200, 24), np.zeros(200, np.int32)
    found = 0
    for channel, (multiplier, shift) in enumerate(factors):
        q = Requantization(np.array([multiplier]), np.array([shift]), -128, -128, 127)
        found += fit_mixed(weights[channel : channel + 1], bias[:1], 0, q) is not None
    assert found >= 198


def test_negative_halves_are_no_straight_line() -> None:
    """Without a ReLU the reference rounds halves of negative results away from zero: no fit exists."""
    assert fit_channel(-40_000, 40_000, *quantize_multiplier(2.0**-8), 0, (-128, 127)) is None


def test_a_channel_that_never_changes_has_a_constant_fit() -> None:
    fit = fit_channel(-1000, -10, *quantize_multiplier(2.0**-8), -128, (-128, 127))
    assert fit is not None and fit.constant
    assert fitted(np.zeros(1, np.int64), fit.bias, fit.multiplier)[0] == -128


def test_a_wrapping_left_shift_has_no_fit() -> None:
    assert fit_channel(-(1 << 25), 1 << 25, 1 << 30, 8, -128, (-128, 127)) is None


@settings(max_examples=25, deadline=None)
@given(st.floats(-12, -2.01), st.integers(-128, 127))
def test_a_gate_equals_the_reference_for_every_pair(exponent: float, zero_point: int) -> None:
    multiplier, shift = quantize_multiplier(2.0**exponent)
    constants = fit_gate((-128, -128, zero_point), multiplier, shift, (-128, 127))
    assert constants is not None
    values = np.arange(-128, 128, dtype=np.int64)
    slopes = ((values + 128) * constants.slope + (1 << (SLOPE_FRACTION - 1))) >> SLOPE_FRACTION
    lines = ((((values[:, None] + 128) << INPUT_UP) * slopes[None, :]) >> 16) + constants.rounding
    assert np.abs(lines).max() < 1 << 31
    x, gates = np.meshgrid(values.astype(np.int8), values.astype(np.int8), indexing="ij")
    expected = reference.multiply(x, gates, (-128, -128, zero_point), multiplier, shift)
    np.testing.assert_array_equal(np.clip(lines >> 16, -128, 127), expected)


@pytest.mark.parametrize(
    ("zero_points", "factor", "clamp"),
    [
        ((-127, -128, -128), 2.0**-8, (-128, 127)),
        ((-128, 0, -128), 2.0**-8, (-128, 127)),
        ((-128, -128, -128), 0.3, (-128, 127)),
        ((-128, -128, -128), 2.0**-8, (-128, 100)),
    ],
)
def test_other_gates_are_refused(zero_points: tuple[int, int, int], factor: float, clamp: tuple[int, int]) -> None:
    assert fit_gate(zero_points, *quantize_multiplier(factor), clamp) is None


@settings(max_examples=20, deadline=None)
@given(st.floats(-7, -4), st.floats(-7, -4), st.floats(-7, -4), st.integers(-128, 127))
def test_an_addition_equals_the_reference_for_every_pair(a: float, b: float, out: float, zero_point: int) -> None:
    twice = 2 * max(2.0**a, 2.0**b)
    scales = tuple(quantize_multiplier(f) for f in (2.0**a / twice, 2.0**b / twice, 2.0**-20 * twice / 2.0**out))
    zero_points = (-128, zero_point, -128)
    constants = sum_plane((scales[0], scales[1], scales[2]), 20, zero_points, (-128, 127))
    if constants is None:
        return
    values = np.arange(-128, 128, dtype=np.int64)
    plane = values[:, None] * constants.a_slope + values[None, :] * constants.b_slope + constants.offset
    assert np.abs(plane).max() < 1 << 31
    terms = [
        reference.requantize((values - point) << 20, np.int64(m), np.int64(n))
        for point, (m, n) in zip(zero_points, scales, strict=False)
    ]
    stage = np.int64(scales[2][0]), np.int64(scales[2][1])
    expected = reference.output_stage(terms[0][:, None] + terms[1][None, :], *stage, -128, -128, 127)
    np.testing.assert_array_equal(np.clip(plane >> ADD_SHIFT, -128, 127), expected)


def test_hard_sigmoids_scale_is_a_line() -> None:
    """relu6 times 1/6 as TFLite's converter writes it: 127 at zero point -128, a factor near 2**-8."""
    for exponent in np.linspace(-8.2, -7.8, 50):
        constants = factor_line(127, (-128, -128, -128), *quantize_multiplier(float(2.0**exponent)), (-128, 127))
        assert constants is not None


@pytest.mark.parametrize(
    ("channels", "order"),
    [
        (1, [(0, -1)]),
        (2, [(0, 1)]),
        (3, [(0, 2), (1, -1)]),
        (6, [(0, 2), (1, 3), (4, 5)]),
        (8, [(0, 2), (1, 3), (4, 6), (5, 7)]),
    ],
)
def test_order_of_an_expanded_row(channels: int, order: list[tuple[int, int]]) -> None:
    assert pair_order(channels) == order


def test_tiles_hold_each_weight_once() -> None:
    weights = np.arange(1, 5 * 3 + 1, dtype=np.int16).reshape(5, 3)
    tiles = pack_tiles(weights, np.arange(5, dtype=np.int32), np.arange(7, 12, dtype=np.int32))
    assert tiles.shape == (2, 8 + 4 * 2)
    assert tiles[:, :4].tolist() == [[0, 1, 2, 3], [4, 0, 0, 0]]
    assert tiles[:, -4:].tolist() == [[7, 8, 9, 10], [11, 0, 0, 0]]
    assert tiles[0, 4:8].tolist() == [w[0] | int(w[2]) << 16 for w in weights[:4].tolist()]
    assert tiles[1, 8] == weights[4, 1]


def test_the_first_pair_of_a_tile_is_followed_by_the_last() -> None:
    weights = np.arange(1, 13, dtype=np.int16).reshape(1, 12)
    firsts = pack_weights(weights)[0, ::4] & 0xFFFF
    assert firsts.tolist() == [1, 10, 9, 6, 5, 2]


def requantized(channels: int, exponent: float = -8.0, zero_point: int = -128) -> Requantization:
    return requantization(np.random.default_rng(0), channels, (exponent - 1, exponent), zero_point, -128, 127)


def test_a_row_that_is_too_long_is_taken_in_equal_parts() -> None:
    weights = np.arange(1, 76, dtype=np.int16).reshape(1, 75)
    tiles = pack_parts(weights)
    assert tiles.shape == (2, 4 * 20)  # of 40 and 35 channels
    assert np.array_equal(tiles[:1], pack_weights(weights[:, :40]))
    halves = tiles[1, ::4].copy().view(np.int16)
    assert sorted(halves[halves != 0].tolist()) == list(range(41, 76))


def test_a_dead_channel_leaves_the_layer_its_short_requantization() -> None:
    q = requantized(2, zero_point=5)
    dead = replace(q, shift=np.array([q.shift[0], -30], np.int32))
    stage = linear_layer(np.full((2, 4), 127, np.int8), np.zeros(2, np.int32), 0, dead)
    assert stage is not None
    assert (stage.multiplier[1], stage.shift[1], stage.rounding[1]) == (0, 1, 1 + 2 * 5)
    assert not np.any(stage.weights[1]) and np.all(stage.weights[0] == 127)
    biased = linear_layer(np.full((2, 4), 127, np.int8), np.array([0, 3 << 29], np.int32), 0, dead)
    assert biased is not None
    assert biased.rounding[1] == 1 + 2 * (5 + 1)  # 3/4, rounded
    small = replace(q, shift=np.array([q.shift[0], -24], np.int32))  # of a row so long that its sums are not all alike
    assert linear_layer(np.full((2, 2000), 127, np.int8), np.zeros(2, np.int32), 0, small) is None


def test_what_does_not_fit_is_refused() -> None:
    rng = np.random.default_rng(0)
    bias = np.zeros(4, np.int32)

    def few_outputs(taps: int, q: Requantization, dilation: int, padding: int) -> object:
        return pack_few_outputs(weights8(rng, 4, taps, 8), bias, 0, q, RowWindow(20, 8, taps, dilation, padding))

    assert pack_conv_1x1(weights8(rng, 4, 73), bias, 0, requantized(4)) is None
    assert pack_conv_1xk(weights8(rng, 4, 1, 4), np.full(4, 2**31 - 1, np.int32), 127, requantized(4)) is None
    assert few_outputs(9, requantized(4), 2, 8) is None  # window of sums
    assert few_outputs(5, requantized(4), 1, 5) is None  # padding beyond the taps
    assert few_outputs(5, requantized(4, 2.0), 1, 2) is None  # left shift
    assert pack_stream(weights8(rng, 5, 4), bias, 0, requantized(4, -8.0, 0), Requantizer.FITTED) is None  # no ReLU
    assert pack_stream(weights8(rng, 5, 4), bias, 0, requantized(4, 0.5), Requantizer.FITTED) is None
    assert pack_stream(weights8(rng, 5, 4), bias, 0, requantized(4, 0.5), Requantizer.MIXED) is not None
    assert pack_stream(weights8(rng, 5, 4), bias, 0, requantized(4, 9.0), Requantizer.MIXED) is None
    assert pack_stream(weights8(rng, 5, 4), bias, 0, requantized(4, 2.0), Requantizer.LINEAR) is None


def test_a_depthwise_convolution_takes_the_shortest_end_that_is_exact() -> None:
    weights, bias = weights8(np.random.default_rng(0), 7, 4), np.zeros(4, np.int32)
    for q, requantizer in (
        (requantized(4), Requantizer.FITTED),
        (requantized(4, -8.0, 0), Requantizer.LINEAR),
        (replace(requantized(4, -8.0, 0), high=100), Requantizer.TFLITE),
        (requantized(4, 2.0), Requantizer.MIXED),
    ):
        packed = pack_depthwise(weights, bias, 5, q)
        assert packed is not None
        assert packed[0] is requantizer
        assert packed[1].shape == (4, 4 + 2 * 4)


def test_other_scales_fit_what_one_scale_does_not() -> None:
    """Small real factors leave the multiplier few bits; a finer grid of slopes then finds a pair, and it is exact."""
    rng = np.random.default_rng(3)
    gained = 0
    for _ in range(300):
        factor = quantize_multiplier(2.0 ** rng.uniform(-12.5, -10.0))
        reach = int(rng.integers(200_000, 500_000))
        if fit_channel(-reach, reach, *factor, -128, (-128, 127)) is not None:
            continue
        for scale in MANY_SCALES[1:]:
            fit = fit_channel(-reach, reach, *factor, -128, (-128, 127), scale)
            if fit is None:
                continue
            gained += 1
            steps = rng.integers(-reach, reach + 1, 20_000)
            high = ((scale * steps + fit.bias) * fit.multiplier) >> 32
            wanted = [max(-128, min(127, requantize(int(a), *factor) - 128)) for a in steps]
            assert np.clip(high >> FIT_SHIFT, -128, 127).tolist() == wanted
            break
    assert gained > 0
