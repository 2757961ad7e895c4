"""The .tflite of the int8 network within a .tflite, for interpreters: the same bytes with fewer operators."""

from __future__ import annotations

import struct
from typing import Any

from sktools.compiler.graph import Graph
from sktools.compiler.model_file import read_model
from sktools.compiler.passes.leave_edges_to_host import leave_edges_to_host
from sktools.errors import ModelError

_INPUTS, _OUTPUTS, _OPERATORS = 6, 8, 10
"""Offsets of the fields in SubGraph's vtable (TensorFlow Lite's schema.fbs)."""


def int8_part(tflite: bytes) -> bytes:
    """The file as it is, or without the operators that leave_edges_to_host takes off; tensors keep their indices.

    Raises ModelError for a damaged file.
    """
    graph = leave_edges_to_host(read_model(tflite))
    if not graph.at_host:
        return tflite
    part = _without(tflite, graph)
    again = read_model(part)
    if (again.operators, again.input, again.output) != (graph.operators, graph.input, graph.output):
        raise ModelError("the model file's tables overlap")
    return part


def _without(tflite: bytes, graph: Graph) -> bytes:
    """A vector of tables holds offsets, each from its own place: what moves 4 bytes forward reaches 4 bytes further."""
    import tflite as schema

    content = bytearray(tflite)
    table: Any = schema.Model.GetRootAs(content, 0).Subgraphs(0)._tab
    for field, tensor in ((_INPUTS, graph.input), (_OUTPUTS, graph.output)):
        struct.pack_into("<i", content, table.Vector(table.Offset(field)), tensor)
    start = table.Vector(table.Offset(_OPERATORS))
    gone = {operator.index for operator in graph.at_host}
    kept = [number for number in range(len(graph.operators) + len(gone)) if number not in gone]
    targets = [table.Indirect(start + 4 * number) for number in kept]
    struct.pack_into("<I", content, start - 4, len(kept))
    for number, target in enumerate(targets):
        struct.pack_into("<I", content, start + 4 * number, target - (start + 4 * number))
    return bytes(content)
