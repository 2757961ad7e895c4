"""The sound model files that hostile ones are made from: small, and together every operator and pass."""

from __future__ import annotations

import functools

import numpy as np

from tests.support.random_network import Family, random_network
from tests.support.tflite_writer import TfliteWriter

_WINDOW = {"StrideW": 1, "StrideH": 1, "DilationWFactor": 1, "DilationHFactor": 1, "FusedActivationFunction": 0}


def _dense() -> bytes:
    """FULLY_CONNECTED with a RELU behind a RESHAPE."""
    random = np.random.default_rng(1)
    writer = TfliteWriter()
    source = writer.activation((1, 4, 6), 0.05, -3)
    target = writer.constant(np.array([4, 6], dtype=np.int32))
    rows = writer.operator("RESHAPE", (source, target), writer.activation((4, 6), 0.05, -3))
    weights = writer.constant(random.integers(-127, 128, (5, 6)).astype(np.int8), (0.01,))
    bias = writer.constant(random.integers(-2000, 2000, 5).astype(np.int32), (0.0005,))
    output = writer.activation((4, 5), 0.07, 10)
    writer.operator("FULLY_CONNECTED", (rows, weights, bias), output, FusedActivationFunction=1)
    return writer.finish(source, output)


def _dynamic_batch() -> bytes:
    """A dilated convolution between SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND, then SHAPE arithmetic and a RESHAPE."""
    random = np.random.default_rng(2)
    writer = TfliteWriter()
    source = writer.activation((1, 1, 12, 4), 0.05, -11)
    block = writer.constant(np.array([1, 2], dtype=np.int32))
    pads = writer.constant(np.array([[0, 0], [2, 2]], dtype=np.int32))
    crops = writer.constant(np.array([[0, 0], [0, 0]], dtype=np.int32))
    spread = writer.operator("SPACE_TO_BATCH_ND", (source, block, pads), writer.activation((1, 1, 8, 4), 0.05, -11))
    weights = writer.constant(random.integers(-127, 128, (1, 1, 3, 4)).astype(np.int8), (0.005,) * 4, axis=3)
    bias = writer.constant(random.integers(-900, 900, 4).astype(np.int32), (0.00025,) * 4)
    product = writer.activation((1, 1, 6, 4), 0.04, 3)
    writer.operator("DEPTHWISE_CONV_2D", (spread, weights, bias), product, Padding=1, DepthMultiplier=1, **_WINDOW)
    dilated = writer.operator("BATCH_TO_SPACE_ND", (product, block, crops), writer.activation((1, 1, 12, 4), 0.04, 3))
    return writer.finish(source, _reshaped_by_its_shape(writer, dilated))


def _reshaped_by_its_shape(writer: TfliteWriter, tensor: int) -> int:
    edges = [writer.constant(np.array([edge], dtype=np.int32)) for edge in (0, 1, 1)]
    forty_eight = writer.constant(np.array(48, dtype=np.int32))
    between = []
    for extents in ((4,), (), (2,)):
        between.append(writer.constant(np.zeros(extents, dtype=np.int32)))
        writer.tensors[-1].data = None
    writer.operator("SHAPE", (tensor,), between[0], OutType=2)  # int32
    writer.operator("STRIDED_SLICE", (between[0], *edges), between[1])
    writer.operator("PACK", (between[1], forty_eight), between[2])
    return writer.operator("RESHAPE", (tensor, between[2]), writer.activation((1, 48), 0.04, 3))


def _strided() -> bytes:
    """CONV_2D over both axes with strides and RELU6, DEPTHWISE_CONV_2D with a depth multiplier, VALID padding."""
    random = np.random.default_rng(3)
    writer = TfliteWriter()
    source = writer.activation((1, 7, 9, 2), 0.05, 4)
    weights = writer.constant(random.integers(-127, 128, (3, 3, 2, 2)).astype(np.int8), (0.01, 0.02, 0.004))
    bias = writer.constant(random.integers(-900, 900, 3).astype(np.int32), (0.0005, 0.001, 0.0002))
    window = {**_WINDOW, "StrideW": 2, "StrideH": 3, "FusedActivationFunction": 3}
    middle = writer.activation((1, 3, 5, 3), 0.03, -100)
    writer.operator("CONV_2D", (source, weights, bias), middle, Padding=0, **window)
    taps = writer.constant(random.integers(-127, 128, (1, 2, 2, 6)).astype(np.int8), (0.01,))
    output = writer.activation((1, 2, 4, 6), 0.05, 0)
    writer.operator("DEPTHWISE_CONV_2D", (middle, taps), output, Padding=1, DepthMultiplier=2, **_WINDOW)
    return writer.finish(source, output)


def _causal() -> bytes:
    """PAD in front of a convolution without padding, on a SQUEEZEd and EXPANDed activation."""
    random = np.random.default_rng(4)
    writer = TfliteWriter()
    source = writer.activation((1, 1, 10, 3), 0.05, -20)
    flat = writer.operator("SQUEEZE", (source,), writer.activation((10, 3), 0.05, -20))
    first, second = (writer.constant(np.array(axis, dtype=np.int32)) for axis in (0, 1))
    image = writer.operator("EXPAND_DIMS", (flat, first), writer.activation((1, 10, 3), 0.05, -20))
    image = writer.operator("EXPAND_DIMS", (image, second), writer.activation((1, 1, 10, 3), 0.05, -20))
    amounts = writer.constant(np.array([[0, 0], [0, 0], [2, 0], [0, 0]], dtype=np.int32))
    padded = writer.operator("PAD", (image, amounts), writer.activation((1, 1, 12, 3), 0.05, -20))
    weights = writer.constant(random.integers(-127, 128, (4, 1, 3, 3)).astype(np.int8), (0.01, 0.02, 0.01, 0.03))
    bias = writer.constant(random.integers(-900, 900, 4).astype(np.int32), (0.0005, 0.001, 0.0005, 0.0015))
    output = writer.activation((1, 1, 10, 4), 0.05, 4)
    writer.operator("CONV_2D", (padded, weights, bias), output, Padding=1, **_WINDOW)
    return writer.finish(source, output)


@functools.cache
def seeds() -> tuple[bytes, ...]:
    return (
        random_network(Family(frames=12, features=3, kernel=3, filters=(4,), depths=(1,), dilations=(1,))),
        random_network(
            Family(frames=9, features=2, kernel=5, filters=(3, 3), depths=(1, 2), dilations=(2, 1), skip=True)
        ),
        random_network(
            Family(frames=8, features=5, kernel=2, filters=(6,), depths=(2,), dilations=(4,), se_ratio=0, wild=True)
        ),
        _dense(),
        _dynamic_batch(),
        _strided(),
        _causal(),
    )
