"""A function of one element, by a table of its 256 values (firmware/kernels/sk_lookup.c)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sktools.compiler.call import Call, Table
from sktools.compiler.graph import Tensor


def lookup_call(prefix: str, source: Tensor, output: Tensor, table: NDArray[np.int8]) -> Call:
    """table: int8 [256], the output for -128, -127, ... 127."""
    return Call(
        kernel="lookup",
        function="sk_lookup",
        header="sk_lookup.h",
        struct="sk_lookup_t",
        shape={"elements": output.elements},
        constants={"table": Table(f"{prefix}_table", "int8_t", table)},
        inputs=(source.index,),
        output=output.index,
        in_place=True,
    )
