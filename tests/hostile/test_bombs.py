"""Small files that describe huge work: each ends in a model or one ModelError, soon and in bounded memory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sktools.compiler import compile_model
from sktools.compiler.model_file import MAX_FILE_BYTES
from sktools.errors import ModelError
from tests.hostile.limits import check_memory, run_limited
from tests.support.tflite_writer import TfliteWriter

pytestmark = pytest.mark.timeout(120)  # of seconds: far above what any of these takes, far below what a bomb would

CONV = {
    "Padding": 0,
    "StrideW": 1,
    "StrideH": 1,
    "DilationWFactor": 1,
    "DilationHFactor": 1,
    "FusedActivationFunction": 0,
}


def _shape_tensor(writer: TfliteWriter, extent: int) -> int:
    index = writer.constant(np.zeros(extent, dtype=np.int32))
    writer.tensors[index].data = None
    return index


def _shape_operators(writer: TfliteWriter, source: int, count: int, copies: int) -> bytes:
    """SHAPE, then `count` PACKs that each read the one before `copies` times, in front of a RESHAPE."""
    previous = writer.operator("SHAPE", (source,), _shape_tensor(writer, 3))
    for _ in range(count):
        previous = writer.operator("PACK", (previous,) * copies, _shape_tensor(writer, 2))
    output = writer.operator("RESHAPE", (source, previous), writer.activation((1, 32), 0.1, 0))
    return writer.finish(source, output)


def doubling_shape_arithmetic() -> bytes:
    writer = TfliteWriter()
    return _shape_operators(writer, writer.activation((1, 4, 8), 0.1, 0), 60, 2)


def long_shape_arithmetic() -> bytes:
    writer = TfliteWriter()
    return _shape_operators(writer, writer.activation((1, 4, 8), 0.1, 0), 1900, 1)


def reshapes_that_could_belong_to_any_layer() -> bytes:
    """Depths of the family with runs of reshapes between the layers, and an end that is not the family's."""
    writer = TfliteWriter()
    shape = (1, 1, 4, 2)
    source = tensor = writer.activation(shape, 0.1, 0)

    def reshapes(tensor: int) -> int:
        for _ in range(12):
            tensor = writer.operator("RESHAPE", (tensor,), writer.activation(shape, 0.1, 0))
        return tensor

    for _ in range(20):
        depthwise = writer.constant(np.ones((1, 1, 3, 2), dtype=np.int8), (0.1,))
        tensor = writer.operator(
            "DEPTHWISE_CONV_2D", (tensor, depthwise), writer.activation(shape, 0.1, 0), DepthMultiplier=1, **CONV
        )
        pointwise = writer.constant(np.ones((2, 1, 1, 2), dtype=np.int8), (0.1,))
        tensor = reshapes(tensor)
        tensor = reshapes(writer.operator("CONV_2D", (tensor, pointwise), writer.activation(shape, 0.1, 0), **CONV))
    tensor = writer.operator("MUL", (tensor, tensor), writer.activation(shape, 0.1, 0), FusedActivationFunction=0)
    return writer.finish(source, tensor)


def as_many_channels_as_there_may_be() -> bytes:
    """Each channel costs a search for its requantization."""
    writer = TfliteWriter()
    source = tensor = writer.activation((1, 1, 1, 1), 0.1, 0)
    for wide in (True, False) * 2:
        channels, depth = (0x3FFF, 1) if wide else (1, 0x3FFF)
        values = (1 + np.arange(channels * depth) % 100).astype(np.int8).reshape(channels, 1, 1, depth)
        weights = writer.constant(values, (0.01,))
        output = writer.activation((1, 1, 1, channels), 0.1, 0)
        tensor = writer.operator("CONV_2D", (tensor, weights), output, **CONV)
    return writer.finish(source, tensor)


def more_channels_than_there_may_be() -> bytes:
    writer = TfliteWriter()
    source = tensor = writer.activation((1, 1, 1, 1), 0.1, 0)
    narrow = writer.constant(np.ones((1, 1, 1, 0x7FFF), dtype=np.int8), (0.01,))
    wide = writer.constant(np.ones((0x7FFF, 1, 1, 1), dtype=np.int8), (0.01,))
    for _ in range(200):
        tensor = writer.operator("CONV_2D", (tensor, wide), writer.activation((1, 1, 1, 0x7FFF), 0.1, 0), **CONV)
        tensor = writer.operator("CONV_2D", (tensor, narrow), writer.activation((1, 1, 1, 1), 0.1, 0), **CONV)
    return writer.finish(source, tensor)


