"""DEPTHWISE_CONV_2D, int8, weights [1, kh, kw, in * depth_multiplier], any dilation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sktools.compiler.call import Call
from sktools.compiler.graph import Graph, Operator, Tensor
from sktools.compiler.ops.base import (
    FloatArray,
    Op,
    Role,
    clamp_of,
    dequantize,
    float_activation,
    float_value,
    refuse,
    register,
    result,
)
from sktools.compiler.ops.conv_2d import channel_scales, requantization_fields, window_fields
from sktools.compiler.ops.options import Options, OptionsReader, convolution
from sktools.compiler.ops.window import (
    Requantization,
    Window,
    image_operand,
    image_shape,
    padded,
    parse_bias,
    parse_requantization,
    parse_weights,
    parse_window,
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
    clamp: tuple[int, int]
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
            parse_requantization(operator, source, weights, output, channels),
            clamp_of(operator, output),
            channels // source.shape[3],
        )

    @property
    def role(self) -> Role:
        return Role("D", "depthwise")

    def macs(self) -> int:
        return self.output.elements * self.window.kernel_h * self.window.kernel_w

    def lower(self, prefix: str) -> Call:
        return Call(
            kernel="depthwise",
            function="sk_depthwise",
            struct="sk_conv_t",
            fields=(
                *window_fields(self.inputs[0], self.output, self.window),
                *requantization_fields(
                    prefix, self.inputs[0], self.output, self.weights, self.bias, self.requantization, self.clamp
                ),
            ),
            inputs=(self.inputs[0].index,),
            output=self.output.index,
            files=("sk_depthwise.c", "sk_conv.h", "sk_quant.h"),
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
