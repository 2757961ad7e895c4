"""Depthwise convolutions whose rows stream through registers, up to five taps
(firmware/kernels/fast/sk_depthwise_3_5.c)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sktools.compiler.call import Call, Table
from sktools.compiler.kernels.arithmetic.requantization import Requantizer
from sktools.compiler.kernels.arithmetic.streams import pack_stream, stream_of
from sktools.compiler.lowering import variant
from sktools.compiler.ops.depthwise_conv_2d import DepthwiseConv2D
from sktools.compiler.ops.window import int8_values

HEADER, TAPS = "fast/sk_depthwise_3_5.h", (3, 5)


@variant(DepthwiseConv2D, rank=3)
def depthwise_3_5_linear(op: DepthwiseConv2D, prefix: str) -> Call | None:
    """Taps around the output's row or up to it, no activation: the encoder's."""
    return stream_call(op, prefix, HEADER, TAPS, [Requantizer.LINEAR])


@variant(DepthwiseConv2D, rank=5)
def depthwise_3_5(op: DepthwiseConv2D, prefix: str) -> Call | None:
    """Taps around the output's row or up to it, requantization that fits two instructions or three."""
    return stream_call(op, prefix, HEADER, TAPS, [Requantizer.FITTED, Requantizer.MIXED])


def stream_call(
    op: DepthwiseConv2D, prefix: str, header: str, taps: Sequence[int], requantizers: Sequence[Requantizer]
) -> Call | None:
    """The call with the first requantizer that is exact.

    None if no stream of these taps covers the window, or if no requantizer is exact.
    """
    window = op.row_window
    found = None if window is None or op.depth_multiplier != 1 else stream_of(window)
    if window is None or found is None or found[0].taps not in taps:
        return None
    stream, first = found
    weights = np.zeros((stream.taps, window.channels), np.int8)
    weights[first : first + window.taps] = int8_values(op.weights).reshape(window.taps, window.channels)
    for requantizer in requantizers:
        records = pack_stream(weights, op.bias, op.inputs[0].zero_point, op.requantization, requantizer)
        if records is not None:
            break
    else:
        return None
    kernel = f"{stream.name}_{requantizer.name.lower()}"
    return Call(
        kernel=kernel,
        function="sk_fast_" + kernel.replace("depthwise_", "dw").replace("_fitted", ""),
        header=header,
        struct="sk_fast_dw5_t",
        shape={"rows": window.rows, "channels": window.channels, "dilation": window.dilation},
        constants={"pad": op.inputs[0].zero_point, "records": Table(f"{prefix}_records", "int32_t", records)},
        inputs=(op.inputs[0].index,),
        output=op.output.index,
        in_place=True,
    )
