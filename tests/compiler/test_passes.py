"""Each graph pass: the operators before and after, and the same bytes as the reference."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest

from sktools.compiler import OPTIMIZE_LEVELS, compile_model
from sktools.compiler.compiled import CompiledModel
from sktools.compiler.model_file import read_model
from sktools.compiler.passes import drop_shape_arithmetic, fold_pad, fold_space_to_batch
from sktools.compiler.reference import Reference
from sktools.errors import ModelError
from tests.support.native_model import NativeModel
from tests.support.tflite_writer import ACTIVATIONS, TfliteWriter

T = TypeVar("T")
RANDOM = np.random.default_rng(9)


def dynamic_batch(
    frames: int, dilation: int, kernel: int, *, scale_between: float = 0.05, height: bool = False
) -> bytes:
    """A dilated depthwise convolution as a conversion with a dynamic batch writes it, batch 1 stored between.

    height: along the height, not the width.
    """

    def turned(first: T, second: T) -> tuple[T, T]:
        return (second, first) if height else (first, second)

    channels, reach = 6, (kernel - 1) * dilation
    before = reach // 2
    after = reach - before + (-frames - reach) % dilation
    crop = (-frames - reach) % dilation
    blocks = (frames + before + after) // dilation
    writer = TfliteWriter()
    source = writer.activation((1, *turned(1, frames), channels), 0.05, -11)
    block = writer.constant(np.array(turned(1, dilation), dtype=np.int32))
    pads = writer.constant(np.array(turned([0, 0], [before, after]), dtype=np.int32))
    crops = writer.constant(np.array(turned([0, 0], [0, crop]), dtype=np.int32))
    spread = writer.activation((1, *turned(1, blocks), channels), scale_between, -11)
    writer.operator("SPACE_TO_BATCH_ND", (source, block, pads), spread)
    scales = RANDOM.uniform(0.002, 0.01, channels).astype(np.float32)
    weights = writer.constant(
        RANDOM.integers(-127, 128, (1, *turned(1, kernel), channels)).astype(np.int8), scales, axis=3
    )
    bias = writer.constant(RANDOM.integers(-900, 900, channels).astype(np.int32), scales * np.float32(0.05))
    product = writer.activation((1, *turned(1, blocks - kernel + 1), channels), 0.04, 3)
    window = {"Padding": 1, "StrideW": 1, "StrideH": 1, "DilationWFactor": 1, "DilationHFactor": 1}
    writer.operator(
        "DEPTHWISE_CONV_2D", (spread, weights, bias), product, DepthMultiplier=1, FusedActivationFunction=0, **window
    )
    output = writer.activation((1, *turned(1, frames), channels), 0.04, 3)
    writer.operator("BATCH_TO_SPACE_ND", (product, block, crops), output)
    return writer.finish(source, output)


@pytest.mark.parametrize(("frames", "dilation", "kernel"), [(48, 4, 5), (50, 8, 3), (37, 2, 4), (64, 16, 5)])
def test_space_to_batch_folds_into_a_dilated_convolution(
    frames: int, dilation: int, kernel: int, tmp_path: Path
) -> None:
    tflite = dynamic_batch(frames, dilation, kernel)
    before = read_model(tflite)
    after = fold_space_to_batch(before)
    assert [operator.op for operator in before.operators] == [
        "SPACE_TO_BATCH_ND",
        "DEPTHWISE_CONV_2D",
        "BATCH_TO_SPACE_ND",
    ]
    assert [operator.op for operator in after.operators] == ["DEPTHWISE_CONV_2D"]
    assert after.operators[0].options["dilation_w"] == dilation
    compiled = compile_model(tflite, name="dynamic", optimize="size")
    assert [layer.op for layer in compiled.layers] == [operator.op for operator in before.operators]
    assert [layer.observable for layer in compiled.layers] == [False, False, True]
    assert [layer.cost_owner for layer in compiled.layers] == [False, True, False]
    assert [layer.macs for layer in compiled.layers] == [0, frames * 6 * kernel, 0]
    check(tflite, compiled, tmp_path)


def check(tflite: bytes, compiled: CompiledModel, folder: Path) -> None:
    """Every observable activation and the output equal the reference's."""
    native, reference = NativeModel(compiled, folder), Reference(tflite)
    for _ in range(3):
        frame = RANDOM.integers(-128, 128, compiled.input.shape).astype(np.int8)
        activations, output = native.run(frame)
        expected = reference.run(frame)
        np.testing.assert_array_equal(output, expected[compiled.layers[-1].tensor])
        for layer in compiled.layers:
            if layer.observable:
                np.testing.assert_array_equal(
                    np.ravel(activations[layer.index]), np.ravel(expected[layer.tensor]), err_msg=layer.name
                )


