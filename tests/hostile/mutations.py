"""Turns sound model files into hostile ones: damaged bytes, and well-formed files that say strange things.

A mutation is a function of a random generator and a file; the same generator state gives the same file.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

Random = np.random.Generator

WORDS = (0, 1, 2, 3, 4, 7, 8, 16, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000,
         0xFFFFFFF0, 0xFFFFFFFE, 0xFFFFFFFF)  # fmt: skip
EXTENTS = (-(1 << 31), -1, 0, 1, 2, 3, 5, 255, 256, 0x7FFF, 0x8000, 0x10000, 1 << 22, (1 << 31) - 1)
SCALES = (0.0, -0.0, -1.0, float("nan"), float("inf"), float("-inf"), 1e-45, 1.2e-38, 1e-20, 1e-9, 1e-3, 0.5, 1.0, 2.0,
          1e6, 1e20, 3.4e38)  # fmt: skip
ZERO_POINTS = (-(1 << 63), -(1 << 31), -129, -128, -127, -1, 0, 1, 126, 127, 128, 255, 1 << 31, (1 << 63) - 1)
NAMES = (b"a\"; int main(void) { return 1; } /*", b"*/ #error hostile", b"../../../../tmp/hostile", b"%s%s%n",
         b"line\nbreak", b"$(shell touch hostile)", b"<script>alert(1)</script>", b"\xff\xfe\x00", b"a" * 70000,
         b"")  # fmt: skip

Mutation = Callable[[Random, bytes], bytes]
MUTATIONS: dict[str, Mutation] = {}


def mutation(function: Mutation) -> Mutation:
    MUTATIONS[function.__name__] = function
    return function


def hostile_file(number: int, seeds: Sequence[bytes]) -> tuple[str, bytes]:
    """The mutation's name and the file. One time in four a second mutation follows the first."""
    random = np.random.default_rng(number)
    names = sorted(MUTATIONS)
    content = seeds[int(random.integers(len(seeds)))]
    first = names[number % len(names)]
    content = MUTATIONS[first](random, content)
    if random.random() < 0.25:
        second = names[int(random.integers(len(names)))]
        return f"{first}+{second}", MUTATIONS[second](random, content)
    return first, content


def pick(random: Random, values: Sequence[Any]) -> Any:
    return values[int(random.integers(len(values)))]


# ---- bytes ----


@mutation
def flip_bits(random: Random, content: bytes) -> bytes:
    changed = bytearray(content)
    for _ in range(int(random.integers(1, 9))):
        if changed:
            changed[int(random.integers(len(changed)))] ^= 1 << int(random.integers(8))
    return bytes(changed)


@mutation
def set_bytes(random: Random, content: bytes) -> bytes:
    changed = bytearray(content)
    for _ in range(int(random.integers(1, 5))):
        if changed:
            changed[int(random.integers(len(changed)))] = int(random.integers(256))
    return bytes(changed)


