"""DEPTHWISE_CONV_2D, int8, weights [1, kh, kw, in * depth_multiplier], any dilation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sktools.compiler.call import Call
from sktools.compiler.graph import Graph, Operator, Tensor
from sktools.compiler.kernels.arithmetic.requantization import Requantization
from sktools.compiler.kernels.arithmetic.windows import RowWindow, Window, row_window
from sktools.compiler.kernels.plain.depthwise_conv_2d import depthwise_conv_2d_call
from sktools.compiler.ops.base import (
    FloatArray,
    Op,
    Role,
    dequantize,
    float_activation,
    float_value,
    refuse,
    register,
    result,
)
from sktools.compiler.ops.conv_2d import channel_scales
from sktools.compiler.ops.options import Options, OptionsReader, convolution
from sktools.compiler.ops.window import (
    image_operand,
    image_shape,
    padded,
    parse_bias,
    parse_requantization,
    parse_weights,
    parse_window,
    product_scales,
    tap,
)


def _options(table: Any) -> Options:
    return {**convolution(table), "depth_multiplier": table.DepthMultiplier()}


@register("DEPTHWISE_CONV_2D", options=OptionsReader("DepthwiseConv2DOptions", _options))
@dataclass(frozen=True)
class DepthwiseConv2D(Op):
    window: Window
    weights: Tensor
    bias: NDArray[np.int32]
    requantization: Requantization
    depth_multiplier: int

    @classmethod
    def parse(cls, operator: Operator, graph: Graph) -> Self:
        source = image_operand(operator, graph)
        output = image_shape(operator, result(operator, graph), "the output")
        weights = parse_weights(operator, graph, 3)
        channels = output.shape[3]
        if len(weights.shape) != 4 or weights.shape[0] != 1 or weights.shape[3] != channels:
            raise refuse(operator, f"weights of shape {list(weights.shape)}; [1, kh, kw, {channels}] is supported")
        if channels % source.shape[3]:
            raise refuse(operator, f"{source.shape[3]} channels do not divide {channels}")
        return cls(
            operator,
            (source,),
            output,
            parse_window(operator, source, output, (weights.shape[1], weights.shape[2])),
            weights,
            parse_bias(operator, graph, channels),
            parse_requantization(operator, product_scales(source, weights), output, channels),
            channels // source.shape[3],
        )

    @property
    def role(self) -> Role:
        return Role("D", "depthwise")

    def macs(self) -> int:
        return self.output.elements * self.window.kernel_h * self.window.kernel_w

    @property
    def row_window(self) -> RowWindow | None:
        """The window along the one long axis, None if there is no such view of it."""
        return row_window(self.window, self.inputs[0].shape, self.output.shape)

    def lower(self, prefix: str) -> Call:
        return depthwise_conv_2d_call(
            prefix, self.inputs[0], self.output, self.window, self.weights, self.bias, self.requantization
        )

    def evaluate(self, values: Mapping[int, FloatArray]) -> FloatArray:
        source = padded(float_value(self.inputs[0], values), self.window, self.output)
        source = np.repeat(source, self.depth_multiplier, axis=3)
        weights = dequantize(self.weights)
        total = np.zeros(self.output.shape[1:])
        for ky in range(self.window.kernel_h):
            for kx in range(self.window.kernel_w):
                total += tap(source, self.window, self.output, ky, kx) * weights[0, ky, kx]
        scale = self.inputs[0].scale * channel_scales(self.weights, len(self.bias))
        return float_activation(self.operator, (total + self.bias * scale)[np.newaxis])
