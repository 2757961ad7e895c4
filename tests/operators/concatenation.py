"""Networks of CONCATENATION."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tests.support.tflite_writer import TfliteWriter


def networks(random: np.random.Generator) -> Iterator[tuple[str, bytes]]:
    for axis in (1, 2, -1):
        writer = TfliteWriter()
        shape = [1, 3, 4, 5]
        source = writer.activation(shape, 0.05, 9)
        doubled = writer.activation(shape, 0.07, 4)
        writer.operator("ADD", (source, source), doubled, FusedActivationFunction=0)
        shape[axis] = 2
        fixed = writer.constant(random.integers(-128, 128, shape).astype(np.int8), (0.07,), (4,))
        shape[axis] = 2 + 2 * (3, 4, 5)[axis if axis < 0 else axis - 1]
        output = writer.activation(shape, 0.07, 4)
        writer.operator("CONCATENATION", (doubled, fixed, doubled), output, Axis=axis)
        yield f"axis-{axis}", writer.finish(source, output)