@mutation
def set_word(random: Random, content: bytes) -> bytes:
    """Offsets, lengths, shapes and scales are aligned words."""
    at = 4 * int(random.integers(max(len(content) // 4, 1)))
    return content[:at] + struct.pack("<I", pick(random, WORDS)) + content[at + 4 :]


@mutation
def nudge_word(random: Random, content: bytes) -> bytes:
    at = 4 * int(random.integers(max(len(content) // 4, 1)))
    (word,) = struct.unpack("<I", content[at : at + 4].ljust(4, b"\0"))
    word = (word + int(random.integers(-8, 9)) * pick(random, (1, 4))) & 0xFFFFFFFF
    return content[:at] + struct.pack("<I", word) + content[at + 4 :]


@mutation
def nudge_half(random: Random, content: bytes) -> bytes:
    """The entries of a flatbuffer's table layouts are halves of a word."""
    at = 2 * int(random.integers(max(len(content) // 2, 1)))
    (half,) = struct.unpack("<H", content[at : at + 2].ljust(2, b"\0"))
    return content[:at] + struct.pack("<H", (half + int(random.integers(-8, 9))) & 0xFFFF) + content[at + 2 :]


@mutation
def truncate(random: Random, content: bytes) -> bytes:
    return content[: int(random.integers(len(content) + 1))]


@mutation
def copy_range(random: Random, content: bytes) -> bytes:
    if len(content) < 8:
        return content
    source, target = (4 * int(random.integers(len(content) // 4)) for _ in range(2))
    piece = content[source : source + 4 * int(random.integers(1, 17))]
    return content[:target] + piece + content[target + len(piece) :]


@mutation
def insert_or_delete(random: Random, content: bytes) -> bytes:
    at, count = int(random.integers(len(content) + 1)), int(random.integers(1, 9))
    if random.random() < 0.5:
        return content[:at] + content[at + count :]
    return content[:at] + random.bytes(count) + content[at:]


# ---- well-formed files ----


def _object_mutation(change: Callable[[Random, Any], None]) -> Mutation:
    """A mutation of the model as objects. What cannot be unpacked or packed again is damaged as bytes instead."""

    def apply(random: Random, content: bytes) -> bytes:
        try:
            model = schema.ModelT.InitFromPackedBuf(content, 0)
            change(random, model)
            builder = flatbuffers.Builder(1 << 14)
            builder.Finish(model.Pack(builder), b"TFL3")
            return bytes(builder.Output())
        except Exception:  # the generated reader raises whatever a damaged file makes it raise
            return flip_bits(random, content)

    apply.__name__ = change.__name__
    return mutation(apply)


def _tensor(random: Random, model: Any) -> Any:
    return pick(random, model.subgraphs[0].tensors)


def _operator(random: Random, model: Any) -> Any:
    return pick(random, model.subgraphs[0].operators)


@_object_mutation
def shapes(random: Random, model: Any) -> None:
    tensor = _tensor(random, model)
    shape = [int(extent) for extent in (tensor.shape if tensor.shape is not None else [])]
    how = int(random.integers(6))
    if how == 0 and shape:
        shape[int(random.integers(len(shape)))] = pick(random, EXTENTS)
    elif how == 1 and shape:
        shape[int(random.integers(len(shape)))] += int(random.integers(-2, 3))
    elif how == 2:
        random.shuffle(shape)
    elif how == 3:
        shape.insert(int(random.integers(len(shape) + 1)), pick(random, (0, 1, 1, 1, 2)))
    elif how == 4 and shape:
        del shape[int(random.integers(len(shape)))]
    else:
        shape = shape * int(random.integers(0, 300))
    tensor.shape = shape


@_object_mutation
def swapped_shapes(random: Random, model: Any) -> None:
    """Activations that keep their number of elements, or both change alike."""
    first, second = _tensor(random, model), _tensor(random, model)
    first.shape, second.shape = second.shape, first.shape


@_object_mutation
def scales(random: Random, model: Any) -> None:
    quantization = _tensor(random, model).quantization
    if quantization is None or quantization.scale is None or not len(quantization.scale):
        return
    values = np.array(quantization.scale, dtype=np.float32)
    at = int(random.integers(len(values)))
    how = int(random.integers(4))
    if how == 0:
        values[at] = pick(random, SCALES)
    elif how == 1:
        values[at] *= np.float32(2.0 ** int(random.integers(-40, 41)))
    elif how == 2:
        values[at] = np.nextafter(values[at], np.float32(pick(random, (0, 1e9))))
    else:
        values = np.full(int(random.integers(0, 12)), values[at])
    quantization.scale = values


@_object_mutation
def zero_points(random: Random, model: Any) -> None:
    quantization = _tensor(random, model).quantization
    if quantization is None or quantization.zeroPoint is None or not len(quantization.zeroPoint):
        return
    values = np.array(quantization.zeroPoint, dtype=np.int64)
    values[int(random.integers(len(values)))] = pick(random, ZERO_POINTS)
    quantization.zeroPoint = values if random.random() < 0.8 else values[: int(random.integers(len(values)))]


@_object_mutation
def quantized_axis(random: Random, model: Any) -> None:
    quantization = _tensor(random, model).quantization
    if quantization is not None:
        quantization.quantizedDimension = pick(random, (-1, 0, 1, 2, 3, 4, 1 << 30))


@_object_mutation
def no_quantization(random: Random, model: Any) -> None:
    _tensor(random, model).quantization = None


@_object_mutation
def types(random: Random, model: Any) -> None:
    _tensor(random, model).type = int(random.integers(0, 20))


@_object_mutation
def overlapping_buffers(random: Random, model: Any) -> None:
    _tensor(random, model).buffer = pick(random, (0, 1, len(model.buffers) - 1, len(model.buffers), 0xFFFFFFFF,
                                                  int(random.integers(len(model.buffers)))))  # fmt: skip


@_object_mutation
def buffer_contents(random: Random, model: Any) -> None:
    buffer = pick(random, model.buffers)
    if buffer.data is None or isinstance(buffer.data, int):
        return
    data = np.array(buffer.data, dtype=np.uint8)
    how = int(random.integers(5))
    if how == 0:
        data[:] = pick(random, (0, 0x7F, 0x80, 0xFF))
    elif how == 1:
        data = data[: int(random.integers(len(data) + 1))]
    elif how == 2:
        data = np.concatenate([data, data])
    elif how == 3 and len(data) >= 4:
        at = 4 * int(random.integers(len(data) // 4))
        data[at : at + 4] = np.frombuffer(struct.pack("<I", pick(random, WORDS)), dtype=np.uint8)
    else:
        data = np.frombuffer(random.bytes(len(data)), dtype=np.uint8)
    buffer.data = data


@_object_mutation
def data_behind_the_file(random: Random, model: Any) -> None:
    buffer = pick(random, model.buffers)
    buffer.offset, buffer.size = pick(random, (0, 2, 4096, 1 << 62)), pick(random, (0, 1, 64, 1 << 62))


@_object_mutation
def operands(random: Random, model: Any) -> None:
    operator, count = _operator(random, model), len(model.subgraphs[0].tensors)
    field = pick(random, ("inputs", "inputs", "outputs"))
    values = [int(index) for index in getattr(operator, field)]
    other = pick(random, (-1, -2, count, 1 << 30, *(int(random.integers(count)) for _ in range(8))))
    how = int(random.integers(5))
    if how == 0 and values:
        values[int(random.integers(len(values)))] = other
    elif how == 1:
        values.append(other)
    elif how == 2 and values:
        del values[int(random.integers(len(values)))]
    elif how == 3:
        values.reverse()
    else:
        values = values * int(random.integers(0, 60))
    setattr(operator, field, values)


@_object_mutation
def options(random: Random, model: Any) -> None:
    chosen = _operator(random, model).builtinOptions
    fields = [] if chosen is None else [name for name in vars(chosen) if not callable(getattr(chosen, name))]
    if fields:
        field = pick(random, fields)
        narrow = field in ("padding", "fusedActivationFunction", "weightsFormat", "quantizedBiasType")
        current = getattr(chosen, field)
        value = int(random.integers(-3, 9)) if narrow else pick(random, (*EXTENTS, 4, 8, 4096, 4097))
        setattr(chosen, field, bool(random.integers(2)) if isinstance(current, bool) else value)


@_object_mutation
def borrowed_options(random: Random, model: Any) -> None:
    first, second = _operator(random, model), _operator(random, model)
    first.builtinOptions, second.builtinOptions = second.builtinOptions, first.builtinOptions
    if random.random() < 0.8:
        first.builtinOptionsType, second.builtinOptionsType = second.builtinOptionsType, first.builtinOptionsType


@_object_mutation
def operator_codes(random: Random, model: Any) -> None:
    if random.random() < 0.5:
        _operator(random, model).opcodeIndex = int(random.integers(len(model.operatorCodes) + 1))
    else:
        code = pick(random, model.operatorCodes)
        code.builtinCode = pick(random, (-1, 0, 3, 4, 9, 18, 22, 32, 40, 41, 127, 200, 1 << 30))
        code.deprecatedBuiltinCode = pick(random, (-128, 0, 3, 32, 127))
        code.version = pick(random, (-1, 0, 1, 99))


@_object_mutation
def order(random: Random, model: Any) -> None:
    operators = model.subgraphs[0].operators
    first, second = (int(random.integers(len(operators))) for _ in range(2))
    how = int(random.integers(3))
    if how == 0:
        operators[first], operators[second] = operators[second], operators[first]
    elif how == 1:
        operators.insert(second, operators[first])
    else:
        del operators[first]


@_object_mutation
def edges(random: Random, model: Any) -> None:
    subgraph = model.subgraphs[0]
    count = len(subgraph.tensors)
    value = pick(random, ([], [0, 1], [-1], [count], [int(random.integers(count))], [int(random.integers(count))]))
    setattr(subgraph, pick(random, ("inputs", "outputs")), value)


@_object_mutation
def subgraphs(random: Random, model: Any) -> None:
    model.subgraphs = model.subgraphs * int(random.integers(0, 4))


@_object_mutation
def names(random: Random, model: Any) -> None:
    for tensor in model.subgraphs[0].tensors:
        tensor.name = pick(random, NAMES)
    model.subgraphs[0].name, model.description = pick(random, NAMES), pick(random, NAMES)
    pick(random, model.operatorCodes).customCode = pick(random, NAMES)


@_object_mutation
def state_and_sparsity(random: Random, model: Any) -> None:
    tensor = _tensor(random, model)
    how = int(random.integers(4))
    if how == 0:
        tensor.isVariable = True
    elif how == 1:
        tensor.shapeSignature = [int(random.integers(-1, 5)) for _ in range(int(random.integers(0, 6)))]
    elif how == 2:
        tensor.hasRank = bool(random.integers(2))
        tensor.variantTensors = [schema.VariantSubTypeT()]
    else:
        tensor.sparsity = schema.SparsityParametersT()
        tensor.sparsity.traversalOrder = list(range(len(tensor.shape)))
