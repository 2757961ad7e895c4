"""Random layers as cases for tests/kernels/driver.c, with the output that the reference arithmetic gives."""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sktools.compiler.kernels.arithmetic.gates import Gate, fit_gate
from sktools.compiler.kernels.arithmetic.lines import factor_line
from sktools.compiler.kernels.arithmetic.requantization import Requantization, Requantizer
from sktools.compiler.kernels.arithmetic.streams import STREAMS, pack_stream
from sktools.compiler.kernels.arithmetic.sums import sum_plane
from sktools.compiler.kernels.arithmetic.windows import RowWindow
from sktools.compiler.kernels.fast.conv_1x1 import pack_conv_1x1
from sktools.compiler.kernels.fast.conv_1x1_narrow import narrow_tiles
from sktools.compiler.kernels.fast.conv_1x1_vector import pack_vector
from sktools.compiler.kernels.fast.conv_1xk import pack_conv_1xk
from sktools.compiler.kernels.fast.conv_1xk_few_outputs import pack_few_outputs
from sktools.compiler.kernels.fast.depthwise_window import pack_depthwise
from tests.kernels import reference

STREAMED_ENDS = {
    "": (Requantizer.FITTED, (-11.0, -1.1)),
    "_mixed": (Requantizer.MIXED, (-13.0, 6.9)),
    "_linear": (Requantizer.LINEAR, (-14.0, -1.6)),
}
"""Of the depthwise kernels that stream through registers: their records, and log2 of the real factors."""

STREAMED = {
    stream.name.replace("depthwise_", "dw"): (stream.taps, stream.before, stream.shortest)
    for stream in sorted(STREAMS, key=lambda stream: (stream.taps == 3, stream.taps))
}
"""Their taps, those of them before the output's row, and the least rows / dilation."""

KERNELS = (
    *(kernel + end for kernel in STREAMED for end in STREAMED_ENDS),
    *("dw", "pw", "gated_pw", "any", "conv", "mul", "sums", "add", "vector", "scale"),
    *("narrow_pw", "narrow_gated_pw", "lines", "factor"),
)


@dataclass(frozen=True, eq=False)
class Case:
    """kernel: index into KERNELS; scalars end with 1 where the output overwrites the input; input is the last blob."""

    kernel: str
    scalars: tuple[int, ...]
    blobs: tuple[NDArray[np.generic], ...]
    expected: NDArray[np.generic]

    def words(self, with_expected: bool = False) -> NDArray[np.int32]:
        """The case as the driver reads it."""
        blobs = (*self.blobs, self.expected) if with_expected else self.blobs
        parts: list[NDArray[np.int32]] = [
            np.array([KERNELS.index(self.kernel), len(self.scalars), *self.scalars, len(blobs)], np.int32)
        ]
        for blob in blobs:
            data = np.ascontiguousarray(blob).tobytes()
            padded = data + bytes(-len(data) % 4)
            parts += [np.array([len(data)], np.int32), np.frombuffer(padded, np.int32)]
        return np.concatenate(parts)


def int8s(rng: np.random.Generator, *shape: int) -> NDArray[np.int8]:
    """Uniform int8, or nothing but the two ends, which drive accumulators to their limits."""
    if rng.random() < 0.25:
        return rng.choice(np.array([-128, 127], np.int8), shape)
    return rng.integers(-128, 128, shape).astype(np.int8)


def weights8(rng: np.random.Generator, *shape: int) -> NDArray[np.int8]:
    """TFLite's symmetric weights, -127 to 127."""
    return np.maximum(int8s(rng, *shape), -127).astype(np.int8)


