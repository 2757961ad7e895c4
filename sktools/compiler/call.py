"""One kernel invocation in the generated C: which function, its constant shape struct, its tables and its buffers."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


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
    """`function(&shape, inputs..., output[, scratch])`.

    kernel: variant name shown in tables; struct: C type of the shape, fields: its members in order (a Table member is
    a pointer to that table). inputs: tensor indices, or Tables for constant operands. scratch: bytes the kernel
    writes besides its output, passed as its last argument. stack: bytes of rows and tables that it keeps on the stack
    instead. in_place: the output may start at the first input's address. files: what to compile below
    firmware/kernels/.
    """

    kernel: str
    function: str
    struct: str
    fields: tuple[tuple[str, int | Table], ...]
    inputs: tuple[int | Table, ...]
    output: int
    files: tuple[str, ...]
    scratch: int = 0
    stack: int = 0
    in_place: bool = False
    tables: tuple[Table, ...] = field(init=False)

    def __post_init__(self) -> None:
        members = [value for _, value in self.fields if isinstance(value, Table)]
        operands = [value for value in self.inputs if isinstance(value, Table)]
        object.__setattr__(self, "tables", tuple(members + operands))
