"""Parity that cannot fail proves nothing: a flipped weight, an off-by-one shift and a swapped layer are each caught.

The image is the fused one that users run. It is compiled from a network that differs in that one place, and compared
with the reference of the sound network.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from sktools.boards.board import load_board
from sktools.boards.driver import driver_for
from sktools.build.build import build_firmware
from sktools.compiler import CompiledModel, compile_model
from sktools.compiler.ops import window
from sktools.compiler.ops.base import multiplier_of
from sktools.compiler.passes import load_graph
from sktools.compiler.reference import Reference
from sktools.profiling.run import BoardDevice
from sktools.profiling.session import Measurement, measure
from tests.support.random_network import Family, random_network
from tests.support.tools import needs_cc, needs_qemu

TFLITE = random_network(Family(frames=24, filters=(16, 16), depths=(2, 1), dilations=(1, 2), skip=True, seed=3))
GRAPH = load_graph(TFLITE)
CONVOLUTIONS = [
    op.index
    for op in GRAPH.operators
    if op.op in ("CONV_2D", "DEPTHWISE_CONV_2D") and GRAPH.tensors[op.outputs[0]].shape[2] > 1
]
"""Those over all rows: one weight of the squeeze-excite chain may well change no byte."""

HOST, VIRTUAL = pytest.param("host", marks=needs_cc), pytest.param("virtual", marks=[needs_qemu, needs_cc])
BOARDS = [HOST, VIRTUAL]
PLACES = [
    *(pytest.param(index, "host", marks=needs_cc) for index in CONVOLUTIONS[2:4]),
    *(pytest.param(index, "host", marks=[needs_cc, pytest.mark.soak]) for index in CONVOLUTIONS[:2] + CONVOLUTIONS[4:]),
    pytest.param(CONVOLUTIONS[2], "virtual", marks=[needs_qemu, needs_cc]),
]


def measured(board: str, model: CompiledModel, tflite: bytes, folder: Path) -> Measurement:
    """`model`, compiled from `tflite`, against the reference of the sound network."""
    description = load_board(board)
    build = build_firmware(model, description.target, tflite, folder / "build")
    shape = GRAPH.tensors[GRAPH.input].shape
    frames = np.random.default_rng(0).integers(-128, 128, (2, *shape)).astype(np.int8)
    with driver_for(description).open(build) as session:
        return measure(model, BoardDevice(session, model.output), Reference(TFLITE), frames)


def changed(change: Callable[[Any], None]) -> bytes:
    """The network as objects, changed and written again."""
    model = schema.ModelT.InitFromPackedBuf(TFLITE, 0)
    change(model)
    builder = flatbuffers.Builder(1 << 14)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def weights_of(model: Any, operator: int) -> Any:
    """The buffer that holds an operator's weights."""
    subgraph = model.subgraphs[0]
    return model.buffers[subgraph.tensors[subgraph.operators[operator].inputs[1]].buffer]


def flipped_where_it_matters(operator: int) -> bytes:
    """The first of the operator's weights whose flip the reference notices: some see only closed gates."""
    shape = GRAPH.tensors[GRAPH.input].shape
    frame = np.random.default_rng(0).integers(-128, 128, shape).astype(np.int8)
    sound = Reference(TFLITE).run(frame)
    for position in range(0, 10_000, 7):

        def flip(model: Any, at: int = position) -> None:
            data = np.array(weights_of(model, operator).data, dtype=np.uint8)
            data[at % len(data)] ^= 0x40
            weights_of(model, operator).data = data

        tflite = changed(flip)
        other = Reference(tflite).run(frame)
        if any(not np.array_equal(sound[tensor], other[tensor]) for tensor in sound):
            return tflite
    raise AssertionError("no weight of this operator matters")


def mismatched_layers(found: Measurement, model: CompiledModel) -> list[int]:
    layers = zip(model.layers, found.layers, strict=True)
    return [layer.index for layer, parity in layers if parity is not None and parity.mismatched]


@pytest.mark.parametrize("board", BOARDS)
def test_the_sound_image_is_exact_and_fused(board: str, tmp_path: Path) -> None:
    model = compile_model(TFLITE, name="sound")
    found = measured(board, model, TFLITE, tmp_path)
    assert not mismatched_layers(found, model) and found.output_parity.mismatched == 0
    assert any(not layer.observable and layer.op == "MUL" for layer in model.layers)


@pytest.mark.parametrize(("operator", "board"), PLACES)
def test_a_flipped_weight_is_caught(operator: int, board: str, tmp_path: Path) -> None:
    tflite = flipped_where_it_matters(operator)
    model = compile_model(tflite, name="flipped")
    assert_caught(measured(board, model, tflite, tmp_path), model, operator)


@pytest.mark.parametrize(("operator", "board"), PLACES)
def test_a_shift_that_is_off_by_one_is_caught(
    operator: int, board: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def off_by_one(of: Any, real: float) -> tuple[int, int]:
        multiplier, shift = multiplier_of(of, real)
        return multiplier, shift - (1 if of.index == operator else 0)

    monkeypatch.setattr(window, "multiplier_of", off_by_one)
    model = compile_model(TFLITE, name="shifted")
    assert_caught(measured(board, model, TFLITE, tmp_path), model, operator)


@pytest.mark.parametrize("board", BOARDS)
def test_a_swapped_layer_is_caught(board: str, tmp_path: Path) -> None:
    """Two pointwise convolutions of the same shape, each with the other's weights."""
    shapes: dict[tuple[int, ...], list[int]] = {}
    for index in CONVOLUTIONS:
        operator = next(op for op in GRAPH.operators if op.index == index)
        shapes.setdefault((*GRAPH.tensors[operator.inputs[1]].shape, len(operator.op)), []).append(index)
    first, second = max(shapes.values(), key=len)[:2]

    def swap(model: Any) -> None:
        one, other = weights_of(model, first), weights_of(model, second)
        one.data, other.data = other.data, one.data

    tflite = changed(swap)
    model = compile_model(tflite, name="swapped")
    assert_caught(measured(board, model, tflite, tmp_path), model, first)


def assert_caught(found: Measurement, model: CompiledModel, operator: int) -> None:
    """The first layer that differs is the changed one, or where it is fused away, the next that can be seen."""
    wrong = mismatched_layers(found, model)
    assert wrong
    step = next(layer.step for layer in model.layers if layer.index == operator)
    visible = [layer.index for layer in model.layers if layer.observable and layer.step >= step]
    assert min(wrong) >= operator
    assert wrong[0] in visible[:3]
