"""PAD in front of a convolution without padding: the convolution's own padding, so that nothing is copied.

Exact: int8 PAD writes the tensor's zero point, which is what padding stands for in the convolution. Causal and other
one-sided windows are converted so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from sktools.compiler.graph import Graph, Operator

CONVOLUTIONS = ("DEPTHWISE_CONV_2D", "CONV_2D")


def fold_pad(graph: Graph, keep: Callable[[Operator], bool] = lambda operator: False) -> Graph:
    """The graph with every PAD -> VALID convolution folded; other PADs stay. keep: operators not to fold."""
    operators = list(graph.operators)
    for pad in [operator for operator in graph.operators if operator.op == "PAD"]:
        readers = graph.consumers(pad.outputs[0])
        if len(readers) != 1 or pad.outputs[0] == graph.output or keep(pad):
            continue
        folded = _folded(graph, pad, readers[0])
        if folded is not None:
            position = next(i for i, operator in enumerate(operators) if operator.index == folded.index)
            operators[position] = folded
            operators = [operator for operator in operators if operator.index != pad.index]
    return replace(graph, operators=tuple(operators))


def _folded(graph: Graph, pad: Operator, conv: Operator) -> Operator | None:
    if conv.op not in CONVOLUTIONS or conv.options.get("padding") != "VALID" or conv.inputs[0] != pad.outputs[0]:
        return None
    source, padded = graph.tensors[pad.inputs[0]], graph.tensors[pad.outputs[0]]
    amounts = graph.tensors[pad.inputs[1]].data if len(pad.inputs) == 2 and pad.inputs[1] >= 0 else None
    if amounts is None or len(source.shape) != 4 or np.shape(amounts) != (4, 2):
        return None
    rows = np.asarray(amounts).astype(int)
    if np.any(rows < 0) or np.any(rows[[0, 3]] != 0) or np.any(rows > 0x7FFF):
        return None
    if tuple(extent + int(amount.sum()) for extent, amount in zip(source.shape, rows, strict=True)) != padded.shape:
        return None
    a, b = source.quantization, padded.quantization
    if a is None or b is None or len(a.scale) != 1 or len(b.scale) != 1:
        return None
    if a.scale[0] != b.scale[0] or a.zero_point[0] != b.zero_point[0]:
        return None
    options = {
        **conv.options,
        "padding": "EXPLICIT",
        "pad_h": int(rows[1, 0]),
        "pad_h_after": int(rows[1, 1]),
        "pad_w": int(rows[2, 0]),
        "pad_w_after": int(rows[2, 1]),
    }
    return replace(
        conv, inputs=(pad.inputs[0], *conv.inputs[1:]), options=options, folded=(*pad.folded, pad, *conv.folded)
    )
