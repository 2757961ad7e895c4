"""Networks of ADD and MUL: two activations' worth of broadcasts, constants, activations."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tests.support.tflite_writer import ACTIVATIONS, TfliteWriter

OPERANDS = (((5, 8), "NONE"), ((8,), "RELU"), ((), "RELU6"))
"""Shape of the constant operand against [1, 5, 8], and the activation."""


def networks(random: np.random.Generator) -> Iterator[tuple[str, bytes]]:
    for op in ("ADD", "MUL"):
        for shape, activation in OPERANDS:
            for swapped in (False, True):
                writer = TfliteWriter()
                source = writer.activation((1, 5, 8), 0.05, 9)
                other = writer.constant(np.asarray(random.integers(-128, 128, shape), dtype=np.int8), (0.03,), (-20,))
                output = writer.activation((1, 5, 8), 0.06, 4)
                inputs = (other, source) if swapped else (source, other)
                writer.operator(op, inputs, output, FusedActivationFunction=ACTIVATIONS[activation])
                extent = "x".join(map(str, shape)) or "scalar"
                yield f"{op}-{extent}{'-first' if swapped else ''}", writer.finish(source, output)
        writer = TfliteWriter()
        source, output = writer.activation((1, 5, 8), 0.05, 9), writer.activation((1, 5, 8), 0.06, 4)
        writer.operator(op, (source, source), output, FusedActivationFunction=0)
        yield f"{op}-itself", writer.finish(source, output)
