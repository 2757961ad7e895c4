"""Two operands over [rows][channels], each of them full, one row, or one element."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sktools.compiler.call import Table
from sktools.compiler.graph import Tensor


@dataclass(frozen=True)
class Strides:
    """How an operand is walked: element = data[row * row_stride + channel * channel_stride]."""

    row: int
    channel: int


@dataclass(frozen=True)
class Operand:
    """An input of an elementwise operator."""

    tensor: Tensor
    strides: Strides

    def source(self, name: str) -> int | Table:
        """The tensor's index, or the constant as a table of that name."""
        return self.tensor.index if self.tensor.data is None else Table(name, "int8_t", self.tensor.data)


def full_first(operands: Sequence[Operand]) -> tuple[int, int]:
    """The positions of both operands, a full one first: the kernel reads an element of it, then may overwrite it."""
    return (0, 1) if operands[0].strides.row or not operands[1].strides.row else (1, 0)


def row_count(output: Tensor) -> int:
    return output.elements // channel_count(output)


def channel_count(output: Tensor) -> int:
    return output.shape[-1] if output.shape else 1


def broadcast_shape(first: Operand, second: Operand, output: Tensor) -> Mapping[str, int]:
    """Members of sk_add_t and sk_mul_t that the number of cycles depends on."""
    return {
        "rows": row_count(output),
        "channels": channel_count(output),
        "a_row": first.strides.row,
        "b_row": second.strides.row,
    }


def broadcast_constants(first: Operand, second: Operand, output: Tensor, clamp: tuple[int, int]) -> Mapping[str, int]:
    """Other members that sk_add_t and sk_mul_t have in common."""
    return {
        "a_channel": first.strides.channel,
        "b_channel": second.strides.channel,
        "a_zero_point": first.tensor.zero_point,
        "b_zero_point": second.tensor.zero_point,
        "out_zero_point": output.zero_point,
        "low": clamp[0],
        "high": clamp[1],
    }
