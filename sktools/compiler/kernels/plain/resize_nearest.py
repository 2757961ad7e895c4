"""Rows and columns of an image taken by number (firmware/kernels/sk_resize_nearest.c)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sktools.compiler.call import Call, Table
from sktools.compiler.graph import Tensor


def resize_nearest_call(
    prefix: str, source: Tensor, output: Tensor, rows: NDArray[np.uint16], columns: NDArray[np.uint16]
) -> Call:
    """source, output: of shape [1, height, width, channels]; rows, columns: of the input, for those of the output."""
    return Call(
        kernel="resize_nearest",
        function="sk_resize_nearest",
        header="sk_resize_nearest.h",
        struct="sk_resize_nearest_t",
        shape={
            "in_w": source.shape[2],
            "out_h": output.shape[1],
            "out_w": output.shape[2],
            "channels": output.shape[3],
        },
        constants={
            "rows": Table(f"{prefix}_rows", "uint16_t", rows),
            "columns": Table(f"{prefix}_columns", "uint16_t", columns),
        },
        inputs=(source.index,),
        output=output.index,
    )
