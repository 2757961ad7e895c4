"""Removes operators that only compute the shape operand of a RESHAPE: the file's output shape already says it.

A conversion with a dynamic batch leaves SHAPE -> STRIDED_SLICE -> PACK in front of every RESHAPE.
"""

from __future__ import annotations

from dataclasses import replace

from sktools.compiler.graph import Graph, Operator

SHAPE_OPS = ("SHAPE", "STRIDED_SLICE", "PACK", "CONCATENATION", "GATHER")


def drop_shape_arithmetic(graph: Graph) -> Graph:
    """The graph without int32 operators whose results reach nothing but the second operand of a RESHAPE."""
    operators = list(graph.operators)
    for reshape in [operator for operator in operators if operator.op == "RESHAPE" and len(operator.inputs) > 1]:
        chain = _chain(graph, reshape.inputs[1])
        if chain is None:
            continue
        outside = [operator for operator in operators if operator not in chain and operator.index != reshape.index]
        produced = {tensor for operator in chain for tensor in operator.outputs}
        if any(produced & set(operator.inputs) for operator in outside):
            continue
        position = next(i for i, operator in enumerate(operators) if operator.index == reshape.index)
        operators[position] = replace(
            reshape, inputs=reshape.inputs[:1], folded=(*reshape.folded, *sorted(chain, key=lambda o: o.index))
        )
        operators = [operator for operator in operators if operator not in chain]
    return replace(graph, operators=tuple(operators))


def _chain(graph: Graph, tensor: int) -> list[Operator] | None:
    """The shape operators behind a tensor back to SHAPE, or None where it is a constant or anything else."""
    producer = next((operator for operator in graph.operators if tensor in operator.outputs), None)
    if producer is None or producer.op not in SHAPE_OPS or graph.tensors[tensor].dtype != "INT32":
        return None
    chain = [producer]
    if producer.op == "SHAPE":
        return chain
    for source in producer.inputs:
        if graph.tensors[source].data is None:
            earlier = _chain(graph, source)
            if earlier is None:
                return None
            chain += [operator for operator in earlier if operator not in chain]
    return chain
