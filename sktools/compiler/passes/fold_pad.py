"""PAD in front of a convolution without padding: the convolution's own padding, so that nothing is copied.

Exact: int8 PAD writes the tensor's zero point, which is what padding stands for in the convolution. Causal and other
one-sided windows are converted so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from sktools.compiler.graph import Graph, Operator
from sktools.compiler.passes.lay_out_batches import stands_alone

CONVOLUTIONS = ("DEPTHWISE_CONV_2D", "CONV_2D")
VIEWS = ("RESHAPE", "EXPAND_DIMS")
PADDINGS = ("VALID", "EXPLICIT")
"""EXPLICIT: as a pass wrote it."""


def fold_pad(graph: Graph, keep: Callable[[Operator], bool] = lambda operator: False) -> Graph:
    """The graph with every PAD -> convolution folded; other PADs stay. keep: operators not to fold.

    A one-dimensional convolution is PAD, RESHAPE to four axes, convolution: the reshape is folded with the padding.
    """
    operators = list(graph.operators)
    for pad in [operator for operator in graph.operators if operator.op == "PAD"]:
        reader = _only_reader(graph, pad)
        if reader is None or keep(pad):
            continue
        view = reader if reader.op in VIEWS else None
        conv = _only_reader(graph, view) if view else reader
        folded = _folded(graph, pad, view, conv) if conv else None
        if folded is not None:
            gone = {pad.index, view.index if view else pad.index}
            operators = [
                folded if operator.index == folded.index else operator
                for operator in operators
                if operator.index not in gone
            ]
    return replace(graph, operators=tuple(operators))


def _only_reader(graph: Graph, operator: Operator) -> Operator | None:
    readers = graph.consumers(operator.outputs[0])
    return readers[0] if len(readers) == 1 and operator.outputs[0] != graph.output else None


def _folded(graph: Graph, pad: Operator, view: Operator | None, conv: Operator) -> Operator | None:
    read = (view or pad).outputs[0]
    if conv.op not in CONVOLUTIONS or conv.options.get("padding") not in PADDINGS or conv.inputs[0] != read:
        return None
    source, padded = graph.tensors[pad.inputs[0]], graph.tensors[pad.outputs[0]]
    amounts = graph.tensors[pad.inputs[1]].data if len(pad.inputs) == 2 and pad.inputs[1] >= 0 else None
    axis = _new_axis(graph, view) if view else -1
    rank = 3 if view else 4
    if amounts is None or axis is None or len(source.shape) != rank or np.shape(amounts) != (rank, 2):
        return None
    rows = np.asarray(amounts).astype(int)
    if np.any(rows < 0) or np.any(rows[[0, -1]] != 0) or np.any(rows > 0x7FFF):
        return None
    if tuple(extent + int(amount.sum()) for extent, amount in zip(source.shape, rows, strict=True)) != padded.shape:
        return None
    a, b = source.quantization, padded.quantization
    if a is None or b is None or len(a.scale) != 1 or len(b.scale) != 1:
        return None
    if a.scale[0] != b.scale[0] or a.zero_point[0] != b.zero_point[0]:
        return None
    if view:
        rows = np.insert(rows, axis, 0, axis=0)
    known = {f"pad_{side}": conv.options.get(f"pad_{side}", 0) for side in ("h", "h_after", "w", "w_after")}
    more = zip(known.items(), rows[1:3].ravel(), strict=True)
    options = {
        **conv.options,
        "padding": "EXPLICIT",
        **{side: int(before) + int(amount) for (side, before), amount in more},
        **({"new_axis": axis} if view else {}),
    }
    between = (*view.folded, view) if view else ()
    return replace(
        conv,
        inputs=(pad.inputs[0], *conv.inputs[1:]),
        options=options,
        folded=(*pad.folded, pad, *between, *conv.folded),
    )


def _new_axis(graph: Graph, view: Operator) -> int | None:
    """Where a sound reshape from three axes to four puts the new one, 1 or 2; None for any other."""
    before, after = graph.tensors[view.inputs[0]].shape, graph.tensors[view.outputs[0]].shape
    axes = [axis for axis in (1, 2) if after == (*before[:axis], 1, *before[axis:])]
    return axes[0] if axes and len(before) == 3 and stands_alone(view, graph) else None
