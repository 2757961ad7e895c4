"""Writes small int8 .tflite files without TensorFlow, for networks that no converter run has to make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import flatbuffers
import numpy as np
import tflite
from numpy.typing import NDArray

from sktools.compiler.ops import options_reader

DTYPES = {"INT8": np.int8, "INT32": np.int32, "FLOAT32": np.float32}
Option = int | float | Sequence[int]
VERSIONS = {"CONV_2D": 3, "DEPTHWISE_CONV_2D": 3, "RESHAPE": 1, "SHAPE": 1, "EXPAND_DIMS": 1, "PACK": 1}
"""Of operators in the file; 2, the first with int8, for all others."""
ACTIVATIONS = {"NONE": 0, "RELU": 1, "RELU_N1_TO_1": 2, "RELU6": 3}


@dataclass
class _Tensor:
    shape: tuple[int, ...]
    dtype: str
    scales: tuple[float, ...]
    zero_points: tuple[int, ...]
    axis: int
    data: bytes | None
    name: str = ""
    signature: tuple[int, ...] = ()


@dataclass
class TfliteWriter:
    """Collects tensors and operators of one subgraph; `finish` returns the file's bytes."""

    tensors: list[_Tensor] = field(default_factory=list)
    operators: list[tuple[str, tuple[int, ...], tuple[int, ...], dict[str, Option]]] = field(default_factory=list)
    versions: dict[str, int] = field(default_factory=lambda: dict(VERSIONS))

    def activation(self, shape: Sequence[int], scale: float, zero_point: int) -> int:
        self.tensors.append(_Tensor(tuple(shape), "INT8", (float(scale),), (int(zero_point),), 0, None))
        return len(self.tensors) - 1

    def constant(
        self,
        values: NDArray[np.generic],
        scales: Sequence[float] = (),
        zero_points: Sequence[int] = (),
        axis: int = 0,
    ) -> int:
        dtype = next(name for name, kind in DTYPES.items() if values.dtype == kind)
        zeros = tuple(int(z) for z in zero_points) or (0,) * len(scales)
        self.tensors.append(
            _Tensor(values.shape, dtype, tuple(float(s) for s in scales), zeros, axis, values.tobytes())
        )
        return len(self.tensors) - 1

    def operator(self, op: str, inputs: Sequence[int], output: int, **options: Option) -> int:
        self.operators.append((op, tuple(inputs), (output,), options))
        return output

    def finish(self, source: int, output: int) -> bytes:
        builder = flatbuffers.Builder(1 << 16)
        codes = sorted({op for op, _, _, _ in self.operators})
        buffers = [_buffer(builder, b"")] + [_buffer(builder, t.data) for t in self.tensors if t.data is not None]
        tensors, used = [], 0
        for tensor in self.tensors:
            used += tensor.data is not None
            tensors.append(_tensor(builder, tensor, used if tensor.data is not None else 0))
        operators = [
            _operator(builder, codes.index(op), op, inputs, out, opts) for op, inputs, out, opts in self.operators
        ]
        vectors = {
            "tensors": _offsets(builder, tensors),
            "operators": _offsets(builder, operators),
            "inputs": builder.CreateNumpyVector(np.array([source], dtype=np.int32)),
            "outputs": builder.CreateNumpyVector(np.array([output], dtype=np.int32)),
        }
        tflite.SubGraphStart(builder)
        tflite.SubGraphAddTensors(builder, vectors["tensors"])
        tflite.SubGraphAddInputs(builder, vectors["inputs"])
        tflite.SubGraphAddOutputs(builder, vectors["outputs"])
        tflite.SubGraphAddOperators(builder, vectors["operators"])
        subgraph = tflite.SubGraphEnd(builder)
        code_vector = _offsets(builder, [_code(builder, op, self.versions.get(op, 2)) for op in codes])
        subgraphs, buffer_vector = _offsets(builder, [subgraph]), _offsets(builder, buffers)
        tflite.ModelStart(builder)
        tflite.ModelAddVersion(builder, 3)
        tflite.ModelAddOperatorCodes(builder, code_vector)
        tflite.ModelAddSubgraphs(builder, subgraphs)
        tflite.ModelAddBuffers(builder, buffer_vector)
        builder.Finish(tflite.ModelEnd(builder), b"TFL3")
        return bytes(builder.Output())


