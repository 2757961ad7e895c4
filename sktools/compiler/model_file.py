"""Reads a .tflite into a Graph. The file is untrusted: every count, offset and shape is checked before use."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktools.compiler.graph import Graph, Operator, Quantization, Tensor
from sktools.compiler.ops import options_reader, supported_ops
from sktools.compiler.ops.base import unsupported
from sktools.compiler.ops.options import Options
from sktools.errors import ModelError

MAX_FILE_BYTES = 16 << 20
MAX_TENSORS = 8_000
MAX_OPERATORS = 2_000
MAX_OPERANDS = 64
MAX_AXES = 6
MAX_ELEMENTS = 1 << 22
MAX_TOTAL_ELEMENTS = 1 << 25
MAX_TOTAL_CHANNELS = 1 << 15
"""Far above what a microcontroller holds; a hostile file cannot ask for more of the host's memory or time.

MAX_TOTAL_ELEMENTS: of all activations. MAX_TOTAL_CHANNELS: of all operators' outputs, each of which may cost a search
for its requantization. What the operators read of constants, counted each time, may not exceed MAX_FILE_BYTES.
"""

LONGEST_NAME_READ, LONGEST_NAME = 240, 80
"""Bytes of a tensor's name that are looked at, and letters that messages quote."""
_NAME = 10
"""Offset of the field in Tensor's vtable (TensorFlow Lite's schema.fbs)."""

_DTYPES = {"INT8": np.int8, "INT32": np.int32, "INT64": np.int64, "FLOAT32": np.float32, "UINT8": np.uint8}


def read_model(content: bytes) -> Graph:
    """Parse the first subgraph of a .tflite.

    Raises ModelError, one line, where the file is damaged, has no single input and output, or exceeds the limits.
    """
    if len(content) > MAX_FILE_BYTES:
        raise ModelError(f"the model file has {len(content)} bytes, more than the {MAX_FILE_BYTES} supported")
    if len(content) < 16 or content[4:8] != b"TFL3":
        raise ModelError("the file is not a TensorFlow Lite model (no TFL3 identifier)")
    try:
        return _read(content)
    except ModelError:
        raise
    except (
        struct.error,
        IndexError,
        ValueError,
        TypeError,
        OverflowError,
        UnicodeDecodeError,
        AttributeError,
    ) as error:
        detail = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise ModelError(f"the model file is damaged or truncated ({detail})") from error


def _read(content: bytes) -> Graph:
    import tflite

    model = tflite.Model.GetRootAs(content, 0)
    if model.SubgraphsLength() != 1:
        raise ModelError(
            f"the model has {model.SubgraphsLength()} subgraphs; exactly one is supported",
            "convert without control flow, and with variables that are constants: docs/own-model.md",
        )
    subgraph = model.Subgraphs(0)
    count, operators = subgraph.TensorsLength(), subgraph.OperatorsLength()
    if count > MAX_TENSORS or operators > MAX_OPERATORS:
        raise ModelError(
            f"the model has {count} tensors and {operators} operators, more than {MAX_TENSORS} and {MAX_OPERATORS}"
        )
    if subgraph.InputsLength() != 1 or subgraph.OutputsLength() != 1:
        raise ModelError(
            f"the model has {subgraph.InputsLength()} inputs and {subgraph.OutputsLength()} outputs; "
            "one of each is supported"
        )
    if any(_name_of(tflite.TensorType, subgraph.Tensors(index).Type()) == "INT16" for index in range(count)):
        raise ModelError(
            "the model's activations are INT16 (16x8 quantization); INT8 is supported",
            "convert with tf.lite.OpsSet.TFLITE_BUILTINS_INT8: docs/own-model.md",
        )
    tensors = {index: _tensor(model, subgraph.Tensors(index), index, len(content)) for index in range(count)}
    graph = Graph(
        tensors,
        tuple(_operator(model, subgraph, index, count) for index in range(operators)),
        int(subgraph.Inputs(0)),
        int(subgraph.Outputs(0)),
        open_batch=_has_open_batch(subgraph.Tensors(int(subgraph.Inputs(0)))),
    )
    _check_order(graph)
    _check_totals(graph)
    return graph


