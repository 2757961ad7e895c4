"""Networks of PAD and PADV2 that no convolution folds."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tests.support.tflite_writer import TfliteWriter

PADS = (
    ((1, 12, 5), ((0, 0), (3, 1), (0, 0))),
    ((1, 1, 12, 5), ((0, 0), (0, 0), (0, 4), (0, 0))),
    ((1, 4, 6, 3), ((0, 0), (1, 2), (3, 0), (0, 2))),
    ((4, 3), ((1, 0), (2, 5))),
)


def networks(random: np.random.Generator) -> Iterator[tuple[str, bytes]]:
    for op in ("PAD", "PADV2"):
        for shape, amounts in PADS:
            writer = TfliteWriter()
            source = writer.activation(shape, 0.05, 9)
            produced = tuple(extent + sum(amount) for extent, amount in zip(shape, amounts, strict=True))
            output = writer.activation(produced, 0.05, 9)
            operands = [source, writer.constant(np.array(amounts, dtype=np.int32))]
            if op == "PADV2":
                operands.append(writer.constant(np.array(-77, dtype=np.int8), (0.05,), (9,)))
            writer.operator(op, operands, output)
            yield f"{op}-{'x'.join(map(str, shape))}", writer.finish(source, output)
