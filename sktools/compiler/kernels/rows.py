"""The shape that the fast kernels know: [rows][channels] int8, one kernel axis, stride 1, as many rows out as in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sktools.compiler.fast.requantize import Requantization
from sktools.compiler.ops.conv_2d import Conv2D
from sktools.compiler.ops.depthwise_conv_2d import DepthwiseConv2D
from sktools.compiler.ops.fully_connected import FullyConnected


@dataclass(frozen=True)
class RowWindow:
    """A window along the rows. padding: rows of zero point before the first."""

    rows: int
    channels: int
    taps: int
    dilation: int
    padding: int


def row_window(op: Conv2D | DepthwiseConv2D | FullyConnected) -> RowWindow | None:
    """The operator's window over its one long axis, or None where it has two, strides, or another number of rows."""
    if isinstance(op, FullyConnected):
        return RowWindow(op.rows, op.weights.shape[1], 1, 1, 0)
    window, source, output = op.window, op.inputs[0].shape, op.output.shape
    if window.stride_h != 1 or window.stride_w != 1 or source[1:3] != output[1:3]:
        return None
    if source[1] == 1 and window.kernel_h == 1:
        return RowWindow(source[2], source[3], window.kernel_w, window.dilation_w, window.pad_w)
    if source[2] == 1 and window.kernel_w == 1:
        return RowWindow(source[1], source[3], window.kernel_h, window.dilation_h, window.pad_h)
    if window.kernel_h * window.kernel_w == 1:
        return RowWindow(source[1] * source[2], source[3], 1, 1, 0)
    return None


def matrix(op: Conv2D | FullyConnected) -> NDArray[np.int8]:
    """The weights, int8 [out_channels, all others]: of a 1x1 convolution [out_channels, in_channels]."""
    assert op.weights.data is not None
    return op.weights.data.astype(np.int8).reshape(op.weights.shape[0], -1)


def by_tap(op: Conv2D | FullyConnected, window: RowWindow) -> NDArray[np.int8]:
    """The weights of a convolution over that window, int8 [out_channels, taps, in_channels]."""
    return matrix(op).reshape(-1, window.taps, window.channels)


def output_stage(op: Conv2D | DepthwiseConv2D | FullyConnected) -> Requantization:
    """The operator's requantization, zero point and clamp."""
    return Requantization(
        op.requantization.multiplier, op.requantization.shift, op.output.zero_point, op.clamp[0], op.clamp[1]
    )


def expanded_rows(channels: int) -> int:
    """Bytes of two rows as int16 pairs, which the tile product keeps on the stack."""
    return 2 * 4 * (-(-channels // 2))