def _has_open_batch(raw: Any) -> bool:
    """Whether the input's first axis is open: -1 in shape_signature, 1 in shape. Raises ModelError for any other."""
    shape = [int(raw.Shape(axis)) for axis in range(raw.ShapeLength())]
    signature = [int(raw.ShapeSignature(axis)) for axis in range(raw.ShapeSignatureLength())]
    if len(signature) != len(shape) or -1 not in signature:
        return False
    axes = [axis for axis, extent in enumerate(signature) if extent == -1 and axis > 0]
    if axes:
        raise ModelError(
            f"the model's input {signature} leaves axis {axes[0]} open; the file stores a length of "
            f"{shape[axes[0]]} for it, which would be what runs",
            "convert with every length fixed, such as keras.Input((240, 14), batch_size=1): docs/own-model.md",
        )
    return True


def _check_order(graph: Graph) -> None:
    """Every operator reads what an earlier one wrote, and no tensor is written twice: no cycles, no overlaps."""
    for edge, what in ((graph.input, "input"), (graph.output, "output")):
        if edge not in graph.tensors:
            raise ModelError(f"the model's {what} names tensor {edge}, which does not exist")
    known = {graph.input} | {index for index, tensor in graph.tensors.items() if tensor.data is not None}
    if graph.tensors[graph.input].data is not None:
        raise ModelError("the model's input is a constant")
    for operator in graph.operators:
        for index in operator.inputs:
            if index >= 0 and index not in known:
                raise ModelError(
                    f"operator {operator.index} ({operator.op}) reads tensor {index} before anything wrote it"
                )
        for index in operator.outputs:
            if index in known:
                raise ModelError(f"operator {operator.index} ({operator.op}) writes tensor {index} a second time")
            known.add(index)
    if graph.output not in known or graph.output == graph.input or graph.tensors[graph.output].data is not None:
        raise ModelError("no operator computes the model's output")


def _check_totals(graph: Graph) -> None:
    """Tensors may share a buffer, and operators a tensor: a small file can still describe a huge model."""
    activations = sum(tensor.elements for tensor in graph.tensors.values() if tensor.data is None)
    if activations > MAX_TOTAL_ELEMENTS:
        raise ModelError(f"the model's activations have {activations} elements, more than {MAX_TOTAL_ELEMENTS}")
    results = [graph.tensors[operator.outputs[0]] for operator in graph.operators]
    channels = sum(tensor.shape[-1] for tensor in results if tensor.shape)
    if channels > MAX_TOTAL_CHANNELS:
        raise ModelError(f"the model's operators have {channels} output channels, more than {MAX_TOTAL_CHANNELS}")
    operands = [graph.tensors[index].data for operator in graph.operators for index in operator.inputs if index >= 0]
    constants = sum(data.nbytes for data in operands if data is not None)
    if constants > MAX_FILE_BYTES:
        raise ModelError(f"the model's operators read {constants} bytes of constants, more than {MAX_FILE_BYTES}")


def _name_of(table: type, value: int) -> str:
    for name, number in vars(table).items():
        if number == value and name.isupper():
            return name
    return f"{table.__name__} {value}"


def _tensor(model: Any, raw: Any, index: int, file_bytes: int) -> Tensor:
    import tflite

    if raw.ShapeLength() > MAX_AXES:
        raise ModelError(f"tensor {index} has {raw.ShapeLength()} axes, more than {MAX_AXES}")
    shape = tuple(int(raw.Shape(axis)) for axis in range(raw.ShapeLength()))
    elements = 1
    for extent in shape:
        if extent < 0 or extent > MAX_ELEMENTS:
            raise ModelError(f"tensor {index} has shape {list(shape)}; extents must lie in 0..{MAX_ELEMENTS}")
        elements *= extent
    if elements > MAX_ELEMENTS:
        raise ModelError(f"tensor {index} has shape {list(shape)}: more than {MAX_ELEMENTS} elements")
    if raw.Sparsity() is not None or raw.IsVariable():
        raise ModelError(f"tensor {index} is sparse, or keeps its value between runs; neither is supported")
    dtype = _name_of(tflite.TensorType, raw.Type())
    quantization = _quantization(raw.Quantization(), shape, index)
    return Tensor(
        index, f"tensor {index}", shape, dtype, quantization, _constant(model, raw, dtype, shape, index, file_bytes)
    )


def _quantization(raw: Any, shape: tuple[int, ...], index: int) -> Quantization | None:
    if raw is None or raw.ScaleLength() == 0:
        return None
    count, axis = raw.ScaleLength(), int(raw.QuantizedDimension())
    if count > MAX_TOTAL_CHANNELS or raw.ZeroPointLength() != count:
        raise ModelError(f"tensor {index} has {count} scales and {raw.ZeroPointLength()} zero points")
    if shape == (count,):
        axis = 0  # a bias may name the axis of its weights, which every runtime overlooks
    if count > 1 and not (0 <= axis < len(shape) and shape[axis] == count):
        raise ModelError(f"tensor {index} with shape {list(shape)} has {count} scales along axis {axis}")
    scale = np.array([raw.Scale(i) for i in range(count)], dtype=np.float32)
    zero_point = np.array([raw.ZeroPoint(i) for i in range(count)], dtype=np.int64)
    if not np.all(np.isfinite(scale)) or np.any(scale < 0):
        raise ModelError(f"tensor {index} has a scale that is negative or not finite")
    return Quantization(scale, zero_point, axis)


