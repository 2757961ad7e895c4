"""Measured model cycles of kernel calls, by kernel and shape: what the compiler chooses by.

A table ships with the package and covers the zoo; `sktools tune` adds a user's shapes to one in the cache folder.
Cycles hardly depend on the data (requantization and clamps are free of branches), so one measurement stands for all.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import IntEnum
from functools import cache
from importlib.resources import files
from pathlib import Path

from sktools.compiler.call import Call

SHIPPED = "costs.json"


def cost_key(call: Call) -> str:
    """Kernel and shape as one line, e.g. "mean rows=240 channels=14"."""
    return " ".join([call.kernel, *(f"{member}={_text(value)}" for member, value in call.shape.items())])


def _text(value: int) -> str:
    return value.name.lower() if isinstance(value, IntEnum) else str(value)


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
