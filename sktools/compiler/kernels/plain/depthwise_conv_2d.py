"""Depthwise convolution of any shape (firmware/kernels/sk_depthwise_conv_2d.c)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sktools.compiler.call import Call
from sktools.compiler.graph import Tensor
from sktools.compiler.kernels.arithmetic.requantization import Requantization
from sktools.compiler.kernels.arithmetic.windows import Window
from sktools.compiler.kernels.plain.conv_2d import window_constants, window_shape


def depthwise_conv_2d_call(
    prefix: str,
    source: Tensor,
    output: Tensor,
    window: Window,
    weights: Tensor,
    bias: NDArray[np.int32],
    requantization: Requantization,
) -> Call:
    """source, output: of shape [1, height, width, channels]; weights: [1, kernel_h, kernel_w, out_c]."""
    return Call(
        kernel="depthwise_conv_2d",
        function="sk_depthwise",
        header="sk_depthwise_conv_2d.h",
        struct="sk_conv_t",
        shape=window_shape(source, output, window),
        constants=window_constants(prefix, source, window, weights, bias, requantization),
        inputs=(source.index,),
        output=output.index,
    )
