"""An activation with a constant around it (firmware/kernels/sk_pad.c)."""

from __future__ import annotations

from collections.abc import Sequence

from sktools.compiler.call import Call
from sktools.compiler.graph import Tensor

AXES = "nhwc"


def pad_call(source: Tensor, output: Tensor, before: Sequence[int], value: int) -> Call:
    """before: elements in front, per axis; up to four axes. value: int8."""
    missing = len(AXES) - len(source.shape)

    def members(what: str, values: Sequence[int], absent: int) -> dict[str, int]:
        return {f"{what}_{axis}": extent for axis, extent in zip(AXES, [absent] * missing + [*values], strict=True)}

    return Call(
        kernel="pad",
        function="sk_pad",
        header="sk_pad.h",
        struct="sk_pad_t",
        shape={**members("in", source.shape, 1), **members("out", output.shape, 1)},
        constants={**members("before", before, 0), "value": value},
        inputs=(source.index,),
        output=output.index,
    )
