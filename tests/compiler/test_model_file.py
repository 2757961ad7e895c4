"""Damaged and unsupported model files end in one clear ModelError."""

from __future__ import annotations

import numpy as np
import pytest

from sktools.compiler import compile_model
from sktools.compiler.model_file import read_model
from sktools.errors import ModelError
from tests.support.random_network import Family, random_network
from tests.support.tflite_writer import TfliteWriter

SMALL = random_network(Family(frames=32, filters=(8,), depths=(1,), dilations=(1,)))


@pytest.mark.parametrize("length", [0, 3, 8, 20, 100, len(SMALL) // 2])
def test_a_truncated_file_is_refused(length: int) -> None:
    with pytest.raises(ModelError):
        compile_model(SMALL[:length], name="cut")


def test_flipped_bytes_give_a_model_or_a_model_error() -> None:
    random = np.random.default_rng(0)
    refused = 0
    for _ in range(300):
        data = bytearray(SMALL)
        for _ in range(int(random.integers(1, 4))):
            data[int(random.integers(len(data)))] = int(random.integers(256))
        try:
            compile_model(bytes(data), name="flipped")
        except ModelError as error:
            assert "\n" not in error.message
            refused += 1
    assert 0 < refused < 300


def test_something_else_is_not_a_model() -> None:
    with pytest.raises(ModelError, match="TFL3"):
        read_model(b"PK\x03\x04" + bytes(100))


def test_an_unsupported_operator_is_named_with_what_is_supported() -> None:
    writer = TfliteWriter()
    source = writer.activation((1, 4, 8), 0.1, 0)
    output = writer.operator("GELU", (source,), writer.activation((1, 4, 8), 1 / 256, -128))
    with pytest.raises(ModelError, match=r"operator 0 is GELU.*docs/operators\.md lists"):
        compile_model(writer.finish(source, output), name="gelu")
    writer = TfliteWriter()
    source = writer.activation((1, 4, 8), 0.1, 0)
    output = writer.operator("EXP", (source,), writer.activation((1, 4, 8), 1 / 256, -128))
    with pytest.raises(ModelError, match="operator 0 is EXP") as caught:
        compile_model(writer.finish(source, output), name="exp")
    assert caught.value.hint.startswith("supported: ADD, ") and "CONV_2D" in caught.value.hint


@pytest.mark.parametrize(
    ("op", "hint"),
    [("GELU", "ReLU6"), ("SHAPE", "batch_size=1"), ("LOG_SOFTMAX", "logits")],
)
def test_an_unsupported_operator_is_named_by_its_layer_with_what_could_stand_there(op: str, hint: str) -> None:
    writer = TfliteWriter()
    source = writer.activation((1, 4, 8), 0.1, 0)
    between, output = writer.activation((1, 4, 8), 1 / 256, -128), writer.activation((1, 4, 8), 0.1, 0)
    writer.tensors[between].name = "block_3/gate;block_3/other"
    writer.operator(op, (source,), between)
    writer.operator("ADD", (between, source), output, FusedActivationFunction=0)
    with pytest.raises(ModelError, match=rf"operator 0 is {op} \(layer 'block_3/gate'\), which") as caught:
        compile_model(writer.finish(source, output), name="unsupported")
    assert hint in caught.value.hint


@pytest.mark.parametrize(("name", "shown"), [("b" + "a" * 5000, "a{80}"), ("x\n\x1b[2J", r"x\\n\\x1b\[2J")])
def test_a_layer_s_name_is_cut_and_escaped(name: str, shown: str) -> None:
    writer = TfliteWriter()
    source, output = (writer.activation((1, 4, 8), 0.1, 0) for _ in range(2))
    writer.tensors[output].name = name
    writer.operator("GELU", (source,), output)
    with pytest.raises(ModelError, match=rf"GELU \(layer '{shown}'\)") as caught:
        compile_model(writer.finish(source, output), name="named")
    assert caught.value.message.isprintable()


def test_int16_activations_are_refused_as_such() -> None:
    writer = TfliteWriter()
    source, output = (writer.activation((1, 4, 8), float("inf"), 0) for _ in range(2))
    writer.tensors[source].dtype = writer.tensors[output].dtype = "INT16"
    writer.operator("ADD", (source, source), output, FusedActivationFunction=0)
    with pytest.raises(ModelError, match=r"activations are INT16 .*INT8 is supported"):
        compile_model(writer.finish(source, output), name="wide")


def test_variables_are_refused_with_the_conversion_that_helps() -> None:
    writer = TfliteWriter()
    source, variable = writer.activation((1, 8), 0.1, 0), writer.activation((1, 8), 0.1, 0)
    writer.operator("VAR_HANDLE", (), variable)
    output = writer.operator("ADD", (source, variable), writer.activation((1, 8), 0.1, 0), FusedActivationFunction=0)
    with pytest.raises(ModelError, match="operator 0 is VAR_HANDLE, which is not supported") as caught:
        compile_model(writer.finish(source, output), name="variables")
    assert "constants" in caught.value.hint


def test_a_float_model_is_refused_with_the_conversion_that_helps() -> None:
    writer = TfliteWriter()
    source = writer.activation((1, 4, 8), 0.1, 0)
    writer.tensors[source].dtype = "FLOAT32"
    output = writer.activation((1, 32), 0.1, 0)
    writer.tensors[output].dtype = "FLOAT32"
    writer.operator("RESHAPE", (source, writer.constant(np.array([1, 32], dtype=np.int32))), output)
    with pytest.raises(ModelError, match="FLOAT32"):
        compile_model(writer.finish(source, output), name="float")


def test_a_cycle_is_refused() -> None:
    writer = TfliteWriter()
    source = writer.activation((1, 8), 0.1, 0)
    a, b = writer.activation((1, 8), 0.1, 0), writer.activation((1, 8), 0.1, 0)
    writer.operator("ADD", (source, b), a, FusedActivationFunction=0)
    writer.operator("ADD", (source, a), b, FusedActivationFunction=0)
    with pytest.raises(ModelError, match="before anything wrote it"):
        compile_model(writer.finish(source, b), name="cycle")


def _open(signature: tuple[int, ...], op: str) -> bytes:
    writer = TfliteWriter()
    source, output = (writer.activation((1, 4, 8), 0.1, 0) for _ in range(2))
    writer.tensors[source].signature = signature
    writer.operator(op, (source, source) if op == "ADD" else (source,), output)
    return writer.finish(source, output)


def test_an_open_length_is_refused_and_named() -> None:
    with pytest.raises(
        ModelError, match=r"input \[1, -1, 8\] leaves axis 1 open; the file stores a length of 4"
    ) as caught:
        compile_model(_open((1, -1, 8), "ADD"), name="open")
    assert "every length fixed" in caught.value.hint


def test_an_open_batch_is_accepted_and_named_in_a_refusal() -> None:
    assert compile_model(_open((-1, 4, 8), "ADD"), name="open").layers
    with pytest.raises(ModelError, match="GELU") as caught:
        compile_model(_open((-1, 4, 8), "GELU"), name="open")
    assert "batch is open" in caught.value.hint and "batch_size=1" in caught.value.hint
