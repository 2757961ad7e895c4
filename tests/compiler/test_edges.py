"""Models whose input and output are float32 or uint8: the int8 network between is compiled, to the byte."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from numpy.typing import NDArray

from sktools.compiler import CompiledModel, compile_model
from sktools.compiler.int8_part import int8_part
from sktools.compiler.model_file import read_model
from sktools.compiler.reference import Reference
from sktools.errors import ModelError
from sktools.metrics.quantized import dequantize
from sktools.metrics.reference import reference_logits
from tests.support.native_model import NativeModel
from tests.support.tflite_writer import TfliteWriter

RANDOM = np.random.default_rng(4)
SHAPE = (1, 1, 12, 6)
SOURCE, RESULT = (0.03, -11), (0.05, 7)


def network(edge: str, *, softmax: bool = False, dense: bool = False) -> bytes:
    """A pointwise convolution, or dense layer, between operators of a conversion to float32 or uint8."""
    writer = TfliteWriter()

    def outer(scale: float, zero_point: int) -> int:
        index = writer.activation(SHAPE, scale, zero_point + (128 if edge == "uint8" else 0))
        writer.tensors[index].dtype = {"float32": "FLOAT32", "uint8": "UINT8"}[edge]
        if edge == "float32":
            writer.tensors[index].scales = writer.tensors[index].zero_points = ()
        return index

    first = outer(*SOURCE) if edge != "int8" else -1
    source = writer.activation(SHAPE, *SOURCE)
    if edge != "int8":
        writer.operator("QUANTIZE", (first,), source)
    scales = RANDOM.uniform(0.002, 0.01, 6).astype(np.float32)
    values = RANDOM.integers(-127, 128, (6, 6) if dense else (6, 1, 1, 6)).astype(np.int8)
    weights = writer.constant(values, scales[:1] if dense else scales)
    bias = writer.constant(
        RANDOM.integers(-900, 900, 6).astype(np.int32), (scales[:1] if dense else scales) * SOURCE[0]
    )
    output = writer.activation(SHAPE, *RESULT)
    if dense:
        writer.operator("FULLY_CONNECTED", (source, weights, bias), output, FusedActivationFunction=0, KeepNumDims=True)
    else:
        window = {"Padding": 1, "StrideW": 1, "StrideH": 1, "DilationWFactor": 1, "DilationHFactor": 1}
        writer.operator("CONV_2D", (source, weights, bias), output, FusedActivationFunction=0, **window)
    last = output
    if softmax:
        last = writer.operator("SOFTMAX", (output,), writer.activation(SHAPE, 1 / 256, -128), Beta=1.0)
    if edge != "int8":
        end = outer(1 / 256, -128) if softmax else outer(*RESULT)
        last = writer.operator("DEQUANTIZE" if edge == "float32" else "QUANTIZE", (last,), end)
    return writer.finish(first if edge != "int8" else source, last)


def whole_file(tflite: bytes, frame: NDArray[np.generic]) -> NDArray[np.generic]:
    """What LiteRT's reference kernels answer to the file with every operator in it."""
    interpreter = Interpreter(model_content=tflite, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], frame)
    interpreter.invoke()
    return np.array(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]))


def outside(edge: str, values: NDArray[np.int8], scale: float, zero_point: int) -> NDArray[np.generic]:
    if edge == "float32":
        return dequantize(values, scale, zero_point)
    return (values.astype(np.int16) + 128).astype(np.uint8)


@pytest.mark.parametrize("edge", ["float32", "uint8"])
def test_the_int8_network_answers_what_the_whole_file_answers(edge: str, tmp_path: Path) -> None:
    tflite = network(edge)
    compiled = compile_model(tflite, name="edges")
    assert [(layer.index, layer.op) for layer in compiled.layers] == [(0, "CONV_2D")]
    assert compiled.input.zero_point == SOURCE[1] and compiled.output.zero_point == RESULT[1]
    end = "DEQUANTIZE (int8 to float32)" if edge == "float32" else "QUANTIZE (int8 to uint8)"
    assert compiled.notes == (
        f"left to the host: QUANTIZE ({edge} to int8), {end}; "
        "the model's input and output are the int8 tensors between",
    )
    native, reference = NativeModel(compiled, tmp_path), Reference(tflite)
    for _ in range(3):
        frame = RANDOM.integers(-128, 128, SHAPE).astype(np.int8)
        _, output = native.run(frame)
        np.testing.assert_array_equal(output, reference.run(frame)[compiled.layers[-1].tensor])
        given, answer = outside(edge, frame, *SOURCE), outside(edge, output, *RESULT)
        np.testing.assert_array_equal(whole_file(tflite, given), answer)


