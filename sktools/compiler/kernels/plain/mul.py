"""Product of two operands, broadcast (firmware/kernels/sk_mul.c)."""

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


def mul_call(
    prefix: str, operands: Sequence[Operand], output: Tensor, clamp: tuple[int, int], multiplier: int, shift: int
) -> Call:
    """multiplier, shift: the real factor of the product."""
    first, second = (operands[position] for position in full_first(operands))
    return Call(
        kernel="mul",
        function="sk_mul",
        header="sk_mul.h",
        struct="sk_mul_t",
        shape=broadcast_shape(first, second, output),
        constants={
            **broadcast_constants(first, second, output, clamp),
            "multiplier": multiplier,
            "shift": shift,
        },
        inputs=(first.source(f"{prefix}_a"), second.source(f"{prefix}_b")),
        output=output.index,
        in_place=first.tensor.elements == output.elements,
    )
