"""Single operators with options that the four networks do not use, against the reference."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sktools.compiler import compile_model
from sktools.compiler.reference import Reference, float_activations
from tests.support.native_model import NativeModel
from tests.support.random_network import Family, random_network
from tests.support.tflite_writer import ACTIVATIONS, TfliteWriter

RANDOM = np.random.default_rng(5)


def agrees(tflite: bytes, folder: Path, optimize: str = "none") -> int:
    """Runs three frames; returns the number of distinct output values, so that a dead output is noticed."""
    compiled = compile_model(tflite, name="op", optimize=optimize)
    native, reference = NativeModel(compiled, folder), Reference(tflite)
    seen: set[int] = set()
    for _ in range(3):
        frame = RANDOM.integers(-128, 128, compiled.input.shape).astype(np.int8)
        expected = reference.run(frame)[compiled.layers[-1].tensor]
        np.testing.assert_array_equal(native.run(frame)[1], expected)
        seen |= set(np.unique(expected).tolist())
    return len(seen)


@pytest.mark.parametrize("per_channel", [False, True])
@pytest.mark.parametrize("activation", ["NONE", "RELU"])
@pytest.mark.parametrize("optimize", ["none", "speed"])
def test_fully_connected(per_channel: bool, activation: str, optimize: str, tmp_path: Path) -> None:
    pytest.importorskip("tflite_micro", reason="FULLY_CONNECTED is judged by the tflite-micro runtime")
    writer = TfliteWriter()
    source = writer.activation((3, 20), 0.05, 7)
    scales = RANDOM.uniform(0.002, 0.02, 6 if per_channel else 1).astype(np.float32)
    weights = writer.constant(RANDOM.integers(-127, 128, (6, 20)).astype(np.int8), scales)
    bias = writer.constant(RANDOM.integers(-900, 900, 6).astype(np.int32), scales * np.float32(0.05))
    output = writer.activation((3, 6), 0.35, -5)
    writer.operator("FULLY_CONNECTED", (source, weights, bias), output, FusedActivationFunction=ACTIVATIONS[activation])
    tflite = writer.finish(source, output)
    assert agrees(tflite, tmp_path, optimize) > 10
    kernel = compile_model(tflite, name="op", optimize=optimize).layers[-1].kernel
    assert kernel == "conv" if optimize == "none" else kernel.startswith("fast")


@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize(("shape", "axes"), [((1, 1, 50, 7), (1, 2)), ((1, 50, 7), (1,)), ((1, 5, 9, 3), (2, -3))])
def test_mean(shape: tuple[int, ...], axes: tuple[int, ...], keep: bool, tmp_path: Path) -> None:
    writer = TfliteWriter()
    source = writer.activation(shape, 0.031, -17)
    kept = (1,) * (len(shape) - 1) + shape[-1:]
    output = writer.activation(kept if keep else (1, shape[-1]), 0.004, 12)
    writer.operator("MEAN", (source, writer.constant(np.array(axes, dtype=np.int32))), output, KeepDims=keep)
    assert agrees(writer.finish(source, output), tmp_path) > 3


@pytest.mark.parametrize(
    ("size", "stride", "dilation", "kernel", "padding"),
    [((9, 7), 1, 1, 3, 0), ((9, 7), 2, 1, 3, 0), ((9, 8), 1, 2, 2, 1), ((12, 9), 3, 1, 4, 1), ((1, 33), 1, 4, 4, 0)],
)
@pytest.mark.parametrize("depthwise", [False, True])
def test_two_dimensional_windows(
    size: tuple[int, int], stride: int, dilation: int, kernel: int, padding: int, depthwise: bool, tmp_path: Path
) -> None:
    writer = TfliteWriter()
    source = writer.activation((1, *size, 3), 0.04, 9)
    kernels = (min(kernel, size[0]), kernel)
    reach = [(k - 1) * dilation + 1 for k in kernels]
    produced = [
        -(-extent // stride) if padding == 0 else -(-(extent - r + 1) // stride)
        for extent, r in zip(size, reach, strict=True)
    ]
    shape, axis = ((1, *kernels, 6), 3) if depthwise else ((6, *kernels, 3), 0)
    scales = RANDOM.uniform(0.002, 0.01, 6).astype(np.float32)
    weights = writer.constant(RANDOM.integers(-127, 128, shape).astype(np.int8), scales, axis=axis)
    output = writer.activation((1, *produced, 6), 0.07, -3)
    options = {
        "Padding": padding,
        "StrideW": stride,
        "StrideH": stride,
        "DilationWFactor": dilation,
        "DilationHFactor": dilation,
        "FusedActivationFunction": ACTIVATIONS["RELU_N1_TO_1" if depthwise else "RELU"],
    }
    op = "DEPTHWISE_CONV_2D" if depthwise else "CONV_2D"
    if depthwise:
        options["DepthMultiplier"] = 2
    bias = writer.constant(RANDOM.integers(-500, 500, 6).astype(np.int32), scales * np.float32(0.04))
    writer.operator(op, (source, weights, bias), output, **options)
    assert agrees(writer.finish(source, output), tmp_path) > 10


def test_the_float_evaluation_is_what_the_int8_network_approximates() -> None:
    tflite = random_network(Family(skip=True, seed=3))
    reference = Reference(tflite)
    graph = reference.graph
    source = graph.tensors[graph.input]
    frame = RANDOM.integers(-60, 61, source.shape).astype(np.int8)
    values = float_activations(graph, (frame.astype(float) - source.zero_point) * source.scale)
    for index, activation in reference.run(frame).items():
        tensor = graph.tensors[index]
        real = (activation.astype(float) - tensor.zero_point) * tensor.scale
        noise, signal = np.mean((real - values[index]) ** 2), np.mean(values[index] ** 2)
        assert noise < signal / 10 or noise < tensor.scale**2, f"tensor {index}"
