"""Sum of two operands, broadcast (firmware/kernels/sk_add.c)."""

from __future__ import annotations

from collections.abc import Sequence

from sktools.compiler.call import Call
from sktools.compiler.graph import Tensor
from sktools.compiler.kernels.arithmetic.broadcast import (
    Operand,
    broadcast_constants,
    broadcast_shape,
    full_first,
)

Scale = tuple[int, int]
"""TFLite's (multiplier, shift), shift positive to the left."""


def add_call(
    prefix: str,
    operands: Sequence[Operand],
    output: Tensor,
    clamp: tuple[int, int],
    scales: tuple[Scale, Scale, Scale],
    left_shift: int,
) -> Call:
    """scales: of both operands and of the output; left_shift: of the operands before they are scaled."""
    a, b = full_first(operands)
    first, second = operands[a], operands[b]
    return Call(
        kernel="add",
        function="sk_add",
        header="sk_add.h",
        struct="sk_add_t",
        shape=broadcast_shape(first, second, output),
        constants={
            **broadcast_constants(first, second, output, clamp),
            "left_shift": left_shift,
            "a_multiplier": scales[a][0],
            "a_shift": scales[a][1],
            "b_multiplier": scales[b][0],
            "b_shift": scales[b][1],
            "out_multiplier": scales[2][0],
            "out_shift": scales[2][1],
        },
        inputs=(first.source(f"{prefix}_a"), second.source(f"{prefix}_b")),
        output=output.index,
        in_place=first.tensor.elements == output.elements,
    )
