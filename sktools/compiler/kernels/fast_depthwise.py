"""Depthwise convolutions (firmware/kernels/fast/sk_fast_{depthwise,depthwise9,window}.c)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sktools.compiler.call import Call, Table
from sktools.compiler.fast.depthwise import (
    MAX_TAPS,
    SHORTEST_CAUSAL_STREAM,
    SHORTEST_LONG_STREAM,
    SHORTEST_STREAM,
    pack_dw,
    pack_streamed,
    pack_streamed_linear,
    pack_streamed_mixed,
)
from sktools.compiler.fast.requantize import Requantization
from sktools.compiler.kernels.rows import RowWindow, output_stage, row_window
from sktools.compiler.lowering import variant
from sktools.compiler.ops import Op
from sktools.compiler.ops.depthwise_conv_2d import DepthwiseConv2D


@variant("DEPTHWISE_CONV_2D")
def fast_dw(op: Op, prefix: str) -> Call | None:
    """1 to 9 taps, any padding and requantization."""
    assert isinstance(op, DepthwiseConv2D)
    window = row_window(op)
    if window is None or op.depth_multiplier != 1 or window.taps > MAX_TAPS:
        return None
    assert op.weights.data is not None
    weights = op.weights.data.astype(np.int8).reshape(window.taps, window.channels)
    output = output_stage(op)
    packed = pack_dw(weights, op.bias, op.inputs[0].zero_point, output)
    if packed is None:
        return None
    stage, records = packed
    return Call(
        kernel="fast_dw",
        function="sk_fast_dw",
        struct="sk_fast_dw_t",
        fields=(
            ("rows", window.rows),
            ("channels", window.channels),
            ("dilation", window.dilation),
            ("padding", window.padding),
            ("taps", window.taps),
            ("stage", stage),
            ("pad", op.inputs[0].zero_point),
            ("low", output.low),
            ("high", output.high),
            ("records", Table(f"{prefix}_records", "int32_t", records)),
        ),
        inputs=(op.inputs[0].index,),
        output=op.output.index,
        files=(
            "fast/sk_fast_window.c",
            "fast/sk_fast_window.h",
            "fast/sk_fit.h",
            "fast/sk_linear.h",
            "fast/sk_simd.h",
            "sk_quant.h",
        ),
        in_place=window.padding % window.dilation == 0,
    )


@variant("DEPTHWISE_CONV_2D")
def fast_streamed_linear(op: Op, prefix: str) -> Call | None:
    """Taps around the output's row or up to it, no activation: the encoder's."""
    return _in_registers(op, prefix, {"_linear": pack_streamed_linear})


@variant("DEPTHWISE_CONV_2D")
def fast_streamed(op: Op, prefix: str) -> Call | None:
    """Taps around the output's row or up to it, requantization that fits two instructions or three."""
    return _in_registers(op, prefix, {"": pack_streamed, "_mixed": pack_streamed_mixed})


Pack = Callable[[NDArray[np.int8], NDArray[np.int32], int, Requantization], NDArray[np.int32] | None]


@dataclass(frozen=True)
class Streamed:
    """A kernel that streams through registers, of source file `source`.

    taps, before: its own, and those of them before the output's row. shortest: rows / dilation that it asks for.
    """

    name: str
    source: str
    taps: int
    before: int
    shortest: int

    def place(self, window: RowWindow) -> int | None:
        """Which of the kernel's taps is the window's first, or None where they do not cover it. The others are 0."""
        first = self.before - window.padding // window.dilation
        if window.padding % window.dilation or not 0 <= first <= self.taps - window.taps:
            return None
        return first if window.rows // window.dilation >= self.shortest else None


STREAMED = (
    Streamed("fast_dw3", "depthwise", 3, 1, SHORTEST_STREAM),
    Streamed("fast_dw5", "depthwise", 5, 2, SHORTEST_STREAM),
    Streamed("fast_dw5_causal", "depthwise", 5, 4, SHORTEST_CAUSAL_STREAM),
    Streamed("fast_dw7", "depthwise9", 7, 3, SHORTEST_LONG_STREAM),
    Streamed("fast_dw9", "depthwise9", 9, 4, SHORTEST_LONG_STREAM),
    Streamed("fast_dw9_causal", "depthwise9", 9, 8, SHORTEST_CAUSAL_STREAM),
)
"""The first that covers a window is taken."""

SHARED = ("fast/sk_fast_depthwise.h", "fast/sk_fast_streams.c", "fast/sk_fast_streams.h")
"""Files of all of them."""


def _in_registers(op: Op, prefix: str, ends: Mapping[str, Pack]) -> Call | None:
    """ends: how the kernel's name ends, with its records; the first that packs the layer is taken."""
    assert isinstance(op, DepthwiseConv2D)
    window = row_window(op)
    if window is None or op.depth_multiplier != 1:
        return None
    places = ((kernel, kernel.place(window)) for kernel in STREAMED)
    streamed, first = next(((kernel, first) for kernel, first in places if first is not None), (None, 0))
    if streamed is None:
        return None
    assert op.weights.data is not None
    weights = np.zeros((streamed.taps, window.channels), np.int8)
    weights[first : first + window.taps] = op.weights.data.reshape(window.taps, window.channels)
    tried = ((end, pack(weights, op.bias, op.inputs[0].zero_point, output_stage(op))) for end, pack in ends.items())
    end, records = next(((end, records) for end, records in tried if records is not None), ("", None))
    if records is None:
        return None
    kernel = streamed.name + end
    return Call(
        kernel=kernel,
        function=f"sk_{kernel}",
        struct="sk_fast_dw5_t",
        fields=(
            ("rows", window.rows),
            ("channels", window.channels),
            ("dilation", window.dilation),
            ("pad", op.inputs[0].zero_point),
            ("records", Table(f"{prefix}_records", "int32_t", records)),
        ),
        inputs=(op.inputs[0].index,),
        output=op.output.index,
        files=(
            f"fast/sk_fast_{streamed.source}.c",
            *SHARED,
            *(f"fast/sk_{name}.h" for name in (f"fast_{streamed.source}", "fit", "linear", "simd")),
        ),
        in_place=True,
    )
