"""Networks of MAX_POOL_2D."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tests.support.tflite_writer import ACTIVATIONS, TfliteWriter

WINDOWS = (
    ((8, 6), (2, 2), (2, 2), "VALID", "NONE"),
    ((9, 7), (3, 2), (2, 1), "SAME", "RELU"),
    ((5, 5), (5, 5), (5, 5), "VALID", "NONE"),
    ((1, 20), (1, 4), (1, 3), "SAME", "RELU6"),
    ((2, 12), (4, 3), (1, 1), "SAME", "RELU_N1_TO_1"),
)
"""Input size, window, stride, padding, activation; the last window is higher than the image."""


def networks(random: np.random.Generator) -> Iterator[tuple[str, bytes]]:
    return pool_networks("MAX_POOL_2D")


def pool_networks(op: str) -> Iterator[tuple[str, bytes]]:
    for size, kernel, stride, padding, activation in WINDOWS:
        writer = TfliteWriter()
        source = writer.activation((1, *size, 5), 0.05, -7)
        produced = [
            -(-extent // step) if padding == "SAME" else (extent - reach) // step + 1
            for extent, reach, step in zip(size, kernel, stride, strict=True)
        ]
        output = writer.activation((1, *produced, 5), 0.05, -7)
        writer.operator(
            op,
            (source,),
            output,
            Padding=("SAME", "VALID").index(padding),
            StrideH=stride[0],
            StrideW=stride[1],
            FilterHeight=kernel[0],
            FilterWidth=kernel[1],
            FusedActivationFunction=ACTIVATIONS[activation],
        )
        yield f"{size[0]}x{size[1]}-{kernel[0]}x{kernel[1]}-{padding}", writer.finish(source, output)
