"""One kernel invocation in the generated C: which function, the members of its constant struct, and its buffers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

V = TypeVar("V")


@dataclass(frozen=True, eq=False)
class Table:
    """A constant C array. ctype: element type in C, e.g. "int8_t"; values: flattened in C order when printed."""

    name: str
    ctype: str
    values: NDArray[np.generic]

    @property
    def size(self) -> int:
        return int(self.values.nbytes)


@dataclass(frozen=True, eq=False)
class Call:
    """`function(&struct, inputs..., output[, scratch])`.

    kernel: the variant's name in tables. header: the file below firmware/kernels/ that declares function and struct;
    the C file of the same name holds the function. shape and constants: the struct's members by their C names (a dot
    leads into a member that is a struct). shape: those that the number of cycles depends on; they are the cost key.
    constants: the others; a Table stands for a pointer to that table. inputs: tensor indices, or Tables for constant
    operands.
    scratch: bytes that the kernel writes besides its output, passed as its last argument. stack: bytes of rows and
    tables that it keeps on the stack instead. in_place: the output may start at the first input's address.
    """

    kernel: str
    function: str
    header: str
    struct: str
    shape: Mapping[str, int]
    constants: Mapping[str, int | Table]
    inputs: tuple[int | Table, ...]
    output: int
    scratch: int = 0
    stack: int = 0
    in_place: bool = False

    @property
    def members(self) -> Mapping[str, int | Table]:
        """Every member of the struct."""
        return {**self.shape, **self.constants}

    @property
    def tables(self) -> tuple[Table, ...]:
        """Every constant array that the call reads: members first, then operands."""
        return tuple(value for value in (*self.constants.values(), *self.inputs) if isinstance(value, Table))


def within(member: str, values: Mapping[str, V]) -> dict[str, V]:
    """The members of a struct that is itself a member of another struct, by their names from there."""
    return {f"{member}.{name}": value for name, value in values.items()}