def quantize_multiplier(real: float) -> tuple[int, int]:
    fraction, shift = math.frexp(real)
    multiplier = round(fraction * (1 << 31))
    return (multiplier // 2, shift + 1) if multiplier == 1 << 31 else (multiplier, shift)


def requantization(
    rng: np.random.Generator, channels: int, exponents: tuple[float, float], zero_point: int, low: int, high: int
) -> Requantization:
    """A real factor 2**e a channel, e uniform in exponents; now and then an exact power of two, which makes ties, or so
    small that the channel is dead."""
    real = 2.0 ** rng.uniform(*exponents, channels)
    real = np.where(rng.random(channels) < 0.1, 2.0 ** np.round(np.log2(real)), real)
    real = np.where(rng.random(channels) < 0.03, 2.0**-30, real)
    constants = np.array([quantize_multiplier(float(r)) for r in real])
    return Requantization(constants[:, 0].astype(np.int32), constants[:, 1].astype(np.int32), zero_point, low, high)


def _stage(sums: NDArray[np.int64], q: Requantization) -> NDArray[np.int8]:
    return reference.output_stage(
        sums, q.multiplier.astype(np.int64), q.shift.astype(np.int64), q.zero_point, q.low, q.high
    )


def _bias(rng: np.random.Generator, channels: int, *, extreme: bool = False) -> NDArray[np.int32]:
    """extreme: now and then as much as survives a left shift by 3."""
    size = 1 << 27 if extreme and rng.random() < 0.15 else 20000
    return rng.integers(-size, size + 1, channels).astype(np.int32)


RELU = (-128, -128, 127)
"""Zero point and clamp of the layers that the fitted kernels are for."""


def streamed_case(
    seed: int, rows: int, channels: int, dilation: int, in_place: bool, kernel: str, end: str
) -> Case | None:
    """kernel, end: of STREAMED and STREAMED_ENDS."""
    rng = np.random.default_rng(seed)
    taps, before, shortest = STREAMED[kernel]
    zero_point, out_zero_point = (int(v) for v in rng.integers(-128, 128, 2))
    weights, bias = weights8(rng, taps, channels), _bias(rng, channels)
    requantizer, exponents = STREAMED_ENDS[end]
    q = requantization(rng, channels, exponents, *((out_zero_point, -128, 127) if end == "_linear" else RELU))
    records = pack_stream(weights, bias, zero_point, q, requantizer)
    assert records is not None or end != "_linear"
    if records is None or rows // dilation < shortest:
        return None
    x = int8s(rng, rows, channels)
    expected = _stage(reference.depthwise(x, weights, bias, zero_point, dilation, before * dilation), q)
    return Case(kernel + end, (rows, channels, dilation, zero_point, int(in_place)), (records, x), expected)


def dw_case(
    seed: int,
    rows: int,
    channels: int,
    dilation: int,
    taps: int,
    padding: int,
    in_place: bool,
    exponents: tuple[float, float],
    kind: str = "any",
) -> Case:
    """padding: rows before the first. kind: "any", or "relu" and "linear" for which a shorter end may be found."""
    rng = np.random.default_rng(seed)
    zero_point, out_zero_point = (int(v) for v in rng.integers(-128, 128, 2))
    low, high = sorted(int(v) for v in rng.integers(-128, 128, 2))
    ends = {"any": (out_zero_point, low, high), "relu": RELU, "linear": (out_zero_point, -128, 127)}[kind]
    weights, bias = weights8(rng, taps, channels), _bias(rng, channels, extreme=True)
    q = requantization(rng, channels, exponents, *ends)
    packed = pack_depthwise(weights, bias, zero_point, q)
    assert packed is not None
    stage, records = packed
    x = int8s(rng, rows, channels)
    expected = _stage(reference.depthwise(x, weights, bias, zero_point, dilation, padding), q)
    in_place = in_place and padding % dilation == 0
    scalars = (rows, channels, dilation, padding, taps, stage, zero_point, q.low, q.high, int(in_place))
    return Case("dw", scalars, (records, x), expected)


def gate_constants(rng: np.random.Generator, out_zero_point: int) -> tuple[Gate, int, int]:
    """Constants, multiplier and shift of a random gate."""
    multiplier, shift = quantize_multiplier(2.0 ** rng.uniform(-10.5, -3.5))
    constants = fit_gate((-128, -128, out_zero_point), multiplier, shift, (-128, 127))
    assert constants is not None
    return constants, multiplier, shift


def pointwise_case(
    seed: int,
    rows: int,
    inputs: int,
    outputs: int,
    in_place: bool,
    gated: bool,
    magnitude: float = -7.0,
    relu: bool = True,
) -> Case | None:
    """magnitude: log2 of the real factors' upper end, beside the row's length."""
    rng = np.random.default_rng(seed)
    zero_point = int(rng.integers(-128, 128))
    weights, bias = weights8(rng, outputs, inputs), _bias(rng, outputs)
    output = RELU if relu else (int(rng.integers(-127, 128)), -128, 127)
    q = requantization(rng, outputs, (magnitude - 3, magnitude), *output)
    packed = pack_conv_1x1(weights, bias, zero_point, q)
    if packed is None:
        return None
    x = int8s(rng, rows, inputs)
    if not gated:
        expected = _stage(reference.convolve(x, weights[:, None], bias, zero_point, 1, 0), q)
        return Case("pw", (rows, inputs, outputs, packed.requantizer, int(in_place)), (packed.tiles, x), expected)
    gates = int8s(rng, inputs)
    constants, multiplier, shift = gate_constants(rng, zero_point)
    scaled = reference.multiply(x, gates, (-128, -128, zero_point), multiplier, shift)
    expected = _stage(reference.convolve(scaled, weights[:, None], bias, zero_point, 1, 0), q)
    scalars = (rows, inputs, outputs, packed.requantizer, constants.slope, constants.rounding, int(in_place))
    return Case("gated_pw", scalars, (packed.tiles, gates, x), expected)


def narrow_case(
    seed: int, rows: int, inputs: int, outputs: int, in_place: bool, gated: bool, magnitude: float = -7.0
) -> Case | None:
    """pointwise_case with weights of a byte, which are widened in scratch."""
    wide = pointwise_case(seed, rows, inputs, outputs, in_place, gated, magnitude)
    if wide is None or wide.scalars[3] != Requantizer.FITTED:
        return None
    tiles = narrow_tiles(wide.blobs[0].astype(np.int32))
    if tiles is None:
        return None
    scalars = (*wide.scalars[:-1], wide.blobs[0].nbytes, int(in_place))
    return replace(wide, kernel=f"narrow_{wide.kernel}", scalars=scalars, blobs=(tiles, *wide.blobs[1:]))


def any_case(
    seed: int,
    rows: int,
    inputs: int,
    outputs: int,
    window: tuple[int, int, int],
    in_place: bool,
    exponents: tuple[float, float],
) -> Case:
    """window: taps, dilation, and padding rows before the first."""
    rng = np.random.default_rng(seed)
    taps, dilation, padding = window
    zero_point, out_zero_point = (int(v) for v in rng.integers(-128, 128, 2))
    low, high = sorted(int(v) for v in rng.integers(-128, 128, 2))
    weights, bias = weights8(rng, outputs, taps, inputs), _bias(rng, outputs, extreme=True)
    q = requantization(rng, outputs, exponents, out_zero_point, low, high)
    tables = pack_conv_1xk(weights, bias, zero_point, q)
    assert tables is not None
    x = int8s(rng, rows, inputs)
    expected = _stage(reference.convolve(x, weights, bias, zero_point, dilation, padding), q)
    scalars = (rows, inputs, outputs, *window, zero_point, low, high, out_zero_point, int(in_place and taps == 1))
    rounding = np.zeros(0, np.int32) if tables.rounding is None else tables.rounding
    blobs = (tables.tiles, tables.bias, tables.multiplier, tables.shift, rounding, x)
    return Case("any", scalars, blobs, expected)


def conv_case(
    seed: int, rows: int, inputs: int, outputs: int, taps: int, dilation: int, padding: int, in_place: bool
) -> Case | None:
    rng = np.random.default_rng(seed)
    zero_point, out_zero_point = (int(v) for v in rng.integers(-128, 128, 2))
    low, high = sorted(int(v) for v in rng.integers(-128, 128, 2))
    weights, bias = weights8(rng, outputs, taps, inputs), _bias(rng, outputs, extreme=True)
    q = requantization(rng, outputs, (-12, -4), out_zero_point, low, high)
    tables = pack_few_outputs(weights, bias, zero_point, q, RowWindow(rows, inputs, taps, dilation, padding))
    if tables is None:
        return None
    x = int8s(rng, rows, inputs)
    expected = _stage(reference.convolve(x, weights, bias, zero_point, dilation, padding), q)
    scalars = (rows, inputs, outputs, taps, dilation, padding, low, high, int(in_place))
    return Case("conv", scalars, (tables.tiles, tables.padding, tables.outputs, x), expected)


def mul_case(seed: int, rows: int, channels: int, in_place: bool) -> Case:
    rng = np.random.default_rng(seed)
    zero_point = int(rng.integers(-128, 128))
    constants, multiplier, shift = gate_constants(rng, zero_point)
    x, gates = int8s(rng, rows, channels), int8s(rng, channels)
    expected = reference.multiply(x, gates, (-128, -128, zero_point), multiplier, shift)
    scalars = (rows, channels, constants.slope, constants.rounding, int(in_place))
    return Case("mul", scalars, (gates, x), expected)


def lines_case(seed: int, rows: int, channels: int, in_place: bool) -> Case | None:
    """A constant factor a channel."""
    rng = np.random.default_rng(seed)
    x, factors = int8s(rng, rows, channels), int8s(rng, channels)
    zero_points = (
        int(rng.integers(-128, 128)),
        int(rng.choice([0, rng.integers(-128, 128)])),
        int(rng.integers(-128, 128)),
    )
    multiplier, shift = quantize_multiplier(2.0 ** rng.uniform(-10, -5))
    lines = [factor_line(int(factor), zero_points, multiplier, shift, (-128, 127)) for factor in factors]
    if any(line is None for line in lines):
        return None
    table = np.array([(line.slope, line.offset) for line in lines if line is not None], np.int32)
    expected = reference.multiply(x, factors, zero_points, multiplier, shift)
    return Case("lines", (rows, channels, int(in_place)), (table, x), expected)


def factor_case(seed: int, rows: int, channels: int, in_place: bool) -> Case:
    rng = np.random.default_rng(seed)
    x, factors = int8s(rng, rows, channels), int8s(rng, channels)
    zero_points = tuple(int(v) for v in rng.integers(-128, 128, 3))
    low, high = sorted(int(v) for v in rng.integers(-128, 128, 2))
    multiplier, shift = quantize_multiplier(2.0 ** rng.uniform(-20, -1.1))
    expected = reference.multiply(x, factors, zero_points[:3], multiplier, shift, low, high)
    rounding = (1 << (-shift - 1)) + (zero_points[2] << -shift)
    scalars = (rows, channels, *zero_points[:2], low, high, multiplier, rounding, -shift, int(in_place))
    return Case("factor", scalars, (factors, x), expected)


def sums_case(seed: int, rows: int, channels: int) -> Case:
    x = int8s(np.random.default_rng(seed), rows, channels)
    return Case("sums", (rows, channels, 0), (x,), x.sum(axis=0, dtype=np.int32))


def add_case(seed: int, elements: int, in_place: bool) -> Case | None:
    rng = np.random.default_rng(seed)
    zero_points = (-128, -128, -128) if rng.random() < 0.5 else tuple(int(v) for v in rng.integers(-128, 128, 3))
    scales = 2.0 ** rng.uniform(-7, -4, 3)
    twice = 2 * max(scales[0], scales[1])
    factors = [
        quantize_multiplier(float(f)) for f in (scales[0] / twice, scales[1] / twice, 2.0**-20 * twice / scales[2])
    ]
    constants = sum_plane((factors[0], factors[1], factors[2]), 20, zero_points, (-128, 127))
    if constants is None:
        return None
    a, b = int8s(rng, elements), int8s(rng, elements)
    values = [(x.astype(np.int64) - zero_point) << 20 for x, zero_point in zip((a, b), zero_points, strict=False)]
    terms = [reference.requantize(v, np.int64(m), np.int64(n)) for v, (m, n) in zip(values, factors, strict=False)]
    stage = np.int64(factors[2][0]), np.int64(factors[2][1])
    expected = reference.output_stage(terms[0] + terms[1], *stage, zero_points[2], -128, 127)
    return Case("add", (elements, *astuple(constants), int(in_place)), (b, a), expected)


def vector_case(seed: int, inputs: int, outputs: int, in_place: bool, magnitude: float = -7.0) -> Case | None:
    rng = np.random.default_rng(seed)
    zero_point = int(rng.integers(-128, 128))
    weights, bias = weights8(rng, outputs, inputs), _bias(rng, outputs)
    q = requantization(rng, outputs, (magnitude - 3, magnitude), *RELU)
    tables = pack_vector(weights, bias, zero_point, q)
    if tables is None:
        return None
    x = int8s(rng, 1, inputs)
    expected = _stage(reference.convolve(x, weights[:, None], bias, zero_point, 1, 0), q)
    return Case("vector", (1, inputs, outputs, int(in_place)), (tables.weights, tables.outputs, x), expected)


def scale_case(seed: int, elements: int, in_place: bool) -> Case | None:
    rng = np.random.default_rng(seed)
    zero_points = (-128, -128, -128) if rng.random() < 0.5 else tuple(int(v) for v in rng.integers(-128, 128, 3))
    factor = int(rng.integers(-128, 128))
    multiplier, shift = quantize_multiplier(2.0 ** rng.uniform(-9, -6))
    constants = factor_line(factor, zero_points, multiplier, shift, (-128, 127))
    if constants is None:
        return None
    x = int8s(rng, elements)
    expected = reference.multiply(x, np.array([factor], np.int8), zero_points, multiplier, shift)
    return Case("scale", (elements, *astuple(constants), int(in_place)), (x,), expected)
