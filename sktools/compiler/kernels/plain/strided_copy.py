"""Elements in another order, or some of them (firmware/kernels/sk_strided_copy.c)."""

from __future__ import annotations

from sktools.compiler.call import Call
from sktools.compiler.graph import Tensor
from sktools.compiler.kernels.arithmetic.walks import Walk


def strided_copy_call(prefix: str, source: Tensor, output: Tensor, walk: Walk, first: int) -> Call:
    """walk: through the input, one extent per axis of the output; first: offset of its first element."""
    extents, strides = walk.tables(prefix)
    return Call(
        kernel="strided_copy",
        function="sk_strided_copy",
        header="sk_strided_copy.h",
        struct="sk_strided_copy_t",
        shape={"elements": output.elements},
        constants={"first": first, "extents": extents, "strides": strides},
        inputs=(source.index,),
        output=output.index,
    )
