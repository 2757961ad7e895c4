"""Random int8 networks of the SS-N-TCN-SM family, written straight to .tflite: shapes and arithmetic at their edges.

A float copy of the network runs along on a random frame, and each activation is quantized by the range it shows, as a
converter would: so the int8 values spread, and an error in one layer is seen in the next.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.support.tflite_writer import ACTIVATIONS, TfliteWriter

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Family:
    """By block: filters, depths, dilations. se_ratio 0: no squeeze-excite. wild: scales and biases off their range.

    reshapes: squeeze-excite on [1, frames, channels], as a network of Keras' Conv1D is converted; regrouped: to rows of
    how many channels its product is reshaped then, 0: as before.
    """

    frames: int = 64
    features: int = 14
    kernel: int = 5
    filters: tuple[int, ...] = (24, 32)
    depths: tuple[int, ...] = (1, 2)
    dilations: tuple[int, ...] = (1, 2)
    classes: int = 4
    se_ratio: int = 4
    skip: bool = False
    wild: bool = False
    reshapes: bool = False
    regrouped: int = 0
    seed: int = 0


def random_family(seed: int, *, max_width: int = 80, max_frames: int = 480) -> Family:
    """filters 3 to max_width, k 1 to 9, dilation 1 to 16, depth 1 to 3, SE ratio 0 to 8, skips or none, 32+ frames."""
    random = np.random.default_rng(seed)
    blocks = int(random.integers(1, 4))

    def draw(low: int, high: int) -> tuple[int, ...]:
        return tuple(int(value) for value in random.integers(low, high + 1, blocks))

    return Family(
        frames=int(random.integers(32, max_frames + 1)),
        features=int(random.integers(3, 17)),
        kernel=int(random.integers(1, 10)),
        filters=draw(3, max_width),
        depths=draw(1, 3),
        dilations=draw(1, 16),
        classes=int(random.integers(2, 6)),
        se_ratio=int(random.integers(0, 9)),
        skip=bool(random.integers(2)),
        wild=bool(random.integers(2)),
        reshapes=bool(random.integers(2)),
        seed=seed,
    )


def random_network(family: Family) -> bytes:
    """The .tflite of one network of the family with random weights."""
    return _Builder(family).build()


class _Builder:
    def __init__(self, family: Family) -> None:
        self.family = family
        self.random = np.random.default_rng(family.seed)
        self.writer = TfliteWriter()
        self.value: dict[int, Floats] = {}

    def build(self) -> bytes:
        family = self.family
        shape = (1, family.frames, family.features)
        first = self.activation(self.random.normal(0, 1, shape))
        tensor = self.reshape(first, (1, 1, family.frames, family.features))
        tensor = self.depthwise(tensor, 1, "NONE")
        for filters, depth, dilation in zip(family.filters, family.depths, family.dilations, strict=True):
            for _ in range(depth):
                block_input = tensor
                tensor = self.depthwise(tensor, dilation, "RELU6")
                if family.se_ratio:
                    tensor = self.squeeze_excite(tensor, family.se_ratio)
                tensor = self.conv(tensor, filters, 1, "RELU6")
                if family.skip and self.value[block_input].shape == self.value[tensor].shape:
                    total = self.value[block_input] + self.value[tensor]
                    tensor = self.binary("ADD", block_input, tensor, self.activation(total))
        tensor = self.conv(tensor, family.classes, family.kernel, "NONE")
        return self.writer.finish(first, self.reshape(tensor, self.value[tensor].shape[1:]))

    def scale(self, index: int) -> float:
        return float(np.float32(self.writer.tensors[index].scales[0]))

    def activation(self, value: Floats) -> int:
        """A tensor quantized by the value's range; wild: by a range that is up to four times off, anywhere."""
        low, high = min(float(value.min()), 0.0), max(float(value.max()), 0.0)
        if self.family.wild:
            low, high = (edge * float(np.exp(self.random.uniform(-1.4, 1.4))) for edge in (low, high))
        scale = max(high - low, 1e-6) / 255
        index = self.writer.activation(value.shape, scale, int(np.clip(round(-128 - low / scale), -128, 127)))
        self.value[index] = value
        return index

    def weights(self, shape: tuple[int, ...], axis: int, source: int, deviation: Floats) -> tuple[int, int, Floats]:
        """Random int8 weights, scaled so that a product of the given deviation comes to about 2; and biases."""
        channels = shape[axis]
        values = self.random.integers(-127, 128, shape).astype(np.int8)
        spread = np.exp(self.random.uniform(-1.0, 1.0, channels))
        if self.family.wild:
            spread *= np.exp(self.random.uniform(-6.0, 6.0, channels) * (self.random.random(channels) < 0.2))
        scales = (2.0 * spread / (73.0 * np.maximum(deviation, 1e-6))).astype(np.float32)
        bias_scales = scales.astype(np.float64) * self.scale(source)
        bias = np.clip(np.round(self.random.normal(0.5, 1.5, channels) / bias_scales), -(2**30), 2**30)
        if self.family.wild:
            bias[self.random.random(channels) < 0.05] = 2.0**28
        biases = self.writer.constant(bias.astype(np.int32), bias_scales)
        index = self.writer.constant(values, scales, axis=axis)
        broadcast = [1] * len(shape)
        broadcast[axis] = channels
        real = values * scales.astype(np.float64).reshape(broadcast)
        return (
            index,
            biases,
            np.concatenate([np.moveaxis(real, axis, 0).reshape(channels, -1), _column(bias * bias_scales)], 1),
        )

    def window(self, dilation: int, activation: str) -> dict[str, int | bool]:
        return {
            "Padding": 0,
            "StrideW": 1,
            "StrideH": 1,
            "DilationWFactor": dilation,
            "DilationHFactor": 1,
            "FusedActivationFunction": ACTIVATIONS[activation],
        }

    def taps(self, source: int, kernel: int, dilation: int) -> Floats:
        """[kernel, frames, channels]: what each tap sees under 'same' padding."""
        value = self.value[source][0, 0]
        reach = (kernel - 1) * dilation
        padded = np.pad(value, ((reach // 2, reach - reach // 2), (0, 0)))
        return np.stack([padded[k * dilation : k * dilation + len(value)] for k in range(kernel)])

    def depthwise(self, source: int, dilation: int, activation: str) -> int:
        kernel, channels = self.family.kernel, self.value[source].shape[3]
        taps = self.taps(source, kernel, dilation)
        deviation = np.sqrt(kernel) * taps.std(axis=(0, 1))
        weights, bias, real = self.weights((1, 1, kernel, channels), 3, source, deviation)
        value = np.einsum("ktc,ck->tc", taps, real[:, :kernel]) + real[:, -1]
        output = self.activation(_activated(value, activation)[np.newaxis, np.newaxis])
        options = {**self.window(dilation, activation), "DepthMultiplier": 1}
        return self.writer.operator("DEPTHWISE_CONV_2D", (source, weights, bias), output, **options)

    def conv(self, source: int, filters: int, kernel: int, activation: str) -> int:
        taps = self.taps(source, kernel, 1)
        rows = np.moveaxis(taps, 0, 1).reshape(taps.shape[1], -1)
        deviation = np.full(filters, np.sqrt(np.sum(np.mean(rows**2, axis=0))))
        weights, bias, real = self.weights((filters, 1, kernel, taps.shape[2]), 0, source, deviation)
        value = rows @ real[:, :-1].T + real[:, -1]
        output = self.activation(_activated(value, activation)[np.newaxis, np.newaxis])
        return self.writer.operator("CONV_2D", (source, weights, bias), output, **self.window(1, activation))

    def squeeze_excite(self, source: int, ratio: int) -> int:
        channels = self.value[source].shape[3]
        mean = self.activation(self.value[source].mean(axis=(1, 2), keepdims=True))
        axes = self.writer.constant(np.array([1, 2], dtype=np.int32))
        self.writer.operator("MEAN", (source, axes), mean, KeepDims=True)
        gate = self.conv(self.conv(mean, max(1, channels // ratio), 1, "RELU6"), channels, 1, "RELU6")
        sixth = self.writer.constant(np.array(127, dtype=np.int8), (1 / 6 / 255,), (-128,))
        shape = self.value[source].shape
        rows = self.reshape(source, shape[1:]) if self.family.reshapes else source
        gate = self.binary("MUL", gate, sixth, self.activation(self.value[gate] / 6))
        if self.family.reshapes:
            gate = self.reshape(gate, (1, 1, channels))
        product = self.binary("MUL", rows, gate, self.activation(self.value[rows] * self.value[gate]))
        if self.family.regrouped:
            shape = (1, 1, self.value[product].size // self.family.regrouped, self.family.regrouped)
        return self.reshape(product, shape) if self.family.reshapes else product

    def binary(self, op: str, left: int, right: int, output: int) -> int:
        return self.writer.operator(op, (left, right), output, FusedActivationFunction=ACTIVATIONS["NONE"])

    def reshape(self, source: int, shape: tuple[int, ...]) -> int:
        tensor = self.writer.tensors[source]
        index = self.writer.activation(shape, tensor.scales[0], tensor.zero_points[0])
        self.value[index] = self.value[source].reshape(shape)
        target = self.writer.constant(np.array(shape, dtype=np.int32))
        return self.writer.operator("RESHAPE", (source, target), index)


def _column(value: Floats) -> Floats:
    return value[:, np.newaxis]


def _activated(value: Floats, activation: str) -> Floats:
    return np.clip(value, 0.0, 6.0) if activation == "RELU6" else value
