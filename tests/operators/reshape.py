"""Networks of RESHAPE, SQUEEZE and EXPAND_DIMS."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tests.support.tflite_writer import TfliteWriter


def networks(random: np.random.Generator) -> Iterator[tuple[str, bytes]]:
    shape, axis = np.array((4, 15), dtype=np.int32), np.array(1, dtype=np.int32)
    for op, produced, operand, options in (
        ("RESHAPE", (4, 15), shape, {}),
        ("RESHAPE", (4, 15), None, {"NewShape": (-1, 15)}),
        ("SQUEEZE", (12, 5), None, {"SqueezeDims": (0,)}),
        ("EXPAND_DIMS", (1, 1, 12, 5), axis, {}),
    ):
        writer = TfliteWriter()
        writer.versions["SQUEEZE"] = 1
        source, output = writer.activation((1, 12, 5), 0.05, 9), writer.activation(produced, 0.05, 9)
        inputs = (source,) if operand is None else (source, writer.constant(operand))
        writer.operator(op, inputs, output, **options)
        yield f"{op}-{'option' if operand is None else 'operand'}", writer.finish(source, output)
