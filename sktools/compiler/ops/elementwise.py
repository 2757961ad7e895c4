"""What MUL and ADD share: two operands over [rows, channels], each of them full, one row, or one element."""

from __future__ import annotations

import numpy as np

from sktools.compiler.graph import Graph, Operator, Tensor
from sktools.compiler.kernels.arithmetic.broadcast import Operand, Strides, channel_count
from sktools.compiler.ops.base import activation_operand, refuse, result


def operands_of(operator: Operator, graph: Graph) -> tuple[tuple[Operand, Operand], Tensor]:
    """Both inputs and the output.

    Raises ModelError if the output's shape is not that of the inputs, broadcast, or for a broadcast other than full,
    per channel, or scalar.
    """
    first, second = (activation_operand(operator, graph, position, constant=True) for position in range(2))
    output = result(operator, graph)
    try:
        shape = np.broadcast_shapes(first.shape, second.shape)
    except ValueError:
        shape = None
    if shape != output.shape:
        raise refuse(operator, f"{list(first.shape)} and {list(second.shape)} do not broadcast to {list(output.shape)}")
    return (_operand(operator, first, output, 0), _operand(operator, second, output, 1)), output


def _operand(operator: Operator, tensor: Tensor, output: Tensor, position: int) -> Operand:
    channels = channel_count(output)
    if tensor.elements == output.elements:
        return Operand(tensor, Strides(channels, 1))
    if tensor.elements == 1:
        return Operand(tensor, Strides(0, 0))
    if tensor.shape[-1] == channels and tensor.elements == channels:
        return Operand(tensor, Strides(0, 1))
    raise refuse(
        operator,
        f"input {position} of shape {list(tensor.shape)} against {list(output.shape)}; "
        "a full, per-channel or scalar operand is supported",
    )
