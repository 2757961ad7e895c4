"""FULLY_CONNECTED, int8, weights [out, in]: a 1x1 convolution over the rows of its input."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sktools.compiler.call import Call, Table
from sktools.compiler.graph import Graph, Operator, Tensor
from sktools.compiler.ops.base import (
    FloatArray,
    Op,
    Role,
    activation_operand,
    clamp_of,
    dequantize,
    float_activation,
    float_value,
    multiplier_of,
    on_one_row,
    refuse,
    register,
    result,
)
from sktools.compiler.ops.conv_2d import channel_scales, requantization_fields
from sktools.compiler.ops.options import Options, OptionsReader, activation
from sktools.compiler.ops.window import Requantization, parse_bias, parse_weights


def _options(table: Any) -> Options:
    return {
        "activation": activation(table),
        "weights_format": table.WeightsFormat(),
        "keep_dims": bool(table.KeepNumDims()),
    }


@register("FULLY_CONNECTED", options=OptionsReader("FullyConnectedOptions", _options))
@dataclass(frozen=True)
class FullyConnected(Op):
    rows: int
    weights: Tensor
    bias: NDArray[np.int32]
    requantization: Requantization
    clamp: tuple[int, int]

    @classmethod
    def parse(cls, operator: Operator, graph: Graph) -> Self:
        source = activation_operand(operator, graph, 0)
        output = result(operator, graph)
        weights = parse_weights(operator, graph, 0)
        if operator.options.get("weights_format", 0) != 0 or len(weights.shape) != 2:
            raise refuse(operator, f"weights of shape {list(weights.shape)}; plain [out, in] is supported")
        channels, depth = weights.shape
        rows, rest = divmod(source.elements, depth)
        if rest or rows * channels != output.elements or rows > 0x7FFF or max(weights.shape) > 0x7FFF:
            raise refuse(
                operator, f"weights {list(weights.shape)} do not join {list(source.shape)} to {list(output.shape)}"
            )
        expected = (*source.shape[:-1], channels) if operator.options.get("keep_dims") else (rows, channels)
        if output.shape != expected:
            raise refuse(operator, f"the output has shape {list(output.shape)}, expected {list(expected)}")
        assert weights.quantization is not None
        # TFLite Micro forms the product of the scales in float32 before widening it (kernel_util.cc).
        scales = [np.float32(source.scale) * scale for scale in channel_scales32(weights, channels)]
        pairs = [multiplier_of(operator, float(scale) / output.scale) for scale in scales]
        return cls(
            operator,
            (source,),
            output,
            rows,
            weights,
            parse_bias(operator, graph, channels),
            Requantization(
                np.array([multiplier for multiplier, _ in pairs], dtype=np.int32),
                np.array([shift for _, shift in pairs], dtype=np.int32),
            ),
            clamp_of(operator, output),
        )

    @property
    def role(self) -> Role:
        return Role("f", "excite") if on_one_row(self.output) else Role("F", "dense")

    def macs(self) -> int:
        return self.rows * self.weights.elements

    def lower(self, prefix: str) -> Call:
        window: tuple[tuple[str, int | Table], ...] = (
            ("in_h", 1),
            ("in_w", self.rows),
            ("in_c", self.weights.shape[1]),
            ("out_h", 1),
            ("out_w", self.rows),
            ("out_c", self.weights.shape[0]),
            ("kernel_h", 1),
            ("kernel_w", 1),
            ("stride_h", 1),
            ("stride_w", 1),
            ("dilation_h", 1),
            ("dilation_w", 1),
            ("pad_h", 0),
            ("pad_w", 0),
        )
        return Call(
            kernel="conv",
            function="sk_conv",
            struct="sk_conv_t",
            fields=(
                *window,
                *requantization_fields(
                    prefix, self.inputs[0], self.output, self.weights, self.bias, self.requantization, self.clamp
                ),
            ),
            inputs=(self.inputs[0].index,),
            output=self.output.index,
            files=("sk_conv.c", "sk_conv.h", "sk_quant.h"),
        )

    def evaluate(self, values: Mapping[int, FloatArray]) -> FloatArray:
        rows = float_value(self.inputs[0], values).reshape(self.rows, -1)
        bias = self.bias * (self.inputs[0].scale * channel_scales(self.weights, len(self.bias)))
        return float_activation(self.operator, rows @ dequantize(self.weights).T + bias).reshape(self.output.shape)


def channel_scales32(weights: Tensor, channels: int) -> NDArray[np.float32]:
    assert weights.quantization is not None
    return np.broadcast_to(weights.quantization.scale, (channels,))