@pytest.mark.parametrize("height", [False, True])
@pytest.mark.parametrize(("frames", "dilation", "kernel"), [(48, 4, 5), (50, 8, 3), (37, 2, 4)])
def test_without_optimization_every_layer_of_a_dynamic_batch_is_observable(
    frames: int, dilation: int, kernel: int, height: bool, tmp_path: Path
) -> None:
    tflite = dynamic_batch(frames, dilation, kernel, height=height)
    compiled = compile_model(tflite, name="dynamic", optimize="none")
    assert [(layer.op, layer.observable) for layer in compiled.layers] == [
        ("SPACE_TO_BATCH_ND", True),
        ("DEPTHWISE_CONV_2D", True),
        ("BATCH_TO_SPACE_ND", True),
    ]
    assert compiled.layers[0].output_bytes == 6 * (frames + (kernel - 1) * dilation + (-frames) % dilation)
    check(tflite, compiled, tmp_path)


def test_space_to_batch_that_requantizes_is_refused() -> None:
    with pytest.raises(ModelError, match=r"SPACE_TO_BATCH_ND\): its input and output are quantized differently"):
        compile_model(dynamic_batch(48, 4, 5, scale_between=0.06), name="requantizing")


def test_shape_arithmetic_in_front_of_a_reshape_is_dropped() -> None:
    writer = TfliteWriter()
    source = writer.activation((1, 4, 8), 0.1, 0)
    for _ in range(3):
        writer.constant(np.array([0], dtype=np.int32))
    shape, first, packed = (len(writer.tensors) + i for i in range(3))
    for extents in ((3,), (), (2,)):
        writer.constant(np.zeros(extents, dtype=np.int32))
        writer.tensors[-1].data = None
    writer.operator("SHAPE", (source,), shape)
    writer.operator("STRIDED_SLICE", (shape, 1, 2, 3), first)
    writer.operator("PACK", (first, 1), packed)
    output = writer.operator("RESHAPE", (source, packed), writer.activation((1, 32), 0.1, 0))
    graph = drop_shape_arithmetic(read_model(writer.finish(source, output)))
    assert [operator.op for operator in graph.operators] == ["RESHAPE"]
    assert [operator.op for operator in graph.operators[0].folded] == ["SHAPE", "STRIDED_SLICE", "PACK"]


def padded_convolution(before: int, after: int, *, dilation: int = 1, scale_between: float = 0.05) -> bytes:
    """A 1x3 convolution behind a PAD, as one-sided (causal) windows are converted."""
    writer = TfliteWriter()
    source = writer.activation((1, 1, 40, 4), 0.05, 17)
    amounts = writer.constant(np.array([[0, 0], [0, 0], [before, after], [0, 0]], dtype=np.int32))
    padded = writer.activation((1, 1, 40 + before + after, 4), scale_between, 17)
    writer.operator("PAD", (source, amounts), padded)
    scales = RANDOM.uniform(0.002, 0.01, 6).astype(np.float32)
    weights = writer.constant(RANDOM.integers(-127, 128, (6, 1, 3, 4)).astype(np.int8), scales)
    bias = writer.constant(RANDOM.integers(-900, 900, 6).astype(np.int32), scales * np.float32(0.05))
    output = writer.activation((1, 1, 40 + before + after - 2 * dilation, 6), 0.06, -128)
    window = {"Padding": 1, "StrideW": 1, "StrideH": 1, "DilationWFactor": dilation, "DilationHFactor": 1}
    writer.operator("CONV_2D", (padded, weights, bias), output, FusedActivationFunction=ACTIVATIONS["RELU"], **window)
    return writer.finish(source, output)


