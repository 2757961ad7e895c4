"""Mean along any axes (firmware/kernels/sk_mean_axes.c); mean.py for all axes but the last."""

from __future__ import annotations

from sktools.compiler.call import Call
from sktools.compiler.graph import Tensor
from sktools.compiler.kernels.plain.reduce_max import reduction_walks


def mean_axes_call(
    prefix: str, source: Tensor, output: Tensor, axes: tuple[int, ...], multiplier: int, shift: int
) -> Call:
    """multiplier, shift: of the sum along the axes, 1 / count included."""
    count = source.elements // output.elements
    return Call(
        kernel="mean_axes",
        function="sk_mean_axes",
        header="sk_mean_axes.h",
        struct="sk_mean_axes_t",
        shape={"elements": output.elements, "count": count},
        constants={
            **reduction_walks(prefix, source, axes),
            "in_zero_point": source.zero_point,
            "out_zero_point": output.zero_point,
            "multiplier": multiplier,
            "shift": shift,
        },
        inputs=(source.index,),
        output=output.index,
    )
