"""Names of layers and blocks: ENC, B1.1, ... DEC for a network of the SS-N-TCN-SM family, else one block per operator.

No name comes from the model file, so none needs escaping in C, make or HTML.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sktools.compiler.ops import Op
from sktools.compiler.ops.conv_2d import Conv2D
from sktools.compiler.ops.depthwise_conv_2d import DepthwiseConv2D


@dataclass(frozen=True)
class LayerName:
    """block: "B1.1"; layer: "B1.1/depthwise"."""

    block: str
    layer: str


# A letter per operator, its `role.letter`; lower case for work on a single row (the squeeze-excite chain).
# Possessive (*+): a name is never worth trying all ways to share out the reshapes of a hostile model.
_DEPTH = re.compile(r"DR*+(?:M[cfxaR]*+X)?+R*+PR*+A?+R*+")  # depthwise, squeeze-excite?, pointwise, skip?
_FAMILY = re.compile(
    r"R*+(?P<enc>DR*+(?=D))?+"  # ENC: a depthwise convolution right before another one
    rf"(?P<body>(?:{_DEPTH.pattern})++)"
    r"(?P<dec>[KPF]R*+)"
)


def name_layers(ops: Sequence[Op]) -> tuple[LayerName, ...]:
    """One name per operator, in order."""
    letters = "".join(op.role.letter for op in ops)
    match = _FAMILY.fullmatch(letters)
    if match is None:
        return tuple(
            LayerName(f"{op.operator.op}_{op.operator.index}", f"{op.operator.op.lower()}_{op.operator.index}")
            for op in ops
        )
    blocks = ["ENC"] * match.start("body")
    spans = [(found.start(), found.end()) for found in _DEPTH.finditer(letters, match.start("body"), match.end("body"))]
    group, depth, previous = 0, 0, None
    for start, end in spans:
        shape = _depth_shape(ops[start:end])
        group, depth = (group, depth + 1) if shape == previous else (group + 1, 1)
        previous = shape
        blocks += [f"B{group}.{depth}"] * (end - start)
    blocks += ["DEC"] * (len(ops) - len(blocks))
    return _with_roles(ops, blocks)


def _depth_shape(ops: Sequence[Op]) -> tuple[int, int, int]:
    """What tells blocks apart: the depthwise dilation and the pointwise width."""
    depthwise = next(op for op in ops if isinstance(op, DepthwiseConv2D))
    pointwise = next(op for op in reversed(ops) if isinstance(op, Conv2D))
    return depthwise.window.dilation_h, depthwise.window.dilation_w, pointwise.output.shape[3]


def _with_roles(ops: Sequence[Op], blocks: Sequence[str]) -> tuple[LayerName, ...]:
    """Names unique within the network: a role that occurs twice in a block is numbered."""
    names = [
        f"{block}/{op.role.name or f'{op.operator.op.lower()}_{op.operator.index}'}"
        for op, block in zip(ops, blocks, strict=True)
    ]
    total, seen = Counter(names), Counter[str]()
    unique = []
    for name in names:
        seen[name] += 1
        unique.append(f"{name}_{seen[name]}" if total[name] > 1 else name)
    return tuple(LayerName(block, name) for block, name in zip(blocks, unique, strict=True))
