"""Extents and strides by which the C walks an array's elements (firmware/kernels/sk_walk.h)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sktools.compiler.call import Table

AXES = 6
"""SK_WALK_AXES in C."""


@dataclass(frozen=True)
class Walk:
    """extents: of the walk's axes, the last one fastest; strides: elements from one to the next, may be negative."""

    extents: tuple[int, ...]
    strides: tuple[int, ...]

    def tables(self, prefix: str) -> tuple[Table, Table]:
        """Extents and strides as constants, with axes of one element in front."""
        missing = AXES - len(self.extents)
        extents = np.array([1] * missing + [*self.extents], dtype=np.int32)
        strides = np.array([0] * missing + [*self.strides], dtype=np.int32)
        return Table(f"{prefix}_extents", "int32_t", extents), Table(f"{prefix}_strides", "int32_t", strides)


def strides_of(shape: Sequence[int]) -> tuple[int, ...]:
    """Elements from one to the next along each axis of a packed array."""
    return tuple(int(np.prod(shape[axis + 1 :], dtype=np.int64)) for axis in range(len(shape)))


def walk_along(shape: Sequence[int], axes: Sequence[int]) -> Walk:
    """The walk along some axes of a packed array, in their order."""
    strides = strides_of(shape)
    return Walk(tuple(shape[axis] for axis in axes), tuple(strides[axis] for axis in axes))