def as_many_constants_as_there_may_be() -> bytes:
    """A file of nearly the greatest size, all of it one constant that is printed as C."""
    writer = TfliteWriter()
    elements = 1 << 22
    shape = (1, 1, 1 << 12, 1 << 10)
    source = tensor = writer.activation(shape, 0.1, 0)
    for seed in range(3):
        values = np.random.default_rng(seed).integers(-128, 128, elements).astype(np.int8).reshape(shape)
        constant = writer.constant(values, (0.1,))
        output = writer.activation(shape, 0.2, 0)
        tensor = writer.operator("ADD", (tensor, constant), output, FusedActivationFunction=0)
    return writer.finish(source, tensor)


def one_constant_read_again_and_again() -> bytes:
    writer = TfliteWriter()
    shape = (1, 1, 1 << 10, 1 << 10)
    source = tensor = writer.activation(shape, 0.1, 0)
    constant = writer.constant(np.ones(shape, dtype=np.int8), (0.1,))
    for _ in range(25):
        output = writer.activation(shape, 0.2, 0)
        tensor = writer.operator("ADD", (tensor, constant), output, FusedActivationFunction=0)
    return writer.finish(source, tensor)


def activations_without_end() -> bytes:
    writer = TfliteWriter()
    shape = (1, 1 << 11, 1 << 11)
    source = tensor = writer.activation(shape, 0.1, 0)
    for _ in range(1000):
        tensor = writer.operator("ADD", (tensor, tensor), writer.activation(shape, 0.2, 0), FusedActivationFunction=0)
    return writer.finish(source, tensor)


def two_thousand_operators() -> bytes:
    writer = TfliteWriter()
    shape = (1, 2)
    source = tensor = writer.activation(shape, 0.1, 0)
    for _ in range(2000):
        tensor = writer.operator("ADD", (tensor, source), writer.activation(shape, 0.2, 0), FusedActivationFunction=0)
    return writer.finish(source, tensor)


def too_long_a_file() -> bytes:
    writer = TfliteWriter()
    source = writer.activation((1, 2), 0.1, 0)
    writer.constant(np.zeros(MAX_FILE_BYTES, dtype=np.int8), (0.1,))
    return writer.finish(source, writer.operator("RESHAPE", (source,), writer.activation((2, 1), 0.1, 0)))


ACCEPTED: list[Callable[[], bytes]] = [
    doubling_shape_arithmetic,
    long_shape_arithmetic,
    reshapes_that_could_belong_to_any_layer,
    as_many_channels_as_there_may_be,
    as_many_constants_as_there_may_be,
    two_thousand_operators,
]
REFUSED: list[tuple[Callable[[], bytes], str]] = [
    (more_channels_than_there_may_be, "output channels, more than"),
    (one_constant_read_again_and_again, "bytes of constants, more than"),
    (activations_without_end, "activations have 4198498304 elements, more than"),
    (too_long_a_file, "bytes, more than the 16777216 supported"),
]

_COMPILE = """\
import sys
from pathlib import Path
from sktools.compiler import compile_model
model = compile_model(Path(sys.argv[1]).read_bytes(), name='bomb')
print(len(model.layers), sum(map(len, model.sources.values())))
"""


@pytest.mark.parametrize("bomb", ACCEPTED, ids=lambda bomb: bomb.__name__)
def test_what_is_just_allowed_stays_below_a_gigabyte(bomb: Callable[[], bytes], tmp_path: Path) -> None:
    file = tmp_path / "model.tflite"
    file.write_bytes(bomb())
    ended = run_limited(_COMPILE, str(file))
    assert ended.status == 0, ended.error
    check_memory(ended)


@pytest.mark.parametrize(("bomb", "message"), REFUSED, ids=lambda value: getattr(value, "__name__", ""))
def test_what_is_too_much_is_refused_before_work_is_done(bomb: Callable[[], bytes], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        compile_model(bomb(), name="bomb")
