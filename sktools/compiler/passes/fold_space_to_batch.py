"""SPACE_TO_BATCH_ND, a convolution without padding, BATCH_TO_SPACE_ND: one dilated convolution.

A conversion with a dynamic batch writes dilated convolutions so, and stores batch 1 for the tensors between, which
makes interpreters with static shapes compute something else. The fold is exact: every output element sees the same
taps, padding stands for the zero point in both forms, and requantization is by element.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sktools.compiler.graph import Graph, Operator

CONVOLUTIONS = ("DEPTHWISE_CONV_2D", "CONV_2D")


def fold_space_to_batch(graph: Graph, keep: Callable[[Operator], bool] = lambda operator: False) -> Graph:
    """The graph with every exact pattern folded; others are left for the operator check. keep: not to be folded."""
    operators = list(graph.operators)
    for last in graph.operators:
        folded = _folded(graph, last)
        if folded is not None and not (keep(last) and keep(folded.folded[-2])):
            gone = {operator.index for operator in folded.folded}
            operators = [
                folded if operator.index == last.index else operator
                for operator in operators
                if operator.index not in gone
            ]
    return replace(graph, operators=tuple(operators))


def _producer(graph: Graph, tensor: int) -> Operator | None:
    return next((operator for operator in graph.operators if tensor in operator.outputs), None)


def _passes_on(graph: Graph, operator: Operator) -> bool:
    """One operator reads all that this one writes, and it is not the model's output."""
    alone = len(operator.outputs) == 1 and graph.output not in operator.outputs
    return alone and len(graph.consumers(operator.outputs[0])) == 1


def spread_convolution(graph: Graph, last: Operator) -> tuple[Operator, Operator] | None:
    """The SPACE_TO_BATCH_ND and the convolution in front of a BATCH_TO_SPACE_ND, where the fold is exact."""
    if last.op != "BATCH_TO_SPACE_ND" or not last.inputs:
        return None
    conv = _producer(graph, last.inputs[0])
    if conv is None or conv.op not in CONVOLUTIONS or not conv.inputs or not _passes_on(graph, conv):
        return None
    first = _producer(graph, conv.inputs[0])
    if first is None or first.op != "SPACE_TO_BATCH_ND" or not _passes_on(graph, first):
        return None
    plain = {"padding": "VALID", "stride_h": 1, "stride_w": 1, "dilation_h": 1, "dilation_w": 1}
    if any(conv.options.get(key) != value for key, value in plain.items()):
        return None
    if len(first.inputs) != 3 or len(last.inputs) != 3 or min(*first.inputs, *last.inputs) < 0:
        return None
    constants = [graph.tensors[tensor] for tensor in (*first.inputs[1:], *last.inputs[1:])]
    if any(tensor.data is None or tensor.dtype != "INT32" for tensor in constants):
        return None
    block, pads, block_back, crops = (np.asarray(tensor.data).astype(int) for tensor in constants)
    if block.shape != (2,) or pads.shape != (2, 2) or crops.shape != (2, 2) or not np.array_equal(block, block_back):
        return None
    if np.any(block < 1) or np.any(pads < 0) or np.any(crops < 0) or not _extents_agree(graph, first, last, block):
        return None
    return None if np.any(pads < crops) else (first, conv)


def _folded(graph: Graph, last: Operator) -> Operator | None:
    found = spread_convolution(graph, last)
    if found is None:
        return None
    first, conv = found
    block, pads, crops = (
        np.asarray(graph.tensors[tensor].data).astype(int) for tensor in (*first.inputs[1:], last.inputs[2])
    )
    # Cropped rows are outputs that the dilated convolution must not compute: they take the padding before them along.
    before, after = pads[:, 0] - crops[:, 0], pads[:, 1] - crops[:, 1]
    options = {
        **conv.options,
        "padding": "EXPLICIT",
        "dilation_h": int(block[0]),
        "dilation_w": int(block[1]),
        "pad_h": int(before[0]),
        "pad_h_after": int(after[0]),
        "pad_w": int(before[1]),
        "pad_w_after": int(after[1]),
    }
    return Operator(
        last.index,
        conv.op,
        (first.inputs[0], *conv.inputs[1:]),
        last.outputs,
        options,
        (*first.folded, first, *conv.folded, conv),
        last.op,
        last.name,
    )


def _extents_agree(graph: Graph, first: Operator, last: Operator, block: NDArray[np.int64]) -> bool:
    """Both quantizations are passed through unchanged, and the padded input divides into blocks."""
    for operator in (first, last):
        a, b = graph.tensors[operator.inputs[0]].quantization, graph.tensors[operator.outputs[0]].quantization
        if a is None or b is None or len(a.scale) != 1 or len(b.scale) != 1:
            return False
        if a.scale[0] != b.scale[0] or a.zero_point[0] != b.zero_point[0]:
            return False
    source, pads = graph.tensors[first.inputs[0]], graph.tensors[first.inputs[2]].data
    assert pads is not None
    return len(source.shape) == 4 and all(
        (source.shape[1 + axis] + int(pads[axis].sum())) % int(block[axis]) == 0 for axis in range(2)
    )
