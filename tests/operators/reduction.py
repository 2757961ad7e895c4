"""Networks of MEAN and REDUCE_MAX along any axes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tests.support.tflite_writer import TfliteWriter

SHAPE = (2, 5, 6, 3)
AXES = ((1, 2), (3,), (0, -2), (2,), (0, 1, 2, 3), (1, 3))


def networks(random: np.random.Generator) -> Iterator[tuple[str, bytes]]:
    for op, kind in (("MEAN", (0.021, 12)), ("REDUCE_MAX", (0.031, -17))):
        for axes in AXES:
            for keep in (False, True):
                reduced = {axis % 4 for axis in axes}
                kept = [1 if axis in reduced else extent for axis, extent in enumerate(SHAPE)]
                produced = kept if keep else [extent for axis, extent in enumerate(SHAPE) if axis not in reduced]
                writer = TfliteWriter()
                source, output = writer.activation(SHAPE, 0.031, -17), writer.activation(produced, *kind)
                writer.operator(op, (source, writer.constant(np.array(axes, dtype=np.int32))), output, KeepDims=keep)
                yield f"{op}-{axes}-{'keep' if keep else 'drop'}", writer.finish(source, output)