@pytest.mark.parametrize("edge", ["int8", "float32", "uint8"])
def test_a_softmax_at_the_end_is_left_to_the_host(edge: str, tmp_path: Path) -> None:
    tflite = network(edge, softmax=True)
    compiled = compile_model(tflite, name="edges")
    assert [layer.op for layer in compiled.layers] == ["CONV_2D"]
    assert compiled.output.scale == pytest.approx(RESULT[0])
    assert "SOFTMAX (int8 to int8)" in compiled.notes[0] and "logits" in compiled.notes[0]
    frame = RANDOM.integers(-128, 128, SHAPE).astype(np.int8)
    _, output = NativeModel(compiled, tmp_path).run(frame)
    np.testing.assert_array_equal(output, Reference(tflite).run(frame)[compiled.layers[-1].tensor])
    probabilities = whole_file(tflite, frame if edge == "int8" else outside(edge, frame, *SOURCE)).astype(float)
    chosen = np.take_along_axis(probabilities, output.argmax(axis=-1)[..., None], axis=-1)[..., 0]
    np.testing.assert_array_equal(chosen, probabilities.max(axis=-1))


def test_the_micro_runtime_gets_the_int8_network_too(tmp_path: Path) -> None:
    pytest.importorskip("tflite_micro")
    tflite = network("float32", dense=True)
    compiled: CompiledModel = compile_model(tflite, name="edges")
    frame = RANDOM.integers(-128, 128, SHAPE).astype(np.int8)
    _, output = NativeModel(compiled, tmp_path).run(frame)
    np.testing.assert_array_equal(output, Reference(tflite).run(frame)[compiled.layers[-1].tensor])


def test_an_int8_file_stays_as_it_is() -> None:
    tflite = network("int8")
    assert int8_part(tflite) is tflite
    assert compile_model(tflite, name="edges").notes == ()


def test_the_part_is_a_file_of_the_same_tensors() -> None:
    tflite = network("uint8")
    whole, part = read_model(tflite), read_model(int8_part(tflite))
    assert [operator.op for operator in part.operators] == ["CONV_2D"]
    assert (part.input, part.output) == (part.operators[0].inputs[0], part.operators[0].outputs[0])
    assert part.tensors.keys() == whole.tensors.keys()


def test_a_quantize_within_the_network_stays_in_it() -> None:
    writer = TfliteWriter()
    source = writer.activation(SHAPE, 0.03, 0)
    sums, other, output = (writer.activation(SHAPE, scale, 0) for scale in (0.06, 0.05, 0.1))
    writer.operator("ADD", (source, source), sums, FusedActivationFunction=0)
    writer.operator("QUANTIZE", (sums,), other)
    writer.operator("ADD", (other, other), output, FusedActivationFunction=0)
    compiled = compile_model(writer.finish(source, output), name="middle")
    assert [layer.op for layer in compiled.layers] == ["ADD", "QUANTIZE", "ADD"]


def test_a_file_of_nothing_but_edges_is_refused() -> None:
    writer = TfliteWriter()
    source, output = (writer.activation(SHAPE, 0.03, 0) for _ in range(2))
    between = writer.activation(SHAPE, 0.03, 0)
    for outer in (source, output):
        writer.tensors[outer].dtype, writer.tensors[outer].scales, writer.tensors[outer].zero_points = "FLOAT32", (), ()
    writer.operator("QUANTIZE", (source,), between)
    writer.operator("DEQUANTIZE", (between,), output)
    with pytest.raises(ModelError, match="output is FLOAT32 and the network not int8"):
        compile_model(writer.finish(source, output), name="edges")


def test_models_of_every_edge_are_scored_alike() -> None:
    """The weights are random: each edge has its own network, scored as the int8 network within it is."""
    frames = RANDOM.normal(size=(3, *SHAPE[1:])).astype(np.float32)
    for edge in ("float32", "uint8"):
        tflite = network(edge)
        expected = reference_logits(int8_part(tflite), frames)
        np.testing.assert_allclose(reference_logits(tflite, frames), expected, atol=1e-6)
