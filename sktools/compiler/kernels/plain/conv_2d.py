"""Convolution of any shape (firmware/kernels/sk_conv_2d.c); FULLY_CONNECTED is one of 1x1."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sktools.compiler.call import Call, Table
from sktools.compiler.graph import Tensor
from sktools.compiler.kernels.arithmetic.requantization import Requantization
from sktools.compiler.kernels.arithmetic.windows import Window


def conv_2d_call(
    prefix: str,
    source: Tensor,
    output: Tensor,
    window: Window,
    weights: Tensor,
    bias: NDArray[np.int32],
    requantization: Requantization,
) -> Call:
    """source, output: of shape [1, height, width, channels]; weights: [out_c, kernel_h, kernel_w, in_c]."""
    return Call(
        kernel="conv_2d",
        function="sk_conv",
        header="sk_conv_2d.h",
        struct="sk_conv_t",
        shape=window_shape(source, output, window),
        constants=window_constants(prefix, source, window, weights, bias, requantization),
        inputs=(source.index,),
        output=output.index,
    )


def window_shape(source: Tensor, output: Tensor, window: Window) -> Mapping[str, int]:
    """Members of sk_conv_t that the number of cycles depends on."""
    return {
        "in_h": source.shape[1],
        "in_w": source.shape[2],
        "in_c": source.shape[3],
        "out_h": output.shape[1],
        "out_w": output.shape[2],
        "out_c": output.shape[3],
        "kernel_h": window.kernel_h,
        "kernel_w": window.kernel_w,
        "stride_h": window.stride_h,
        "stride_w": window.stride_w,
        "dilation_h": window.dilation_h,
        "dilation_w": window.dilation_w,
    }


def window_constants(
    prefix: str,
    source: Tensor,
    window: Window,
    weights: Tensor,
    bias: NDArray[np.int32],
    requantization: Requantization,
) -> Mapping[str, int | Table]:
    """The other members of sk_conv_t."""
    assert weights.data is not None
    return {
        "pad_h": window.pad_h,
        "pad_w": window.pad_w,
        "in_zero_point": source.zero_point,
        "out_zero_point": requantization.zero_point,
        "low": requantization.low,
        "high": requantization.high,
        "weights": Table(f"{prefix}_weights", "int8_t", weights.data),
        "bias": Table(f"{prefix}_bias", "int32_t", bias),
        "multiplier": Table(f"{prefix}_multiplier", "int32_t", requantization.multiplier),
        "shift": Table(f"{prefix}_shift", "int8_t", requantization.shift.astype(np.int8)),
    }
