"""Which kernel a depthwise convolution gets."""

from __future__ import annotations

import numpy as np
import pytest

from sktools.compiler import compile_model
from tests.support.tflite_writer import ACTIVATIONS, TfliteWriter

RELU, ANY = -128, 3
"""Zero points of the output."""


def depthwise(frames: int, before: int, after: int, factor: tuple[float, float], zero_point: int) -> bytes:
    """Dilation 3 over 4 channels, as many rows out as in. before, after: rows of padding; factor: least and most."""
    random, writer = np.random.default_rng(0), TfliteWriter()
    source = writer.activation((1, 1, frames, 4), 1.0, 17)
    amounts = writer.constant(np.array([[0, 0], [0, 0], [before, after], [0, 0]], dtype=np.int32))
    padded = writer.activation((1, 1, frames + before + after, 4), 1.0, 17)
    writer.operator("PAD", (source, amounts), padded)
    scales = np.geomspace(*factor, 4).astype(np.float32)
    taps = 1 + (before + after) // 3
    weights = writer.constant(random.integers(-127, 128, (1, 1, taps, 4)).astype(np.int8), scales, axis=3)
    bias = writer.constant(random.integers(-50, 50, 4).astype(np.int32), scales)
    output = writer.activation((1, 1, frames, 4), 1.0, zero_point)
    activation = ACTIVATIONS["RELU" if zero_point == RELU else "NONE"]
    window = {"Padding": 1, "StrideW": 1, "StrideH": 1, "DilationWFactor": 3, "DilationHFactor": 1}
    writer.operator(
        "DEPTHWISE_CONV_2D",
        (padded, weights, bias),
        output,
        FusedActivationFunction=activation,
        DepthMultiplier=1,
        **window,
    )
    return writer.finish(source, output)


@pytest.mark.parametrize(
    ("frames", "padding", "factor", "zero_point", "kernel"),
    [
        (40, (6, 6), (0.01, 0.4), RELU, "depthwise_5_fitted"),
        (40, (12, 0), (0.01, 0.4), RELU, "depthwise_5_causal_fitted"),
        (40, (6, 6), (0.01, 0.9), RELU, "depthwise_5_mixed"),
        (40, (12, 0), (0.01, 0.9), RELU, "depthwise_5_causal_mixed"),
        (40, (6, 6), (0.01, 0.4), ANY, "depthwise_5_linear"),
        (40, (12, 0), (0.01, 0.4), ANY, "depthwise_5_causal_linear"),
        (40, (6, 6), (0.01, 0.9), ANY, "depthwise_window"),
        (40, (9, 3), (0.01, 0.4), RELU, "depthwise_7_fitted"),
        (11, (6, 6), (0.01, 0.4), RELU, "depthwise_window"),  # streams of less than 4 rows
        (11, (12, 0), (0.01, 0.4), RELU, "depthwise_5_causal_fitted"),
        (5, (12, 0), (0.01, 0.4), RELU, "depthwise_window"),
        (40, (3, 3), (0.01, 0.4), RELU, "depthwise_3_fitted"),
        (40, (0, 0), (0.01, 0.9), RELU, "depthwise_3_mixed"),  # one tap, the others being 0
        (40, (6, 0), (0.01, 0.4), RELU, "depthwise_5_fitted"),
        (11, (6, 0), (0.01, 0.4), RELU, "depthwise_5_causal_fitted"),
        (40, (9, 0), (0.01, 0.9), RELU, "depthwise_5_causal_mixed"),
        (40, (0, 3), (0.01, 0.4), ANY, "depthwise_3_linear"),
        (40, (2, 4), (0.01, 0.4), RELU, "depthwise_window"),  # not a multiple of the dilation
        (40, (9, 9), (0.01, 0.4), RELU, "depthwise_7_fitted"),
        (40, (9, 6), (0.01, 0.9), RELU, "depthwise_7_mixed"),
        (40, (9, 3), (0.01, 0.4), ANY, "depthwise_7_linear"),
        (40, (12, 12), (0.01, 0.4), RELU, "depthwise_9_fitted"),
        (40, (0, 12), (0.01, 0.9), RELU, "depthwise_9_mixed"),
        (40, (24, 0), (0.01, 0.4), ANY, "depthwise_9_causal_linear"),
        (17, (9, 9), (0.01, 0.4), RELU, "depthwise_window"),  # streams of less than 6 rows
        (8, (18, 0), (0.01, 0.4), RELU, "depthwise_9_causal_fitted"),
        (40, (0, 15), (0.01, 0.4), RELU, "depthwise_window"),
    ],
)
def test_taps_stay_in_registers_where_they_can(
    frames: int, padding: tuple[int, int], factor: tuple[float, float], zero_point: int, kernel: str
) -> None:
    tflite = depthwise(frames, *padding, factor, zero_point)
    assert compile_model(tflite, name="x", costs={}).layers[-1].kernel == kernel
