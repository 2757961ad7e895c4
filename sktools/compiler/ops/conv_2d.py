"""CONV_2D, int8, per-channel weights [out, kh, kw, in]; one group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sktools.compiler.call import Call
from sktools.compiler.graph import Graph, Operator, Tensor
from sktools.compiler.kernels.arithmetic.requantization import Requantization
from sktools.compiler.kernels.arithmetic.windows import RowWindow, Window, row_window
from sktools.compiler.kernels.plain.conv_2d import conv_2d_call
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
from sktools.compiler.ops.options import OptionsReader, convolution
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


@register("CONV_2D", options=OptionsReader("Conv2DOptions", convolution))
@dataclass(frozen=True)
class Conv2D(Op):
    window: Window
    weights: Tensor
    bias: NDArray[np.int32]
    requantization: Requantization

    @classmethod
    def parse(cls, operator: Operator, graph: Graph) -> Self:
        source = image_operand(operator, graph)
        output = image_shape(operator, result(operator, graph), "the output")
        weights = parse_weights(operator, graph, 0)
        if len(weights.shape) != 4:
            raise refuse(operator, f"weights of shape {list(weights.shape)}; [out, kh, kw, in] is supported")
        channels, kernel_h, kernel_w, depth = weights.shape
        if depth != source.shape[3] or channels != output.shape[3]:
            raise refuse(
                operator,
                f"weights {list(weights.shape)} do not join {source.shape[3]} to {output.shape[3]} channels "
                "(grouped convolutions are not supported)",
            )
        return cls(
            operator,
            (source,),
            output,
            parse_window(operator, source, output, (kernel_h, kernel_w)),
            weights,
            parse_bias(operator, graph, channels),
            parse_requantization(operator, product_scales(source, weights), output, channels),
        )

    @property
    def role(self) -> Role:
        if self.output.shape[1] * self.output.shape[2] == 1:
            return Role("c", "excite")
        return Role("P", "pointwise") if self.window.kernel_h * self.window.kernel_w == 1 else Role("K", "conv")

    def macs(self) -> int:
        return self.output.elements * (self.weights.elements // self.output.shape[3])

    @property
    def row_window(self) -> RowWindow | None:
        """The window along the one long axis, None if there is no such view of it."""
        return row_window(self.window, self.inputs[0].shape, self.output.shape)

    def lower(self, prefix: str) -> Call:
        return conv_2d_call(
            prefix, self.inputs[0], self.output, self.window, self.weights, self.bias, self.requantization
        )

    def evaluate(self, values: Mapping[int, FloatArray]) -> FloatArray:
        source = padded(float_value(self.inputs[0], values), self.window, self.output)
        weights = dequantize(self.weights)
        total = np.zeros(self.output.shape[1:])
        for ky in range(self.window.kernel_h):
            for kx in range(self.window.kernel_w):
                total += tap(source, self.window, self.output, ky, kx) @ weights[:, ky, kx, :].T
        scale = self.inputs[0].scale * channel_scales(self.weights, len(self.bias))
        return float_activation(self.operator, (total + self.bias * scale)[np.newaxis])


def channel_scales(weights: Tensor, channels: int) -> FloatArray:
    assert weights.quantization is not None
    return np.broadcast_to(weights.quantization.scale.astype(np.float64), (channels,))
