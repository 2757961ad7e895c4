"""The .tflite of the int8 network within a .tflite, for interpreters: the same bytes with fewer operators."""

from __future__ import annotations

from sktools.compiler.model_file import read_model
from sktools.compiler.part import part_of, with_axes_of_vectors
from sktools.compiler.passes.leave_edges_to_host import leave_edges_to_host
from sktools.errors import ModelError


def int8_part(tflite: bytes) -> bytes:
    """The file, or without the operators that leave_edges_to_host takes off; tensors keep their indices.

    A bias that names the axis of its weights names its own: LiteRT refuses such a file, TFLite Micro overlooks it.

    Raises ModelError for a damaged file.
    """
    graph = leave_edges_to_host(read_model(tflite))
    tflite = with_axes_of_vectors(tflite)
    if not graph.at_host:
        return tflite
    gone = {operator.index for operator in graph.at_host}
    kept = [number for number in range(len(graph.operators) + len(gone)) if number not in gone]
    part = part_of(tflite, kept, (graph.input,), (graph.output,))
    again = read_model(part)
    if (again.operators, again.input, again.output) != (graph.operators, graph.input, graph.output):
        raise ModelError("the model file's tables overlap")
    return part
