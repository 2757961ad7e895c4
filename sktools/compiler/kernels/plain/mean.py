"""Mean over the rows of [rows][channels] (firmware/kernels/sk_mean.c)."""

from __future__ import annotations

from sktools.compiler.call import Call
from sktools.compiler.graph import Tensor


def mean_call(source: Tensor, output: Tensor, rows: int, multiplier: int, shift: int) -> Call:
    """multiplier, shift: of a channel's sum, 1 / rows included."""
    return Call(
        kernel="mean",
        function="sk_mean",
        header="sk_mean.h",
        struct="sk_mean_t",
        shape={"rows": rows, "channels": source.elements // rows},
        constants={
            "in_zero_point": source.zero_point,
            "out_zero_point": output.zero_point,
            "multiplier": multiplier,
            "shift": shift,
        },
        inputs=(source.index,),
        output=output.index,
    )
