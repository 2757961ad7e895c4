"""FULLY_CONNECTED, int8, weights [out, in]: a 1x1 convolution over the rows of its input."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sktools.compiler.call import Call
from sktools.compiler.graph import Graph, Operator, Tensor
from sktools.compiler.kernels.arithmetic.requantization import Requantization
from sktools.compiler.kernels.arithmetic.windows import ONE_BY_ONE, RowWindow
from sktools.compiler.kernels.plain.conv_2d import conv_2d_call
from sktools.compiler.ops.base import (
    FloatArray,
    Op,
    Role,
    activation_operand,
    dequantize,
    float_activation,
    float_value,
    on_one_row,
    refuse,
    register,
    result,
)
from sktools.compiler.ops.conv_2d import channel_scales
from sktools.compiler.ops.options import Options, OptionsReader, activation
from sktools.compiler.ops.window import parse_bias, parse_requantization, parse_weights


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
        scales = [float(np.float32(source.scale) * scale) for scale in weights.quantization.scale]
        return cls(
            operator,
            (source,),
            output,
            rows,
            weights,
            parse_bias(operator, graph, channels),
            parse_requantization(operator, scales, output, channels),
        )

    @property
    def role(self) -> Role:
        return Role("f", "excite") if on_one_row(self.output) else Role("F", "dense")

    def macs(self) -> int:
        return self.rows * self.weights.elements

    @property
    def row_window(self) -> RowWindow:
        """A window of one tap."""
        return RowWindow(self.rows, self.weights.shape[1], 1, 1, 0)

    def lower(self, prefix: str) -> Call:
        channels, depth = self.weights.shape
        source = replace(self.inputs[0], shape=(1, 1, self.rows, depth))
        output = replace(self.output, shape=(1, 1, self.rows, channels))
        return conv_2d_call(prefix, source, output, ONE_BY_ONE, self.weights, self.bias, self.requantization)

    def evaluate(self, values: Mapping[int, FloatArray]) -> FloatArray:
        rows = float_value(self.inputs[0], values).reshape(self.rows, -1)
        bias = self.bias * (self.inputs[0].scale * channel_scales(self.weights, len(self.bias)))
        return float_activation(self.operator, rows @ dequantize(self.weights).T + bias).reshape(self.output.shape)