def _constant(
    model: Any, raw: Any, dtype: str, shape: tuple[int, ...], index: int, file_bytes: int
) -> NDArray[np.generic] | None:
    number = raw.Buffer()
    if number == 0:
        return None
    if number >= model.BuffersLength():
        raise ModelError(f"tensor {index} names buffer {number} of {model.BuffersLength()}")
    buffer = model.Buffers(number)
    length = buffer.DataLength()
    if length == 0:
        return None
    if dtype not in _DTYPES:
        raise ModelError(f"tensor {index} is a constant of type {dtype}; supported are {', '.join(_DTYPES)}")
    if length > file_bytes:
        raise ModelError(f"tensor {index} claims {length} bytes of data in a file of {file_bytes}")
    data = buffer.DataAsNumpy()
    expected = int(np.prod(shape, dtype=np.int64)) * np.dtype(_DTYPES[dtype]).itemsize
    if len(data) != expected:
        raise ModelError(f"tensor {index} of shape {list(shape)} needs {expected} bytes and has {len(data)}")
    # A view into the file: any number of tensors may name this buffer.
    return np.asarray(data).view(_DTYPES[dtype]).reshape(shape)


def _operator(model: Any, subgraph: Any, index: int, tensor_count: int) -> Operator:
    import tflite

    raw = subgraph.Operators(index)
    if raw.OpcodeIndex() >= model.OperatorCodesLength():
        raise ModelError(f"operator {index} names operator code {raw.OpcodeIndex()} of {model.OperatorCodesLength()}")
    code = model.OperatorCodes(raw.OpcodeIndex())
    op = _name_of(tflite.BuiltinOperator, max(code.BuiltinCode(), code.DeprecatedBuiltinCode()))
    if op == "CUSTOM":
        op = "CUSTOM operator"
    if raw.InputsLength() > MAX_OPERANDS or raw.OutputsLength() > MAX_OPERANDS:
        raise ModelError(
            f"operator {index} ({op}) has {raw.InputsLength()} inputs and {raw.OutputsLength()} outputs, "
            f"more than {MAX_OPERANDS}"
        )
    inputs = tuple(int(raw.Inputs(i)) for i in range(raw.InputsLength()))
    outputs = tuple(int(raw.Outputs(i)) for i in range(raw.OutputsLength()))
    for tensor in (*inputs, *outputs):
        if tensor >= tensor_count or tensor < -1:
            raise ModelError(f"operator {index} ({op}) names tensor {tensor} of {tensor_count}")
    name = _layer_name(subgraph.Tensors(outputs[0])) if outputs and outputs[0] >= 0 else ""
    operator = Operator(index, op, inputs, outputs, _options(op, raw), name=name)
    if op not in supported_ops() and not inputs:  # shape arithmetic has inputs, and a pass may yet drop it
        raise unsupported(operator)
    if not inputs or inputs[0] < 0:
        raise ModelError(f"operator {index} ({op}) has no input")
    if not outputs or min(outputs) < 0:
        raise ModelError(f"operator {index} ({op}) has no output")
    return operator


def _layer_name(raw: Any) -> str:
    """The converter's name of a tensor: of several joined by ";" the first, of a long one the end."""
    table = raw._tab
    offset = table.Offset(_NAME)
    if not offset:
        return ""
    start, length = table.Vector(offset), min(table.VectorLen(offset), LONGEST_NAME_READ)
    return bytes(table.Bytes[start : start + length]).decode(errors="replace").split(";")[0][-LONGEST_NAME:]


def _options(op: str, raw: Any) -> Options:
    import tflite

    reader = options_reader(op)
    if not reader.table:
        return {}
    union = raw.BuiltinOptions()
    if union is None:
        return {}
    if raw.BuiltinOptionsType() != getattr(tflite.BuiltinOptions, reader.table):
        raise ModelError(f"{op} carries options of another operator")
    table = getattr(tflite, reader.table)()
    table.Init(union.Bytes, union.Pos)
    return reader.read(table)