@pytest.mark.parametrize("optimize", ["none", "speed"])
@pytest.mark.parametrize(("before", "after", "dilation"), [(2, 0, 1), (0, 2, 1), (3, 5, 2), (8, 0, 4)])
def test_padding_folds_into_the_convolution(
    before: int, after: int, dilation: int, optimize: str, tmp_path: Path
) -> None:
    tflite = padded_convolution(before, after, dilation=dilation)
    graph = read_model(tflite)
    assert [operator.op for operator in graph.operators] == ["PAD", "CONV_2D"]
    assert [operator.op for operator in fold_pad(graph).operators] == ["CONV_2D"]
    compiled = compile_model(tflite, name="padded", optimize=optimize)
    alone = optimize == "none"
    assert [(layer.op, layer.observable) for layer in compiled.layers] == [("PAD", alone), ("CONV_2D", True)]
    check(tflite, compiled, tmp_path)


def causal_1d(op: str, *, axis: int = 1, dilation: int = 2, shared: bool = False) -> bytes:
    """Conv1D or DepthwiseConv1D with padding="causal": PAD on three axes, a reshape to four, the convolution.

    shared: a second operator reads what the reshape makes.
    """
    writer, frames, channels, reach = TfliteWriter(), 40, 4, 2 * dilation

    def shape(rows: int, width: int) -> tuple[int, ...]:
        return (1, 1, rows, width) if axis == 1 else (1, rows, 1, width)

    def turned(taps: int) -> tuple[int, int]:
        return (1, taps) if axis == 1 else (taps, 1)

    source = writer.activation((1, frames, channels), 0.05, 17)
    amounts = writer.constant(np.array([[0, 0], [reach, 0], [0, 0]], dtype=np.int32))
    padded = writer.activation((1, frames + reach, channels), 0.05, 17)
    writer.operator("PAD", (source, amounts), padded)
    view = writer.activation(shape(frames + reach, channels), 0.05, 17)
    writer.operator("RESHAPE", (padded, writer.constant(np.array(shape(frames + reach, channels), np.int32))), view)
    depthwise = op == "DEPTHWISE_CONV_2D"
    width = channels if depthwise else 6
    scales = RANDOM.uniform(0.002, 0.01, width).astype(np.float32)
    extents = (1, *turned(3), width) if depthwise else (width, *turned(3), channels)
    weights = writer.constant(RANDOM.integers(-127, 128, extents).astype(np.int8), scales, axis=3 if depthwise else 0)
    bias = writer.constant(RANDOM.integers(-900, 900, width).astype(np.int32), scales * np.float32(0.05))
    output = writer.activation(shape(frames, width), 0.06, -128)
    window = {"Padding": 1, "StrideW": 1, "StrideH": 1, "DilationWFactor": 1, "DilationHFactor": 1}
    window["DilationWFactor" if axis == 1 else "DilationHFactor"] = dilation
    more = {"DepthMultiplier": 1} if depthwise else {}
    writer.operator(op, (view, weights, bias), output, FusedActivationFunction=ACTIVATIONS["RELU"], **window, **more)
    if shared:
        writer.operator("ADD", (view, view), writer.activation(shape(frames + reach, channels), 0.1, 17))
    last = writer.activation((1, frames, width), 0.06, -128)
    writer.operator("RESHAPE", (output, writer.constant(np.array((1, frames, width), np.int32))), last)
    return writer.finish(source, last)


@pytest.mark.parametrize("optimize", ["none", "balanced"])
@pytest.mark.parametrize(("op", "axis"), [("CONV_2D", 1), ("CONV_2D", 2), ("DEPTHWISE_CONV_2D", 1)])
def test_causal_padding_of_three_axes_folds_with_its_reshape(op: str, axis: int, optimize: str, tmp_path: Path) -> None:
    tflite = causal_1d(op, axis=axis)
    assert [operator.op for operator in fold_pad(read_model(tflite)).operators] == [op, "RESHAPE"]
    compiled = compile_model(tflite, name="causal", optimize=optimize)
    assert [layer.op for layer in compiled.layers] == ["PAD", "RESHAPE", op, "RESHAPE"]
    alone = optimize == "none"
    assert [layer.observable for layer in compiled.layers] == [alone, alone, True, True]
    check(tflite, compiled, tmp_path)


