"""RESIZE_NEAREST_NEIGHBOR, int8 (reference_ops::ResizeNearestNeighbor)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sktools.compiler.call import Call
from sktools.compiler.graph import Graph, Operator
from sktools.compiler.kernels.plain.resize_nearest import resize_nearest_call
from sktools.compiler.ops.base import (
    FloatArray,
    Op,
    constant_numbers,
    float_value,
    refuse,
    register,
    result,
    same_quantization,
)
from sktools.compiler.ops.options import Options, OptionsReader
from sktools.compiler.ops.window import image_operand, image_shape


def _options(table: Any) -> Options:
    return {"align_corners": bool(table.AlignCorners()), "half_pixel_centers": bool(table.HalfPixelCenters())}


@register("RESIZE_NEAREST_NEIGHBOR", options=OptionsReader("ResizeNearestNeighborOptions", _options))
@dataclass(frozen=True, eq=False)
class ResizeNearestNeighbor(Op):
    """rows, columns: of the input, uint16 [out_h] and [out_w]."""

    rows: NDArray[np.uint16]
    columns: NDArray[np.uint16]

    @classmethod
    def parse(cls, operator: Operator, graph: Graph) -> Self:
        source = image_operand(operator, graph)
        output = image_shape(operator, result(operator, graph), "the output")
        same_quantization(operator, source, output)
        size = [int(extent) for extent in constant_numbers(operator, graph, 1).ravel()]
        if size != list(output.shape[1:3]) or source.shape[3] != output.shape[3]:
            raise refuse(operator, f"{list(source.shape)} resized to {size} does not give {list(output.shape)}")
        rows, columns = (_nearest(operator, source.shape[axis], output.shape[axis]) for axis in (1, 2))
        return cls(operator, (source,), output, rows, columns)

    def lower(self, prefix: str) -> Call:
        return resize_nearest_call(prefix, self.inputs[0], self.output, self.rows, self.columns)

    def evaluate(self, values: Mapping[int, FloatArray]) -> FloatArray:
        return float_value(self.inputs[0], values)[:, self.rows][:, :, self.columns]


def _nearest(operator: Operator, before: int, after: int) -> NDArray[np.uint16]:
    """GetNearestNeighbor of each position, in float32."""
    corners, centers = bool(operator.options.get("align_corners")), bool(operator.options.get("half_pixel_centers"))
    if corners and after > 1:
        scale = np.float32(before - 1) / np.float32(after - 1)
    else:
        scale = np.float32(before) / np.float32(after)
    places = (np.arange(after, dtype=np.float32) + np.float32(0.5 if centers else 0.0)) * scale
    rounded = np.floor(places + np.float32(0.5)) if corners else np.floor(places)
    return np.asarray(np.clip(rounded, 0, before - 1), dtype=np.uint16)
