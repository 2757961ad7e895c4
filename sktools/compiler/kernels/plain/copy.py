"""A reshape whose bytes must lie in another place (firmware/kernels/sk_copy.c)."""

from __future__ import annotations

from sktools.compiler.call import Call
from sktools.compiler.graph import Tensor


def copy_call(source: Tensor, output: Tensor) -> Call:
    return Call(
        kernel="copy",
        function="sk_copy",
        header="sk_copy.h",
        struct="sk_copy_t",
        shape={"bytes": output.elements},
        constants={},
        inputs=(source.index,),
        output=output.index,
    )