def test_padding_that_two_operators_read_stays(tmp_path: Path) -> None:
    tflite = causal_1d("CONV_2D", shared=True)
    compiled = compile_model(tflite, name="shared")
    assert [layer.observable for layer in compiled.layers][:2] == [True, True]
    check(tflite, compiled, tmp_path)


@pytest.mark.parametrize("optimize", OPTIMIZE_LEVELS)
def test_an_unfused_norm_stays_two_operators(optimize: str, tmp_path: Path) -> None:
    """Each of them rounds, so that no requantization of the convolution gives their result."""
    writer = TfliteWriter()
    source = writer.activation((1, 1, 40, 6), 0.05, -11)
    scales = RANDOM.uniform(0.002, 0.01, 6).astype(np.float32)
    weights = writer.constant(RANDOM.integers(-127, 128, (1, 1, 5, 6)).astype(np.int8), scales, axis=3)
    bias = writer.constant(RANDOM.integers(-900, 900, 6).astype(np.int32), scales * np.float32(0.05))
    product, scaled, output = (writer.activation((1, 1, 40, 6), *q) for q in ((0.04, 3), (0.03, -7), (0.02, -128)))
    window = {"Padding": 0, "StrideW": 1, "StrideH": 1, "DilationWFactor": 2, "DilationHFactor": 1}
    writer.operator(
        "DEPTHWISE_CONV_2D", (source, weights, bias), product, DepthMultiplier=1, FusedActivationFunction=0, **window
    )
    factors, offsets = (
        writer.constant(RANDOM.integers(-127, 128, (1, 1, 1, 6)).astype(np.int8), np.array([scale], np.float32))
        for scale in (0.01, 0.02)
    )
    writer.operator("MUL", (product, factors), scaled, FusedActivationFunction=0)
    writer.operator("ADD", (scaled, offsets), output, FusedActivationFunction=ACTIVATIONS["RELU"])
    tflite = writer.finish(source, output)
    compiled = compile_model(tflite, name="norm", optimize=optimize)
    assert [layer.observable for layer in compiled.layers] == [True, True, True]
    check(tflite, compiled, tmp_path)


def test_padding_along_two_axes_is_folded_or_observable(tmp_path: Path) -> None:
    writer = TfliteWriter()
    source = writer.activation((1, 6, 7, 2), 0.05, 17)
    amounts = writer.constant(np.array([[0, 0], [1, 1], [2, 0], [0, 0]], dtype=np.int32))
    between = writer.activation((1, 8, 9, 2), 0.05, 17)
    writer.operator("PAD", (source, amounts), between)
    scales = RANDOM.uniform(0.002, 0.01, 3).astype(np.float32)
    weights = writer.constant(RANDOM.integers(-127, 128, (3, 3, 3, 2)).astype(np.int8), scales)
    bias = writer.constant(RANDOM.integers(-900, 900, 3).astype(np.int32), scales * np.float32(0.05))
    output = writer.activation((1, 6, 7, 3), 0.06, -128)
    window = {"Padding": 1, "StrideW": 1, "StrideH": 1, "DilationWFactor": 1, "DilationHFactor": 1}
    writer.operator("CONV_2D", (between, weights, bias), output, FusedActivationFunction=0, **window)
    tflite = writer.finish(source, output)
    for optimize, observable in (("balanced", False), ("none", True)):
        compiled = compile_model(tflite, name="image", optimize=optimize)
        assert [(layer.op, layer.observable) for layer in compiled.layers] == [("PAD", observable), ("CONV_2D", True)]
        check(tflite, compiled, tmp_path / optimize)


def test_padding_in_front_of_no_convolution_moves_rows(tmp_path: Path) -> None:
    writer = TfliteWriter()
    source = writer.activation((1, 1, 9, 4), 0.05, 17)
    amounts = writer.constant(np.array([[0, 0], [0, 0], [3, 2], [0, 0]], dtype=np.int32))
    output = writer.activation((1, 1, 14, 4), 0.05, 17)
    writer.operator("PAD", (source, amounts), output)
    tflite = writer.finish(source, output)
    check(tflite, compile_model(tflite, name="pad"), tmp_path)


def test_padding_that_requantizes_is_refused() -> None:
    with pytest.raises(ModelError, match=r"PAD\): its input and output are quantized differently"):
        compile_model(padded_convolution(2, 0, scale_between=0.06), name="requantizing")
