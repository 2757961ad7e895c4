"""Networks of FULLY_CONNECTED."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tests.support.tflite_writer import ACTIVATIONS, TfliteWriter


def networks(random: np.random.Generator) -> Iterator[tuple[str, bytes]]:
    for count, activation in ((1, "NONE"), (6, "RELU"), (6, "NONE")):
        writer = TfliteWriter()
        source = writer.activation((3, 20), 0.05, 7)
        scales = random.uniform(0.002, 0.02, count).astype(np.float32)
        weights = writer.constant(random.integers(-127, 128, (6, 20)).astype(np.int8), scales)
        bias = writer.constant(random.integers(-900, 900, 6).astype(np.int32), scales * np.float32(0.05))
        output = writer.activation((3, 6), 0.35, -5)
        fused = ACTIVATIONS[activation]
        writer.operator("FULLY_CONNECTED", (source, weights, bias), output, FusedActivationFunction=fused)
        yield f"{count}-scales-{activation}", writer.finish(source, output)
