"""Mean of each window, per channel (firmware/kernels/sk_average_pool_2d.c)."""

from __future__ import annotations

from sktools.compiler.call import Call
from sktools.compiler.graph import Tensor
from sktools.compiler.kernels.arithmetic.windows import Window
from sktools.compiler.kernels.plain.max_pool_2d import pool_constants, pool_shape


def average_pool_2d_call(source: Tensor, output: Tensor, window: Window, clamp: tuple[int, int]) -> Call:
    """source, output: of shape [1, height, width, channels], one scale and zero point."""
    return Call(
        kernel="average_pool_2d",
        function="sk_average_pool_2d",
        header="sk_average_pool_2d.h",
        struct="sk_pool_2d_t",
        shape=pool_shape(source, output, window),
        constants=pool_constants(window, clamp),
        inputs=(source.index,),
        output=output.index,
    )
