"""Float activations to hold the int8 ones against: the float model's, or those of the dequantised weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sktools.compiler.graph import Graph
from sktools.compiler.reference import float_activations
from sktools.profiling.session import FloatActivations

FloatArray = npt.NDArray[np.floating]
FLOAT_MODEL, DEQUANTISED = "float-model", "dequantised-weights"


@dataclass(frozen=True)
class FloatReference:
    """kind: float-model or dequantised-weights. activations: real frame -> float activations by int8 tensor index."""

    kind: str
    activations: FloatActivations


def float_reference(graph: Graph, float_tflite: Path | None) -> FloatReference:
    """The float model of the same network where its operators are those of the int8 one, else the dequantised weights.

    graph: of the int8 model. float_tflite: None where there is no float model.
    """
    outputs = _matching_outputs(graph, float_tflite) if float_tflite else None
    if float_tflite is None or outputs is None:
        return FloatReference(DEQUANTISED, lambda frame: float_activations(graph, frame))
    interpreter = _interpreter(float_tflite.read_bytes())
    source = interpreter.get_input_details()[0]
    indices = tuple(operator.outputs[0] for operator in graph.operators)

    def activations(frame: FloatArray) -> Mapping[int, FloatArray]:
        interpreter.set_tensor(source["index"], np.asarray(frame, np.float32).reshape(source["shape"]))
        interpreter.invoke()
        return {ours: np.array(interpreter.get_tensor(theirs)) for ours, theirs in zip(indices, outputs, strict=True)}

    return FloatReference(FLOAT_MODEL, activations)


def _matching_outputs(graph: Graph, float_tflite: Path) -> tuple[int, ...] | None:
    """Output tensors of the float model's operators; None where its operators or shapes are other ones."""
    import tflite

    model = tflite.Model.GetRootAs(float_tflite.read_bytes(), 0)
    other = model.Subgraphs(0)
    if other is None or other.OperatorsLength() != len(graph.operators):
        return None
    names = {value: name for name, value in vars(tflite.BuiltinOperator).items() if not name.startswith("_")}
    outputs = []
    for position, operator in enumerate(graph.operators):
        theirs = other.Operators(position)
        code = model.OperatorCodes(theirs.OpcodeIndex())
        index = int(theirs.Outputs(0))
        shape = tuple(int(extent) for extent in other.Tensors(index).ShapeAsNumpy())
        if names[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())] != operator.op:
            return None
        if shape != graph.tensors[operator.outputs[0]].shape:
            return None
        outputs.append(index)
    return tuple(outputs)


def _interpreter(content: bytes) -> Any:
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    interpreter = Interpreter(
        model_content=content,
        experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
        experimental_preserve_all_tensors=True,
    )
    interpreter.allocate_tensors()
    return interpreter
