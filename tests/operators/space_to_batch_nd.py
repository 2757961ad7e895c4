"""Networks of SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND without a convolution between."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tests.support.tflite_writer import TfliteWriter


def networks(random: np.random.Generator) -> Iterator[tuple[str, bytes]]:
    # 13 rows and 2 of padding in blocks of 3, and back with as many cropped.
    writer = TfliteWriter()
    source = writer.activation((1, 1, 13, 5), 0.05, 9)
    block = writer.constant(np.array((1, 3), dtype=np.int32))
    edges = writer.constant(np.array(((0, 0), (1, 1)), dtype=np.int32))
    spread, output = writer.activation((3, 1, 5, 5), 0.05, 9), writer.activation((1, 1, 13, 5), 0.05, 9)
    writer.operator("SPACE_TO_BATCH_ND", (source, block, edges), spread)
    writer.operator("BATCH_TO_SPACE_ND", (spread, block, edges), output)
    yield "blocks", writer.finish(source, output)
