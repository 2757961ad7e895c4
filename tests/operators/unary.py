"""Networks of the operators that are a table: every one of the 256 inputs, at several scales."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tests.support.tflite_writer import TfliteWriter

EVERY = (1, 64, 64)
"""Elements enough that random frames hold each of the 256 values."""

FIXED = {"LOGISTIC": (1 / 256, -128), "TANH": (1 / 128, 0)}
SCALES = ((0.05, 9), (0.12, -31), (0.004, 0))
VERSIONS = {"HARD_SWISH": 1, "RELU_N1_TO_1": 1}


def networks(random: np.random.Generator) -> Iterator[tuple[str, bytes]]:
    for scale, zero_point in SCALES:
        for op, (out_scale, out_zero_point) in FIXED.items():
            yield f"{op}-{scale}", _network(op, (scale, zero_point), (out_scale, out_zero_point))
        for op in ("RELU", "RELU6", "RELU_N1_TO_1", "QUANTIZE", "HARD_SWISH"):
            yield f"{op}-{scale}", _network(op, (scale, zero_point), (scale * 0.7, zero_point + 5))
        yield f"LEAKY_RELU-{scale}", _network("LEAKY_RELU", (scale, zero_point), (scale * 1.1, -4), Alpha=0.3)
        for op in ("MINIMUM", "MAXIMUM"):
            writer = TfliteWriter()
            source, output = (writer.activation(EVERY, scale, zero_point) for _ in range(2))
            limit = writer.constant(np.array(17, dtype=np.int8), (scale,), (zero_point,))
            inputs = (source, limit) if op == "MINIMUM" else (limit, source)
            writer.operator(op, inputs, output)
            yield f"{op}-{scale}", writer.finish(source, output)


def _network(op: str, kind: tuple[float, int], out: tuple[float, int], **options: float) -> bytes:
    writer = TfliteWriter()
    writer.versions.update(VERSIONS)
    source, output = writer.activation(EVERY, *kind), writer.activation(EVERY, *out)
    writer.operator(op, (source,), output, **options)
    return writer.finish(source, output)
