"""Networks of SOFTMAX that another operator follows; one at the end would be the host's."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tests.support.tflite_writer import TfliteWriter


def networks(random: np.random.Generator) -> Iterator[tuple[str, bytes]]:
    for shape, scale, beta in (
        ((1, 4, 3), 0.02, 1.0),
        ((1, 10), 0.3, 1.0),
        ((2, 256), 0.025, 2.0),
        ((1, 7, 2), 0.9, 0.5),
    ):
        writer = TfliteWriter()
        source = writer.activation(shape, scale, 11)
        shares = writer.activation(shape, 1 / 256, -128)
        writer.operator("SOFTMAX", (source,), shares, Beta=beta)
        output = writer.activation(shape, 1 / 256, -128)
        half = writer.constant(np.array(127, dtype=np.int8), (1 / 127,))
        writer.operator("MUL", (shares, half), output, FusedActivationFunction=0)
        yield f"{'x'.join(map(str, shape))}-{scale}", writer.finish(source, output)
