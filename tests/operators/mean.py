"""Networks of MEAN."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tests.support.tflite_writer import TfliteWriter


def networks(random: np.random.Generator) -> Iterator[tuple[str, bytes]]:
    for shape, axes in (((1, 1, 50, 7), (1, 2)), ((1, 50, 7), (1,)), ((1, 5, 9, 3), (2, -3))):
        for keep in (False, True):
            writer = TfliteWriter()
            source = writer.activation(shape, 0.031, -17)
            kept = (1,) * (len(shape) - 1) + shape[-1:]
            output = writer.activation(kept if keep else (1, shape[-1]), 0.008, 12)
            writer.operator("MEAN", (source, writer.constant(np.array(axes, dtype=np.int32))), output, KeepDims=keep)
            yield f"{'x'.join(map(str, shape))}-{'keep' if keep else 'drop'}", writer.finish(source, output)
