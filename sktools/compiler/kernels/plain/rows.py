"""Rows that move: SPACE_TO_BATCH_ND, BATCH_TO_SPACE_ND (firmware/kernels/sk_rows.c)."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from sktools.compiler.call import Call
from sktools.compiler.graph import Tensor


@dataclass(frozen=True)
class RowMap:
    """Row r of the output, t = r + skip: row first + t // inner * outer_step + t % inner * inner_step of the input."""

    skip: int
    inner: int
    outer_step: int
    inner_step: int
    first: int


def rows_call(source: Tensor, output: Tensor, row_map: RowMap) -> Call:
    """source, output: [rows][channels]. Rows outside the input are the output's zero point."""
    channels = output.shape[-1]
    return Call(
        kernel="rows",
        function="sk_rows",
        header="sk_rows.h",
        struct="sk_rows_t",
        shape={
            "in_rows": source.elements // channels,
            "out_rows": output.elements // channels,
            "channels": channels,
        },
        constants={**asdict(row_map), "pad": output.zero_point},
        inputs=(source.index,),
        output=output.index,
    )
