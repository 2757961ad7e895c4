"""SPACE_TO_BATCH_ND, convolution, BATCH_TO_SPACE_ND as they stand, for a build that leaves every layer observable.

A conversion with a dynamic batch stores batch 1 for the tensors between. Their real batches, one a residue modulo the
block, are rows of an image here: the same bytes, and a convolution with one kernel axis does not look across.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sktools.compiler.graph import Graph, Operator
from sktools.compiler.ops import parse_operator
from sktools.compiler.passes.fold_space_to_batch import spread_convolution
from sktools.errors import ModelError


def lay_out_batches(graph: Graph) -> Graph:
    """The graph with true shapes between the pairs that fold_space_to_batch would fold, where one axis is spread."""
    tensors = dict(graph.tensors)
    for last in graph.operators:
        found = spread_convolution(graph, last)
        if found is not None:
            for index, shape in _shapes(graph, *found).items():
                tensors[index] = replace(tensors[index], shape=shape, data=_as(tensors[index].data, shape))
    return replace(graph, tensors=tensors)


def stands_alone(operator: Operator, graph: Graph) -> bool:
    """True where the operator has a kernel of its own."""
    try:
        parse_operator(operator, graph)
    except ModelError:
        return False
    return True


def _as(data: np.ndarray | None, shape: tuple[int, ...]) -> np.ndarray | None:
    return None if data is None else data.reshape(shape)


def _shapes(graph: Graph, first: Operator, conv: Operator) -> dict[int, tuple[int, ...]]:
    """New shapes between and of the convolution's weights; none where two axes are spread or ranks are wrong."""
    source, weights, output = (graph.tensors[i] for i in (first.inputs[0], conv.inputs[1], conv.outputs[0]))
    if any(len(tensor.shape) != 4 for tensor in (source, weights, output)):
        return {}
    block, pads = (graph.tensors[index].data for index in first.inputs[1:])
    assert block is not None and pads is not None
    axis = 0 if int(block[0]) > 1 else 1
    if (
        int(block[1 - axis]) != 1
        or source.shape[2 - axis] != 1
        or np.any(pads[1 - axis])
        or weights.shape[2 - axis] != 1
        or len(graph.consumers(weights.index)) != 1
    ):
        return {}
    blocks = (source.shape[1 + axis] + int(pads[axis].sum())) // int(block[axis])
    taps = weights.shape[1 + axis]
    return {
        first.outputs[0]: (1, int(block[axis]), blocks, source.shape[3]),
        weights.index: (weights.shape[0], 1, taps, weights.shape[3]),
        conv.outputs[0]: (1, int(block[axis]), blocks - taps + 1, output.shape[3]),
    }