def _offsets(builder: flatbuffers.Builder, items: Sequence[int]) -> int:
    builder.StartVector(4, len(items), 4)
    for item in reversed(items):
        builder.PrependUOffsetTRelative(item)
    return int(builder.EndVector())


def _buffer(builder: flatbuffers.Builder, data: bytes | None) -> int:
    vector = builder.CreateByteVector(data) if data else None
    tflite.BufferStart(builder)
    if vector is not None:
        tflite.BufferAddData(builder, vector)
    return int(tflite.BufferEnd(builder))


def _tensor(builder: flatbuffers.Builder, tensor: _Tensor, buffer: int) -> int:
    shape = builder.CreateNumpyVector(np.array(tensor.shape, dtype=np.int32))
    quantization = None
    if tensor.scales:
        scales = builder.CreateNumpyVector(np.array(tensor.scales, dtype=np.float32))
        zeros = builder.CreateNumpyVector(np.array(tensor.zero_points, dtype=np.int64))
        tflite.QuantizationParametersStart(builder)
        tflite.QuantizationParametersAddScale(builder, scales)
        tflite.QuantizationParametersAddZeroPoint(builder, zeros)
        tflite.QuantizationParametersAddQuantizedDimension(builder, tensor.axis)
        quantization = tflite.QuantizationParametersEnd(builder)
    name = builder.CreateString(tensor.name) if tensor.name else None
    signature = builder.CreateNumpyVector(np.array(tensor.signature, dtype=np.int32)) if tensor.signature else None
    tflite.TensorStart(builder)
    if signature is not None:
        tflite.TensorAddShapeSignature(builder, signature)
    if name is not None:
        tflite.TensorAddName(builder, name)
    tflite.TensorAddShape(builder, shape)
    tflite.TensorAddType(builder, getattr(tflite.TensorType, tensor.dtype))
    tflite.TensorAddBuffer(builder, buffer)
    if quantization is not None:
        tflite.TensorAddQuantization(builder, quantization)
    return int(tflite.TensorEnd(builder))


def _code(builder: flatbuffers.Builder, op: str, version: int) -> int:
    number = getattr(tflite.BuiltinOperator, op)
    tflite.OperatorCodeStart(builder)
    tflite.OperatorCodeAddDeprecatedBuiltinCode(builder, min(number, 127))
    tflite.OperatorCodeAddBuiltinCode(builder, number)
    tflite.OperatorCodeAddVersion(builder, version)
    return int(tflite.OperatorCodeEnd(builder))


def _options_table(op: str) -> str:
    """Its table of options as its file in sktools/compiler/ops names it, else by the rule of the schema, else ""."""
    named = options_reader(op).table or op.title().replace("_", "") + "Options"
    return named if hasattr(tflite, f"{named}Start") else ""


def _operator(
    builder: flatbuffers.Builder,
    code: int,
    op: str,
    inputs: Sequence[int],
    outputs: Sequence[int],
    options: dict[str, Option],
) -> int:
    """options: flatbuffer field name (Padding, StrideW, KeepDims ...) -> value, a sequence for a vector of int32."""
    table = _options_table(op)
    block = None
    if table:
        fields = {
            name: value
            if isinstance(value, int | float)
            else builder.CreateNumpyVector(np.array(value, dtype=np.int32))
            for name, value in options.items()
        }
        getattr(tflite, f"{table}Start")(builder)
        for name, value in fields.items():
            getattr(tflite, f"{table}Add{name}")(builder, value)
        block = getattr(tflite, f"{table}End")(builder)
    reads = builder.CreateNumpyVector(np.array(inputs, dtype=np.int32))
    writes = builder.CreateNumpyVector(np.array(outputs, dtype=np.int32))
    tflite.OperatorStart(builder)
    tflite.OperatorAddOpcodeIndex(builder, code)
    tflite.OperatorAddInputs(builder, reads)
    tflite.OperatorAddOutputs(builder, writes)
    if table:
        tflite.OperatorAddBuiltinOptionsType(builder, getattr(tflite.BuiltinOptions, table))
        tflite.OperatorAddBuiltinOptions(builder, block)
    return int(tflite.OperatorEnd(builder))
