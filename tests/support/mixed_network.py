"""Random chains of the zoo's operators, several branches of them, quantized so that their values spread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tests.support.tflite_writer import ACTIVATIONS, TfliteWriter

MOST_ROWS, MOST_CHANNELS = 24, 20


@dataclass(frozen=True)
class Value:
    """An activation of the network: rows of channels, whatever axes of 1 stand before them."""

    index: int
    shape: tuple[int, ...]
    scale: float
    zero_point: int

    @property
    def rows(self) -> int:
        return int(np.prod(self.shape[:-1]))

    @property
    def channels(self) -> int:
        return self.shape[-1]


class Mix:
    """Grows a network operator by operator from a seed."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.writer = TfliteWriter()
        self.writer.versions["SQUEEZE"] = 1
        rows, channels = self.draw(4, MOST_ROWS), self.draw(1, MOST_CHANNELS)
        self.values = [self.new((1, 1, rows, channels), float(self.random.uniform(0.01, 0.1)))]

    def draw(self, low: int, high: int) -> int:
        return int(self.random.integers(low, high + 1))

    def new(self, shape: tuple[int, ...], scale: float, zero_point: int | None = None) -> Value:
        edge = int(self.random.choice([-128, 127]))
        zero = (edge if self.draw(0, 7) == 0 else self.draw(-40, 40)) if zero_point is None else zero_point
        scale = float(np.float32(np.clip(scale, 1e-6, 1e6)))  # products of products leave the range of float32
        return Value(self.writer.activation(shape, scale, zero), shape, scale, zero)

    def ints(self, *numbers: int | tuple[int, ...]) -> int:
        return self.writer.constant(np.array(numbers, dtype=np.int32))

    def fused(self) -> int:
        return ACTIVATIONS[str(self.random.choice(sorted(ACTIVATIONS)))]

    def weights(
        self, shape: tuple[int, ...], source: Value, axis: int, per_channel: bool = True
    ) -> tuple[int, int, float]:
        """Weights, bias, and the scale that the sums' spread asks for."""
        channels, taps = shape[axis], int(np.prod(shape)) // shape[axis]
        scales = self.random.uniform(0.002, 0.02, channels if per_channel else 1).astype(np.float32)
        weights = self.writer.constant(self.random.integers(-127, 128, shape).astype(np.int8), scales, axis=axis)
        bias = self.random.integers(-900, 900, channels).astype(np.int32)
        spread = source.scale * float(scales.mean()) * 50 * np.sqrt(taps) * float(self.random.uniform(0.4, 3))
        return weights, self.writer.constant(bias, scales * np.float32(source.scale)), spread

    # ---- operators; each takes an activation and returns the next ----

    def conv(self, source: Value) -> Value:
        dilation, kernel, channels = self.draw(1, 3), self.draw(1, 5), self.draw(1, MOST_CHANNELS)
        weights, bias, scale = self.weights((channels, 1, kernel, source.channels), source, 0)
        output = self.new((1, 1, source.rows, channels), scale)
        options = {"StrideW": 1, "StrideH": 1, "DilationWFactor": dilation, "DilationHFactor": 1, "Padding": 0}
        operands = (source.index, weights, bias)
        self.writer.operator("CONV_2D", operands, output.index, FusedActivationFunction=self.fused(), **options)
        return output

    def depthwise(self, source: Value) -> Value:
        dilation, kernel = self.draw(1, 3), self.draw(1, 7)
        weights, bias, scale = self.weights((1, 1, kernel, source.channels), source, 3)
        output = self.new(source.shape, scale)
        options = {"StrideW": 1, "StrideH": 1, "DilationWFactor": dilation, "DilationHFactor": 1, "Padding": 0}
        options |= {"DepthMultiplier": 1, "FusedActivationFunction": self.fused()}
        self.writer.operator("DEPTHWISE_CONV_2D", (source.index, weights, bias), output.index, **options)
        return output

    def dense(self, source: Value) -> Value:
        channels = self.draw(1, MOST_CHANNELS)
        weights, bias, scale = self.weights((channels, source.channels), source, 0, per_channel=bool(self.draw(0, 1)))
        output = self.new((source.rows, channels), scale)
        operands = (source.index, weights, bias)
        self.writer.operator("FULLY_CONNECTED", operands, output.index, FusedActivationFunction=self.fused())
        return output

    def _other(self, source: Value) -> tuple[int, float]:
        """A second operand and its scale: an earlier activation of this shape, or a constant that is spread."""
        same = [value for value in self.values if value.shape == source.shape]
        if same and self.draw(0, 1):
            other = same[self.draw(0, len(same) - 1)]
            return other.index, other.scale
        shapes = ((), source.shape[-1:], source.shape)
        values = self.random.integers(-128, 128, shapes[self.draw(0, 2)])
        scale = np.float32(self.random.uniform(0.005, 0.1))
        return self.writer.constant(np.asarray(values, dtype=np.int8), (scale,), (self.draw(-30, 30),)), float(scale)

    def add(self, source: Value) -> Value:
        other, scale = self._other(source)
        output = self.new(source.shape, max(source.scale, scale) * float(self.random.uniform(0.7, 2)))
        operands = (source.index, other) if self.draw(0, 1) else (other, source.index)
        self.writer.operator("ADD", operands, output.index, FusedActivationFunction=self.fused())
        return output

    def mul(self, source: Value) -> Value:
        other, scale = self._other(source)
        output = self.new(source.shape, source.scale * scale * float(self.random.uniform(20, 90)))
        operands = (source.index, other) if self.draw(0, 1) else (other, source.index)
        self.writer.operator("MUL", operands, output.index, FusedActivationFunction=self.fused())
        return output

    def squeeze_excite(self, source: Value) -> Value:
        kept = (*(1 for _ in source.shape[:-1]), source.channels)
        mean = self.new(kept, source.scale * float(self.random.uniform(0.2, 1)))
        axes = self.ints(*range(1, len(kept) - 1))
        self.writer.operator("MEAN", (source.index, axes), mean.index, KeepDims=True)
        gate = self.conv(mean) if len(kept) == 4 and self.draw(0, 1) else mean
        if gate.channels != source.channels:
            return gate
        output = self.new(source.shape, source.scale * gate.scale * float(self.random.uniform(20, 90)))
        self.writer.operator("MUL", (source.index, gate.index), output.index, FusedActivationFunction=0)
        return output

    def pad(self, source: Value) -> Value:
        before, after = self.draw(0, 3), self.draw(0, 3)
        amounts = [(0, 0)] * len(source.shape)
        amounts[-2] = (before, after)
        output = self.new(
            (*source.shape[:-2], source.shape[-2] + before + after, source.channels), source.scale, source.zero_point
        )
        self.writer.operator("PAD", (source.index, self.ints(*amounts)), output.index)
        return output

    def blocks(self, source: Value) -> Value:
        block = self.draw(2, 3)
        rest = -source.rows % block
        sizes, edges = self.ints(1, block), self.ints((0, 0), (0, rest))
        spread = (block, 1, (source.rows + rest) // block, source.channels)
        middle = self.new(spread, source.scale, source.zero_point)
        output = self.new(source.shape, source.scale, source.zero_point)
        self.writer.operator("SPACE_TO_BATCH_ND", (source.index, sizes, edges), middle.index)
        self.writer.operator("BATCH_TO_SPACE_ND", (middle.index, sizes, edges), output.index)
        return output

    def reshape(self, source: Value) -> Value:
        rows, channels = source.rows, source.channels
        shapes = [(1, 1, rows, channels), (1, rows, channels), (rows, channels)]
        if rows % 2 == 0 and 2 * channels <= MOST_CHANNELS:
            shapes.append((1, 1, rows // 2, 2 * channels))
        shape = shapes[self.draw(0, len(shapes) - 1)]
        output = self.new(shape, source.scale, source.zero_point)
        if shape == source.shape[1:] and self.draw(0, 1):
            self.writer.operator("SQUEEZE", (source.index,), output.index, SqueezeDims=(0,))
        elif shape[1:] == source.shape and shape[0] == 1 and self.draw(0, 1):
            self.writer.operator(
                "EXPAND_DIMS", (source.index, self.writer.constant(np.array(0, np.int32))), output.index
            )
        else:
            self.writer.operator("RESHAPE", (source.index, self.ints(*shape)), output.index)
        return output

    def choices(self, source: Value) -> list[Callable[[Value], Value]]:
        """The operators that this activation's shape allows."""
        found = [self.dense, self.add, self.mul, self.reshape]
        if len(source.shape) > 2 and source.shape[0] == 1:
            found += [self.squeeze_excite, self.pad]
        if len(source.shape) == 4 and source.shape[:2] == (1, 1):
            found += [self.conv, self.depthwise, self.blocks]
        return found


def mixed_network(seed: int) -> bytes:
    """2 to 10 operators; each reads the last activation or, one time in four, an earlier one.

    The model's output is the last activation, or in one network of four one that a later operator may read.
    """
    mix = Mix(seed)
    for _ in range(mix.draw(2, 10)):
        source = mix.values[-1] if mix.draw(0, 3) else mix.values[mix.draw(0, len(mix.values) - 1)]
        choices = mix.choices(source)
        mix.values.append(choices[mix.draw(0, len(choices) - 1)](source))
    written = mix.values[1:]
    output = written[-1] if mix.draw(0, 3) else written[mix.draw(0, len(written) - 1)]
    return mix.writer.finish(mix.values[0].index, output.index)
