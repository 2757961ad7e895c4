"""The oracle of the arithmetic contract: every activation as the reference kernels compute it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from sktools.compiler.graph import Graph, Operator
from sktools.compiler.int8_part import int8_part
from sktools.compiler.model_file import read_model
from sktools.compiler.ops import parse_operator
from sktools.compiler.ops.base import FloatArray
from sktools.compiler.part import part_of
from sktools.compiler.passes import load_graph
from sktools.errors import MissingError, ModelError
from sktools.reference_child import encode
from sktools.reference_process import reference_process

Int8Array = NDArray[np.int8]

LITERT, MICRO = "litert", "tflite-micro"
JUDGED_BY_MICRO = frozenset({"FULLY_CONNECTED"})
"""For these operators LiteRT's reference rounds otherwise than TFLite Micro does; LiteRT judges all others."""

_MISSING = {
    LITERT: ("the parity reference needs ai-edge-litert, which is not installed", "pip install ai-edge-litert"),
    MICRO: (
        "FULLY_CONNECTED is judged by the tflite-micro runtime, which is not installed",
        "pip install 'sktools[fc-reference]'",
    ),
}


@dataclass(frozen=True)
class Segment:
    """Successive operators of one judge. content: their .tflite. inputs, outputs: tensor indices. arena: bytes."""

    runtime: str
    content: bytes
    arena: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


class Reference:
    """Runs a .tflite by the reference kernels, each operator by its own judge, all intermediate tensors kept.

    LiteRT's BUILTIN_REF kernels compute every operator but those of JUDGED_BY_MICRO, which tflite-micro's compute on
    what LiteRT's left, and the other way round. The kernels run in a process of their own, since some models abort it.
    Operators at the edges that are the host's (QUANTIZE, DEQUANTIZE) are not run: frames and activations are those of
    the int8 network.

    Raises ModelError if the kernels refuse the model or abort, and MissingError if a runtime is not installed.
    """

    def __init__(self, tflite: bytes) -> None:
        self.graph: Graph = load_graph(tflite, observable=True)
        self._outputs = tuple(operator.outputs[0] for operator in self.graph.operators)
        self._segments = tuple(asdict(segment) for segment in segments_of(int8_part(tflite)))
        self._key = hashlib.sha256(encode(self._segments)).hexdigest()
        self._process = reference_process()
        self._load()

    def run(self, frame: Int8Array) -> Mapping[int, Int8Array]:
        """frame: int8, the model's input shape. Returns tensor index -> int8 activation.

        Raises ModelError if the kernels fail or abort on it.
        """
        shape = self.graph.tensors[self.graph.input].shape
        values = {self.graph.input: frame.reshape(shape).astype(np.int8, copy=False)}
        answer = self._process.ask(("run", self._key, values))
        if answer[0] == "unknown":  # the process was started anew, or has other models by now
            self._load()
            answer = self._process.ask(("run", self._key, values))
        if answer[0] != "ran":
            raise ModelError(f"the reference kernels fail on this model: {answer[1]}")
        found: dict[int, Int8Array] = answer[1]
        return {index: found[index].reshape(self.graph.tensors[index].shape) for index in self._outputs}

    def _load(self) -> None:
        answer = self._process.ask(("load", self._key, self._segments))
        if answer[0] == "missing":
            raise MissingError(*_MISSING[answer[1]])
        if answer[0] != "loaded":
            raise ModelError(f"the reference interpreter refuses the model: {answer[1]}")


def segments_of(network: bytes) -> tuple[Segment, ...]:
    """The parts of an int8 network that LiteRT and tflite-micro judge in turn. Raises ModelError."""
    graph = read_model(network)
    if not any(operator.op in JUDGED_BY_MICRO for operator in graph.operators):
        outputs = tuple(index for operator in graph.operators for index in operator.outputs)
        return (Segment(LITERT, network, 0, (graph.input,), outputs),)
    # Its own guess of the arena is too small for kept tensors, and it crashes where the arena is.
    arena = (1 << 20) + sum(4 * tensor.elements + 512 for tensor in graph.tensors.values())
    found = []
    for micro, group in groupby(graph.operators, lambda operator: operator.op in JUDGED_BY_MICRO):
        operators = tuple(group)
        outputs = tuple(index for operator in operators for index in operator.outputs)
        inputs = _read_from_outside(graph, operators)
        content = part_of(network, [operator.index for operator in operators], inputs, outputs)
        found.append(Segment(MICRO if micro else LITERT, content, arena, inputs, outputs))
    return tuple(found)


def _read_from_outside(graph: Graph, operators: tuple[Operator, ...]) -> tuple[int, ...]:
    """Activations that these operators read and do not write, each once."""
    own = {index for operator in operators for index in operator.outputs}
    read = [index for operator in operators for index in operator.inputs]
    return tuple(
        dict.fromkeys(index for index in read if index >= 0 and index not in own and graph.tensors[index].data is None)
    )


def float_activations(graph: Graph, frame: NDArray[np.floating]) -> Mapping[int, FloatArray]:
    """Every activation in float64 from the dequantised weights; frame: real values, the model's input shape.

    What SQNR compares with where no float model is at hand: it tells the error of quantizing activations.
    """
    values: dict[int, FloatArray] = {
        graph.input: np.asarray(frame, dtype=np.float64).reshape(graph.tensors[graph.input].shape)
    }
    for operator in graph.operators:
        values[operator.outputs[0]] = parse_operator(operator, graph).evaluate(values)
    return values
