"""Largest element along some axes (firmware/kernels/sk_reduce_max.c)."""

from __future__ import annotations

from sktools.compiler.call import Call, Table
from sktools.compiler.graph import Tensor
from sktools.compiler.kernels.arithmetic.walks import walk_along


def reduce_max_call(prefix: str, source: Tensor, output: Tensor, axes: tuple[int, ...]) -> Call:
    """axes: of the source, along which the largest is found."""
    return Call(
        kernel="reduce_max",
        function="sk_reduce_max",
        header="sk_reduce_max.h",
        struct="sk_reduce_max_t",
        shape={"elements": output.elements, "count": source.elements // output.elements},
        constants=reduction_walks(prefix, source, axes),
        inputs=(source.index,),
        output=output.index,
    )


def reduction_walks(prefix: str, source: Tensor, axes: tuple[int, ...]) -> dict[str, int | Table]:
    """The members of a reduction's struct that walk through what stays and through what is reduced."""
    kept = walk_along(source.shape, [axis for axis in range(len(source.shape)) if axis not in axes])
    reduced = walk_along(source.shape, axes)
    kept_extents, kept_strides = kept.tables(f"{prefix}_kept")
    reduced_extents, reduced_strides = reduced.tables(f"{prefix}_reduced")
    return {
        "kept_extents": kept_extents,
        "kept_strides": kept_strides,
        "reduced_extents": reduced_extents,
        "reduced_strides": reduced_strides,
    }
