"""int8 by scale and zero point."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sktools.metrics.quantized import dequantize, quantize


@given(st.floats(0.001, 2), st.integers(-128, 127), st.integers(0, 2**32 - 1))
def test_every_int8_survives_the_way_there_and_back(scale: float, zero_point: int, seed: int) -> None:
    every = np.arange(-128, 128).astype(np.int8)
    assert np.array_equal(quantize(dequantize(every, scale, zero_point), scale, zero_point), every)
    values = np.random.default_rng(seed).uniform(-300 * scale, 300 * scale, 100).astype(np.float32)
    low, high = scale * (-128 - zero_point), scale * (127 - zero_point)
    error = np.abs(dequantize(quantize(values, scale, zero_point), scale, zero_point) - np.clip(values, low, high))
    assert error.max() <= scale * 0.5001 + 1e-4


def test_halves_round_away_from_zero_and_the_rest_saturates() -> None:
    values = np.array([0.5, 1.5, -0.5, -1.5, 2.4, 1e9, -1e9], np.float32)
    assert quantize(values, 1.0, 0).tolist() == [1, 2, -1, -2, 2, 127, -128]
