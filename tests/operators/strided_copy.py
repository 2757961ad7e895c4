"""Networks of TRANSPOSE, STRIDED_SLICE and SLICE."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from tests.support.tflite_writer import TfliteWriter

SHAPE = (2, 5, 7, 3)
SLICES = (
    ((0, 1, 2, 0), (2, 4, 7, 3), (1, 2, 3, 1), {}),
    ((1, -1, 0, 0), (2, 0, 0, 0), (1, -2, 1, 1), {"BeginMask": 12, "EndMask": 12}),
    ((1, -2), (0, 0), (1, 1), {"ShrinkAxisMask": 3}),
)
"""Begin, end, strides, masks."""


def networks(random: np.random.Generator) -> Iterator[tuple[str, bytes]]:
    for axes in ((0, 3, 1, 2), (3, 2, 1, 0), (1, 0, 3, 2)):
        yield f"TRANSPOSE-{axes}", _network("TRANSPOSE", [SHAPE[axis] for axis in axes], (axes,))
    for begin, end, steps, masks in SLICES:
        whole = np.empty(SHAPE)
        parts = []
        for axis, limits in enumerate(zip(begin, end, steps, strict=True)):
            masked = [masks.get(name, 0) >> axis & 1 for name in ("BeginMask", "EndMask")]
            gone = masks.get("ShrinkAxisMask", 0) >> axis & 1
            first, last = (None if mask else limit for mask, limit in zip(masked, limits[:2], strict=True))
            parts.append(limits[0] if gone else slice(first, last, limits[2]))
        produced = whole[tuple(parts)].shape
        yield f"STRIDED_SLICE-{begin}", _network("STRIDED_SLICE", produced, (begin, end, steps), **masks)
    yield "SLICE", _network("SLICE", (1, 2, 7, 2), ((1, 2, 0, 0), (1, 2, -1, 2)))


def _network(op: str, produced: Sequence[int], numbers: Sequence[Sequence[int]], **options: int) -> bytes:
    writer = TfliteWriter()
    source, output = writer.activation(SHAPE, 0.05, 9), writer.activation(produced, 0.05, 9)
    constants = [writer.constant(np.array(values, dtype=np.int32)) for values in numbers]
    writer.operator(op, (source, *constants), output, **options)
    return writer.finish(source, output)
