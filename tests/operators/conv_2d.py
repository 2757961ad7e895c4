"""Networks of CONV_2D and DEPTHWISE_CONV_2D: two-dimensional windows, strides, dilations, a depth multiplier."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tests.support.tflite_writer import ACTIVATIONS, TfliteWriter

WINDOWS = (
    ((9, 7), 1, 1, 3, 0),
    ((9, 7), 2, 1, 3, 0),
    ((9, 8), 1, 2, 2, 1),
    ((12, 9), 3, 1, 4, 1),
    ((1, 33), 1, 4, 4, 0),
)
"""Input size, stride, dilation, kernel, padding (0: SAME, 1: VALID)."""


def networks(random: np.random.Generator) -> Iterator[tuple[str, bytes]]:
    for size, stride, dilation, kernel, padding in WINDOWS:
        for depthwise in (False, True):
            label = f"{'depthwise' if depthwise else 'full'}-{size[0]}x{size[1]}-s{stride}-d{dilation}-k{kernel}"
            yield label, _network(random, size, stride, dilation, kernel, padding, depthwise)


def _network(
    random: np.random.Generator,
    size: tuple[int, int],
    stride: int,
    dilation: int,
    kernel: int,
    padding: int,
    depthwise: bool,
) -> bytes:
    writer = TfliteWriter()
    source = writer.activation((1, *size, 3), 0.04, 9)
    kernels = (min(kernel, size[0]), kernel)
    reach = [(k - 1) * dilation + 1 for k in kernels]
    produced = [
        -(-extent // stride) if padding == 0 else -(-(extent - r + 1) // stride)
        for extent, r in zip(size, reach, strict=True)
    ]
    shape, axis = ((1, *kernels, 6), 3) if depthwise else ((6, *kernels, 3), 0)
    scales = random.uniform(0.002, 0.01, 6).astype(np.float32)
    weights = writer.constant(random.integers(-127, 128, shape).astype(np.int8), scales, axis=axis)
    output = writer.activation((1, *produced, 6), 0.07, -3)
    options = {
        "Padding": padding,
        "StrideW": stride,
        "StrideH": stride,
        "DilationWFactor": dilation,
        "DilationHFactor": dilation,
        "FusedActivationFunction": ACTIVATIONS["RELU_N1_TO_1" if depthwise else "RELU"],
    }
    if depthwise:
        options["DepthMultiplier"] = 2
    bias = writer.constant(random.integers(-500, 500, 6).astype(np.int32), scales * np.float32(0.04))
    writer.operator("DEPTHWISE_CONV_2D" if depthwise else "CONV_2D", (source, weights, bias), output, **options)
    return writer.finish(source, output)
