"""Windows that slide over an activation: in two dimensions, and along the rows as the fast kernels need them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Window:
    """A 2-D window over [1, height, width, channels]; in elements. pad_h, pad_w: before the first row and column."""

    kernel_h: int
    kernel_w: int
    stride_h: int
    stride_w: int
    dilation_h: int
    dilation_w: int
    pad_h: int
    pad_w: int


ONE_BY_ONE = Window(1, 1, 1, 1, 1, 1, 0, 0)


@dataclass(frozen=True)
class RowWindow:
    """A window along the rows of [rows][channels], stride 1, as many rows out as in.

    padding: rows of zero point before the first.
    """

    rows: int
    channels: int
    taps: int
    dilation: int
    padding: int


def row_window(window: Window, source: Sequence[int], output: Sequence[int]) -> RowWindow | None:
    """The window over the one long axis of shapes [1, height, width, channels].

    None if there are two long axes, strides, or another number of rows in the output.
    """
    if window.stride_h != 1 or window.stride_w != 1 or tuple(source[1:3]) != tuple(output[1:3]):
        return None
    if source[1] == 1 and window.kernel_h == 1:
        return RowWindow(source[2], source[3], window.kernel_w, window.dilation_w, window.pad_w)
    if source[2] == 1 and window.kernel_w == 1:
        return RowWindow(source[1], source[3], window.kernel_h, window.dilation_h, window.pad_h)
    if window.kernel_h * window.kernel_w == 1:
        return RowWindow(source[1] * source[2], source[3], 1, 1, 0)
    return None
