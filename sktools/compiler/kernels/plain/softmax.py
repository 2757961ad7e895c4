"""Softmax over the last axis (firmware/kernels/sk_softmax.c)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sktools.compiler.call import Call, Table
from sktools.compiler.graph import Tensor


def softmax_call(prefix: str, source: Tensor, output: Tensor, exponentials: NDArray[np.int32]) -> Call:
    """exponentials: int32 [256], exp of 0, -1, ... -255 steps, 1.0 as 2**31."""
    channels = output.shape[-1]
    return Call(
        kernel="softmax",
        function="sk_softmax",
        header="sk_softmax.h",
        struct="sk_softmax_t",
        shape={"rows": output.elements // channels, "channels": channels},
        constants={"exp": Table(f"{prefix}_exp", "int32_t", exponentials)},
        inputs=(source.index,),
        output=output.index,
        in_place=True,
    )
