"""What CONV_2D and DEPTHWISE_CONV_2D share: the sliding window, per-channel requantization, constant operands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sktools.compiler.graph import Graph, Operator, Tensor
from sktools.compiler.kernels.arithmetic.requantization import Requantization
from sktools.compiler.kernels.arithmetic.windows import Window
from sktools.compiler.ops.base import FloatArray, activation_operand, clamp_of, multiplier_of, operand, refuse

MAX_EXTENT = 0x7FFF
"""Of what the kernels' shapes hold in 16 bits."""


def parse_window(operator: Operator, source: Tensor, output: Tensor, kernel: tuple[int, int]) -> Window:
    """Padding as ComputePaddingHeightWidth, or EXPLICIT as a pass wrote it.

    Raises ModelError where the output's shape does not follow.
    """
    options = {key: value for key, value in operator.options.items() if isinstance(value, int)}
    values = []
    for axis, letter in enumerate("hw"):
        stride, dilation = options.get(f"stride_{letter}", 0), options.get(f"dilation_{letter}", 0)
        if stride < 1 or dilation < 1 or stride > 4096 or dilation > 4096:
            raise refuse(operator, f"stride {stride} and dilation {dilation}; 1..4096 are supported")
        extent, produced = source.shape[1 + axis], output.shape[1 + axis]
        reach = (kernel[axis] - 1) * dilation + 1
        padding = operator.options.get("padding")
        if padding == "SAME":
            expected = -(-extent // stride)
            before = max((expected - 1) * stride + reach - extent, 0) // 2
        elif padding == "VALID":
            expected, before = -(-(extent - reach + 1) // stride), 0
        elif padding == "EXPLICIT":
            before, after = options[f"pad_{letter}"], options[f"pad_{letter}_after"]
            expected = -(-(extent + before + after - reach + 1) // stride)
        else:
            raise refuse(operator, f"{padding}; SAME and VALID are supported")
        if expected != produced or expected < 1:
            raise refuse(operator, f"an input of {extent} gives {expected} rows, but the output has {produced}")
        if kernel[axis] > MAX_EXTENT or before > MAX_EXTENT:
            raise refuse(operator, f"kernel {kernel[axis]} and padding {before}; up to {MAX_EXTENT} are supported")
        values.append((stride, dilation, before))
    (stride_h, dilation_h, pad_h), (stride_w, dilation_w, pad_w) = values
    return Window(kernel[0], kernel[1], stride_h, stride_w, dilation_h, dilation_w, pad_h, pad_w)


def image_operand(operator: Operator, graph: Graph) -> Tensor:
    """The input as an image; where fold_pad took a reshape away, under the shape that the reshape gave it."""
    tensor = activation_operand(operator, graph, 0)
    axis = operator.options.get("new_axis")
    if isinstance(axis, int):
        tensor = replace(tensor, shape=(*tensor.shape[:axis], 1, *tensor.shape[axis:]))
    return image_shape(operator, tensor, "the input")


def image_shape(operator: Operator, tensor: Tensor, what: str) -> Tensor:
    if len(tensor.shape) != 4 or tensor.shape[0] != 1:
        hint = "convert with a fixed batch, keras.Input(..., batch_size=1)" if tensor.shape[:1] != (1,) else ""
        supported = "[1, height, width, channels] is supported"
        raise refuse(operator, f"{what} has shape {list(tensor.shape)}; {supported}", hint)
    if max(tensor.shape) > MAX_EXTENT:
        raise refuse(operator, f"{what} has shape {list(tensor.shape)}; extents up to {MAX_EXTENT} are supported")
    return tensor


def parse_weights(operator: Operator, graph: Graph, channel_axis: int) -> Tensor:
    """int8 weights, constant, symmetric, quantized per tensor or along channel_axis."""
    weights = operand(operator, graph, 1)
    if weights.data is None:
        raise refuse(operator, "its weights are not a constant")
    quantization = weights.quantization
    assert quantization is not None
    if len(quantization.scale) > 1 and quantization.axis != channel_axis:
        raise refuse(operator, f"its weights are quantized along axis {quantization.axis}, not {channel_axis}")
    if np.any(quantization.zero_point != 0):
        raise refuse(operator, "its weights have a zero point other than 0")
    return weights


def int8_values(weights: Tensor) -> NDArray[np.int8]:
    """The values of weights that parse_weights checked."""
    assert weights.data is not None
    return weights.data.astype(np.int8)


def product_scales(source: Tensor, weights: Tensor) -> list[float]:
    """input scale x weight scale in double, of each channel or one for all (PopulateConvolutionQuantizationParams)."""
    assert weights.quantization is not None
    return [source.scale * float(scale) for scale in weights.quantization.scale]


def parse_bias(operator: Operator, graph: Graph, channels: int) -> NDArray[np.int32]:
    """int32 [channels]; zeros if the operator has none."""
    if len(operator.inputs) < 3 or operator.inputs[2] < 0:
        return np.zeros(channels, dtype=np.int32)
    bias = operand(operator, graph, 2, dtype="INT32")
    if bias.data is None or bias.shape != (channels,):
        raise refuse(operator, f"its bias is not a constant of {channels} elements")
    return bias.data.astype(np.int32)


def parse_requantization(operator: Operator, scales: Iterable[float], output: Tensor, channels: int) -> Requantization:
    """scales: of the accumulators, one per channel or one for all; the product of the input's and the weights'."""
    factors = np.broadcast_to(np.array([*scales], dtype=np.float64), (channels,))
    pairs = [multiplier_of(operator, float(factor) / output.scale) for factor in factors]
    low, high = clamp_of(operator, output)
    return Requantization(
        np.array([multiplier for multiplier, _ in pairs], dtype=np.int32),
        np.array([shift for _, shift in pairs], dtype=np.int32),
        output.zero_point,
        low,
        high,
    )


def padded(value: FloatArray, window: Window, output: Tensor, outside: float = 0.0) -> FloatArray:
    """The float input [1, h, w, c] with `outside` around it, as far as the window reaches."""
    needs = []
    for axis, (pad, stride, dilation, kernel) in enumerate(
        (
            (window.pad_h, window.stride_h, window.dilation_h, window.kernel_h),
            (window.pad_w, window.stride_w, window.dilation_w, window.kernel_w),
        )
    ):
        reach = (output.shape[1 + axis] - 1) * stride + (kernel - 1) * dilation + 1
        needs.append((pad, max(0, reach - pad - value.shape[1 + axis])))
    return np.pad(value, ((0, 0), needs[0], needs[1], (0, 0)), constant_values=outside)


def tap(value: FloatArray, window: Window, output: Tensor, ky: int, kx: int) -> FloatArray:
    """The padded input seen by kernel tap (ky, kx): [out_h, out_w, channels]."""
    y, x = ky * window.dilation_h, kx * window.dilation_w
    height, width = output.shape[1], output.shape[2]
    return value[
        0,
        y : y + (height - 1) * window.stride_h + 1 : window.stride_h,
        x : x + (width - 1) * window.stride_w + 1 : window.stride_w,
    ]
