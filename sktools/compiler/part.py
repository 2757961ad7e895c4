"""A .tflite with fewer operators and other inputs and outputs; its tensors keep their indices."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

_INPUTS, _OUTPUTS, _OPERATORS = 6, 8, 10
"""Offsets of the fields in SubGraph's vtable (TensorFlow Lite's schema.fbs)."""


_QUANTIZED_DIMENSION = 16
"""Offset of the field in QuantizationParameters' vtable."""


def part_of(tflite: bytes, operators: Sequence[int], inputs: Sequence[int], outputs: Sequence[int]) -> bytes:
    """The same file with only these operators (places in the file, rising), and these tensors in and out.

    A file whose tables overlap can become another network: read it again where that matters.
    """
    import tflite as schema

    content = bytearray(tflite)
    table: Any = schema.Model.GetRootAs(content, 0).Subgraphs(0)._tab
    _keep(content, table, operators)
    for field, tensors in ((_INPUTS, inputs), (_OUTPUTS, outputs)):
        _point_to(content, table.Pos + table.Offset(field), tensors)
    return bytes(content)


def with_axes_of_vectors(tflite: bytes) -> bytes:
    """The same file, in which each tensor of one axis that is quantized along another says 0."""
    import tflite as schema

    content = bytearray(tflite)
    model: Any = schema.Model.GetRootAs(content, 0)
    subgraph = model.Subgraphs(0)
    for index in range(subgraph.TensorsLength()):
        tensor = subgraph.Tensors(index)
        quantization = tensor.Quantization()
        if tensor.ShapeLength() == 1 and quantization is not None and quantization.QuantizedDimension():
            table = quantization._tab
            struct.pack_into("<i", content, table.Pos + table.Offset(_QUANTIZED_DIMENSION), 0)
    return bytes(content) if content != tflite else tflite


def _keep(content: bytearray, table: Any, operators: Sequence[int]) -> None:
    """A vector of tables holds offsets, each from its own place: what moves 4 bytes forward reaches 4 bytes further."""
    start = table.Vector(table.Offset(_OPERATORS))
    targets = [table.Indirect(start + 4 * number) for number in operators]
    struct.pack_into("<I", content, start - 4, len(operators))
    for number, target in enumerate(targets):
        struct.pack_into("<I", content, start + 4 * number, target - (start + 4 * number))


def _point_to(content: bytearray, place: int, tensors: Sequence[int]) -> None:
    """Has the offset at `place` point to a new vector at the end of the file; offsets only reach forward."""
    content.extend(bytes(-len(content) % 4))
    struct.pack_into("<I", content, place, len(content) - place)
    content.extend(struct.pack(f"<I{len(tensors)}i", len(tensors), *tensors))
