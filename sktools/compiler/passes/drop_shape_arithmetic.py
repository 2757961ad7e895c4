"""Removes operators that only compute the shape operand of a RESHAPE: the file's output shape already says it.

A conversion with a dynamic batch leaves SHAPE -> STRIDED_SLICE -> PACK in front of every RESHAPE.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sktools.compiler.graph import Graph, Operator

SHAPE_OPS = ("SHAPE", "STRIDED_SLICE", "PACK", "CONCATENATION", "GATHER")


def drop_shape_arithmetic(graph: Graph) -> Graph:
    """The graph without int32 operators whose results reach nothing but the second operand of a RESHAPE."""
    kept = {operator.index: operator for operator in graph.operators}
    producer_of = {output: operator for operator in graph.operators for output in operator.outputs}
    for reshape in [operator for operator in graph.operators if operator.op == "RESHAPE" and len(operator.inputs) > 1]:
        chain = _chain(graph, producer_of, reshape.inputs[1])
        if not chain or not chain.keys() <= kept.keys():
            continue
        produced = {tensor for operator in chain.values() for tensor in operator.outputs}
        readers = (index for index, operator in kept.items() if not produced.isdisjoint(operator.inputs))
        if any(index not in chain and index != reshape.index for index in readers):
            continue
        folded = (*reshape.folded, *(chain[index] for index in sorted(chain)))
        kept[reshape.index] = replace(reshape, inputs=reshape.inputs[:1], folded=folded)
        for index in chain:
            del kept[index]
    return replace(graph, operators=tuple(kept.values()))


def _chain(graph: Graph, producer_of: Mapping[int, Operator], tensor: int) -> Mapping[int, Operator] | None:
    """By index, the shape operators behind a tensor back to SHAPE; None where it is a constant or anything else."""
    chain: dict[int, Operator] = {}
    waiting = [tensor]
    while waiting:
        source = waiting.pop()
        producer = producer_of.get(source)
        if producer is None or producer.op not in SHAPE_OPS or graph.tensors[source].dtype != "INT32":
            return None
        if producer.index in chain:
            continue
        chain[producer.index] = producer
        if producer.op != "SHAPE":
            waiting += [index for index in producer.inputs if index >= 0 and graph.tensors[index].data is None]
    return chain
