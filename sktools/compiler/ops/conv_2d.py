"""CONV_2D, int8, per-channel weights [out, kh, kw, in]; one group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sktools.compiler.call import Call, Table
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
from sktools.compiler.ops.options import OptionsReader, convolution
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


@register("CONV_2D", options=OptionsReader("Conv2DOptions", convolution))
@dataclass(frozen=True)
class Conv2D(Op):
    window: Window
    weights: Tensor
    bias: NDArray[np.int32]
    requantization: Requantization
    clamp: tuple[int, int]

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
            parse_requantization(operator, source, weights, output, channels),
            clamp_of(operator, output),
        )

    @property
    def role(self) -> Role:
        if self.output.shape[1] * self.output.shape[2] == 1:
            return Role("c", "excite")
        return Role("P", "pointwise") if self.window.kernel_h * self.window.kernel_w == 1 else Role("K", "conv")

    def macs(self) -> int:
        return self.output.elements * (self.weights.elements // self.output.shape[3])

    def lower(self, prefix: str) -> Call:
        return Call(
            kernel="conv",
            function="sk_conv",
            struct="sk_conv_t",
            fields=(
                *window_fields(self.inputs[0], self.output, self.window),
                *requantization_fields(
                    prefix, self.inputs[0], self.output, self.weights, self.bias, self.requantization, self.clamp
                ),
            ),
            inputs=(self.inputs[0].index,),
            output=self.output.index,
            files=("sk_conv.c", "sk_conv.h", "sk_quant.h"),
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


def window_fields(source: Tensor, output: Tensor, window: Window) -> tuple[tuple[str, int | Table], ...]:
    return (
        ("in_h", source.shape[1]),
        ("in_w", source.shape[2]),
        ("in_c", source.shape[3]),
        ("out_h", output.shape[1]),
        ("out_w", output.shape[2]),
        ("out_c", output.shape[3]),
        ("kernel_h", window.kernel_h),
        ("kernel_w", window.kernel_w),
        ("stride_h", window.stride_h),
        ("stride_w", window.stride_w),
        ("dilation_h", window.dilation_h),
        ("dilation_w", window.dilation_w),
        ("pad_h", window.pad_h),
        ("pad_w", window.pad_w),
    )


def requantization_fields(
    prefix: str,
    source: Tensor,
    output: Tensor,
    weights: Tensor,
    bias: NDArray[np.int32],
    requantization: Requantization,
    clamp: tuple[int, int],
) -> tuple[tuple[str, int | Table], ...]:
    assert weights.data is not None
    return (
        ("in_zero_point", source.zero_point),
        ("out_zero_point", output.zero_point),
        ("low", clamp[0]),
        ("high", clamp[1]),
        ("weights", Table(f"{prefix}_weights", "int8_t", weights.data)),
        ("bias", Table(f"{prefix}_bias", "int32_t", bias)),
        ("multiplier", Table(f"{prefix}_multiplier", "int32_t", requantization.multiplier)),
        ("shift", Table(f"{prefix}_shift", "int8_t", requantization.shift.astype(np.int8))),
    )
