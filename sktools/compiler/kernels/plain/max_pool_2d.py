"""Largest element of each window, per channel (firmware/kernels/sk_max_pool_2d.c)."""

from __future__ import annotations

from collections.abc import Mapping

from sktools.compiler.call import Call
from sktools.compiler.graph import Tensor
from sktools.compiler.kernels.arithmetic.windows import Window


def max_pool_2d_call(source: Tensor, output: Tensor, window: Window, clamp: tuple[int, int]) -> Call:
    """source, output: of shape [1, height, width, channels], one scale and zero point."""
    return Call(
        kernel="max_pool_2d",
        function="sk_max_pool_2d",
        header="sk_max_pool_2d.h",
        struct="sk_pool_2d_t",
        shape=pool_shape(source, output, window),
        constants=pool_constants(window, clamp),
        inputs=(source.index,),
        output=output.index,
    )


def pool_shape(source: Tensor, output: Tensor, window: Window) -> Mapping[str, int]:
    """Members of sk_pool_2d_t that the number of cycles depends on."""
    return {
        "in_h": source.shape[1],
        "in_w": source.shape[2],
        "channels": source.shape[3],
        "out_h": output.shape[1],
        "out_w": output.shape[2],
        "kernel_h": window.kernel_h,
        "kernel_w": window.kernel_w,
        "stride_h": window.stride_h,
        "stride_w": window.stride_w,
    }


def pool_constants(window: Window, clamp: tuple[int, int]) -> Mapping[str, int]:
    """The other members of sk_pool_2d_t."""
    return {"pad_h": window.pad_h, "pad_w": window.pad_w, "low": clamp[0], "high": clamp[1]}
