"""What MUL and ADD share: two operands over [rows, channels], each of them full, one row, or one element."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sktools.compiler.call import Table
from sktools.compiler.graph import Graph, Operator, Tensor
from sktools.compiler.ops.base import activation_operand, refuse, result


@dataclass(frozen=True)
class Strides:
    """How an operand is walked: element = data[row * row_stride + channel * channel_stride]."""

    row: int
    channel: int


def operands_of(operator: Operator, graph: Graph) -> tuple[tuple[Tensor, Tensor], Tensor]:
    """Both inputs and the output. Raises ModelError where the output's shape is not theirs, broadcast."""
    first, second = (activation_operand(operator, graph, position, constant=True) for position in range(2))
    output = result(operator, graph)
    try:
        shape = np.broadcast_shapes(first.shape, second.shape)
    except ValueError:
        shape = None
    if shape != output.shape:
        raise refuse(operator, f"{list(first.shape)} and {list(second.shape)} do not broadcast to {list(output.shape)}")
    return (first, second), output


def row_count(output: Tensor) -> int:
    return output.elements // (output.shape[-1] if output.shape else 1)


def channel_count(output: Tensor) -> int:
    return output.shape[-1] if output.shape else 1


def strides_of(operator: Operator, tensor: Tensor, output: Tensor, position: int) -> Strides:
    """Raises ModelError for a broadcast other than full, per channel, or scalar."""
    channels = channel_count(output)
    if tensor.elements == output.elements:
        return Strides(channels, 1)
    if tensor.elements == 1:
        return Strides(0, 0)
    if tensor.shape[-1] == channels and tensor.elements == channels:
        return Strides(0, 1)
    raise refuse(
        operator,
        f"input {position} of shape {list(tensor.shape)} against {list(output.shape)}; "
        "a full, per-channel or scalar operand is supported",
    )


def operand_source(tensor: Tensor, name: str) -> int | Table:
    """The tensor index, or the constant as a table."""
    return Table(name, "int8_t", tensor.data) if tensor.data is not None else tensor.index
