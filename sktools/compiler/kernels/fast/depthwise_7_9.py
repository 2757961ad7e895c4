"""Depthwise convolutions whose rows stream through registers, six to nine taps
(firmware/kernels/fast/sk_depthwise_7_9.c)."""

from __future__ import annotations

from sktools.compiler.call import Call
from sktools.compiler.kernels.arithmetic.requantization import Requantizer
from sktools.compiler.kernels.fast.depthwise_3_5 import stream_call
from sktools.compiler.lowering import variant
from sktools.compiler.ops.depthwise_conv_2d import DepthwiseConv2D

HEADER, TAPS = "fast/sk_depthwise_7_9.h", (7, 9)


@variant(DepthwiseConv2D, rank=2)
def depthwise_7_9_linear(op: DepthwiseConv2D, prefix: str) -> Call | None:
    return stream_call(op, prefix, HEADER, TAPS, [Requantizer.LINEAR])


@variant(DepthwiseConv2D, rank=4)
def depthwise_7_9(op: DepthwiseConv2D, prefix: str) -> Call | None:
    return stream_call(op, prefix, HEADER, TAPS, [Requantizer.FITTED, Requantizer.MIXED])
