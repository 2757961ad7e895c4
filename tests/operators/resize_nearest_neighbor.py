"""Networks of RESIZE_NEAREST_NEIGHBOR."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tests.support.tflite_writer import TfliteWriter


def networks(random: np.random.Generator) -> Iterator[tuple[str, bytes]]:
    for corners, centers in ((False, False), (True, False), (False, True)):
        for size in ((10, 12), (7, 3), (1, 1)):
            writer = TfliteWriter()
            source, output = writer.activation((1, 5, 6, 3), 0.05, 9), writer.activation((1, *size, 3), 0.05, 9)
            operands = (source, writer.constant(np.array(size, dtype=np.int32)))
            writer.operator("RESIZE_NEAREST_NEIGHBOR", operands, output, AlignCorners=corners, HalfPixelCenters=centers)
            yield f"{size[0]}x{size[1]}-{corners:d}{centers:d}", writer.finish(source, output)
