"""The oracle of the arithmetic contract: every activation as LiteRT's reference kernels compute it."""

from __future__ import annotations

import os
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sktools.compiler.graph import Graph
from sktools.compiler.int8_part import int8_part
from sktools.compiler.ops import parse_operator
from sktools.compiler.ops.base import FloatArray
from sktools.compiler.passes import load_graph
from sktools.errors import MissingError, ModelError

Int8Array = NDArray[np.int8]


class Reference:
    """Runs a .tflite with the BUILTIN_REF resolver, all intermediate tensors kept.

    A model with FULLY_CONNECTED is run by the tflite-micro runtime instead: for that operator LiteRT's reference
    rounds otherwise than TFLite Micro does. Operators at the edges that are the host's (QUANTIZE, DEQUANTIZE) are not
    run: frames and activations are those of the int8 network.

    Raises ModelError where the interpreter refuses the model and MissingError where the runtime is not installed.
    """

    def __init__(self, tflite: bytes) -> None:
        self.graph: Graph = load_graph(tflite, observable=True)
        self._outputs = tuple(operator.outputs[0] for operator in self.graph.operators)
        micro = any(operator.op == "FULLY_CONNECTED" for operator in self.graph.operators)
        network = int8_part(tflite)
        self._runtime: _LiteRt | _Micro = _Micro(network, self.graph) if micro else _LiteRt(network)

    def run(self, frame: Int8Array) -> Mapping[int, Int8Array]:
        """frame: int8, the model's input shape. Returns tensor index -> int8 activation."""
        shape = self.graph.tensors[self.graph.input].shape
        values = self._runtime.run(self.graph.input, frame.reshape(shape).astype(np.int8, copy=False), self._outputs)
        return {index: value.reshape(self.graph.tensors[index].shape) for index, value in values.items()}


class _LiteRt:
    def __init__(self, tflite: bytes) -> None:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        try:
            from ai_edge_litert.interpreter import Interpreter, OpResolverType
        except ImportError as error:
            raise MissingError("the parity reference needs ai-edge-litert", "pip install ai-edge-litert") from error
        try:
            self._interpreter = Interpreter(
                model_content=tflite,
                experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
                experimental_preserve_all_tensors=True,
            )
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"the reference interpreter refuses the model: {str(error).splitlines()[0]}") from error

    def run(self, source: int, frame: Int8Array, outputs: tuple[int, ...]) -> dict[int, Int8Array]:
        self._interpreter.set_tensor(source, frame)
        self._interpreter.invoke()
        return {index: np.array(self._interpreter.get_tensor(index)) for index in outputs}


class _Micro:
    def __init__(self, tflite: bytes, graph: Graph) -> None:
        try:
            from tflite_micro import runtime
        except ImportError as error:
            raise MissingError(
                "a model with FULLY_CONNECTED is judged by the tflite-micro runtime, which is not installed",
                "pip install 'sktools[fc-reference]'",
            ) from error
        # Its own guess of the arena is too small for kept tensors, and it crashes where the arena is.
        arena = (1 << 20) + sum(4 * tensor.elements + 512 for tensor in graph.tensors.values())
        self._interpreter = runtime.Interpreter.from_bytes(
            tflite, arena_size=arena, intrepreter_config=runtime.InterpreterConfig.kPreserveAllTensors
        )

    def run(self, source: int, frame: Int8Array, outputs: tuple[int, ...]) -> dict[int, Int8Array]:
        self._interpreter.set_input(frame, 0)
        self._interpreter.invoke()
        return {index: np.array(self._interpreter.GetTensor(index, 0)["tensor_data"]) for index in outputs}


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
