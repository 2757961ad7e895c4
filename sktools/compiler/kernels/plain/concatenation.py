"""Several activations side by side (firmware/kernels/sk_concatenation.c)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sktools.compiler.call import Call, Table
from sktools.compiler.graph import Tensor


def concatenation_call(prefix: str, operands: Sequence[Tensor], output: Tensor, axis: int) -> Call:
    """axis: of the output's, not negative."""
    inner = int(np.prod(output.shape[axis + 1 :], dtype=np.int64))
    pieces = np.array([tensor.shape[axis] * inner for tensor in operands], dtype=np.int32)
    outer = output.elements // int(pieces.sum())
    return Call(
        kernel="concatenation",
        function="sk_concatenation",
        header="sk_concatenation.h",
        struct="sk_concatenation_t",
        shape={"outer": outer, "inputs": len(operands), "whole": int(pieces.sum())},
        constants={"bytes": Table(f"{prefix}_bytes", "int32_t", pieces)},
        inputs=tuple(
            tensor.index if tensor.data is None else Table(f"{prefix}_{position}", "int8_t", tensor.data)
            for position, tensor in enumerate(operands)
        ),
        output=output.index,
    )
