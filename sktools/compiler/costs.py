"""Measured model cycles of kernel calls, by kernel and shape: what the compiler chooses by.

A table ships with the package and covers the zoo; `sktools tune` adds a user's shapes to one in the cache folder.
Cycles hardly depend on the data (requantization and clamps are free of branches), so one measurement stands for all.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path

from sktools.compiler.call import Call

SHIPPED = "costs.json"
SHAPE_FIELDS = frozenset(
    (
        *(
            "rows",
            "channels",
            "elements",
            "in_channels",
            "out_channels",
            "taps",
            "dilation",
            "stage",
            "a_row",
            "b_row",
            "bytes",
        ),
        *("in_h", "in_w", "in_c", "out_h", "out_w", "out_c", "kernel_h", "kernel_w"),
        *("stride_h", "stride_w", "dilation_h", "dilation_w"),
    )
)
"""What the number of instructions depends on; zero points and multipliers are left out."""


def cost_key(call: Call) -> str:
    """Kernel and shape as one line, e.g. "fast_dw5 rows=240 channels=14 dilation=1"."""
    shape = [
        f"{name.rpartition('.')[2]}={value}"
        for name, value in call.fields
        if isinstance(value, int) and name.rpartition(".")[2] in SHAPE_FIELDS
    ]
    return " ".join([call.kernel, *shape])


def read_costs(text: str) -> dict[str, int]:
    """Raises ValueError where the text is no table of costs."""
    try:
        table = json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    if not isinstance(table, dict) or not all(isinstance(v, int) and v >= 0 for v in table.values()):
        raise ValueError("not an object of kernel call -> cycles")
    return table


@cache
def shipped_costs() -> Mapping[str, int]:
    return read_costs((files("sktools.compiler") / SHIPPED).read_text(encoding="utf-8"))


def known_costs(user_table: Path | None = None) -> Mapping[str, int]:
    """The shipped table, a user's on top. A user's table that is damaged is as if it were not there."""
    if user_table is None or not user_table.is_file():
        return shipped_costs()
    try:
        return {**shipped_costs(), **read_costs(user_table.read_text(encoding="utf-8"))}
    except (OSError, ValueError):
        return shipped_costs()
