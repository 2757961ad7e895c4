"""Pointwise convolutions of a single row, squeeze-excite's (firmware/kernels/fast/sk_conv_1x1_vector.c)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sktools.compiler.call import Call, Table
from sktools.compiler.kernels.arithmetic.requantization import SCALE, Requantization, fit_layer
from sktools.compiler.lowering import variant
from sktools.compiler.ops.conv_2d import Conv2D
from sktools.compiler.ops.fully_connected import FullyConnected
from sktools.compiler.ops.window import int8_values

MAX_CHANNELS = 128
"""SK_FAST_VECTOR_CHANNELS."""


@variant(Conv2D, FullyConnected, rank=4)
def conv_1x1_vector(op: Conv2D | FullyConnected, prefix: str) -> Call | None:
    window = op.row_window
    if window is None or window.taps != 1 or window.rows != 1:
        return None
    weights = int8_values(op.weights).reshape(-1, window.channels)
    tables = pack_vector(weights, op.bias, op.inputs[0].zero_point, op.requantization)
    if tables is None:
        return None
    return Call(
        kernel="conv_1x1_vector",
        function="sk_fast_vector",
        header="fast/sk_conv_1x1_vector.h",
        struct="sk_fast_vector_t",
        shape={"in_channels": window.channels, "out_channels": op.weights.shape[0]},
        constants={
            "weights": Table(f"{prefix}_weights", "int8_t", tables.weights),
            "outputs": Table(f"{prefix}_outputs", "int32_t", tables.outputs),
        },
        inputs=(op.inputs[0].index,),
        output=op.output.index,
        stack=4 * (-(-window.channels // 2)),
        in_place=True,
    )


@dataclass(frozen=True, eq=False)
class VectorTables:
    """weights: [out_channels, in_channels up to a multiple of 4] int8; outputs: [out_channels, 2] int32."""

    weights: NDArray[np.int8]
    outputs: NDArray[np.int32]


def pack_vector(
    weights: NDArray[np.int8], bias: NDArray[np.int32], zero_point: int, requantization: Requantization
) -> VectorTables | None:
    """None if the row is too long or a channel has no fitted requantization.

    weights: [out_channels, in_channels]; bias: [out_channels]; zero_point: the input's.
    """
    fitted = None if weights.shape[1] > MAX_CHANNELS else fit_layer(weights, bias, zero_point, requantization)
    if fitted is None:
        return None
    plain = (fitted.weights // SCALE).astype(np.int8)  # 0 if the output never changes
    return VectorTables(
        np.pad(plain, ((0, 0), (0, -weights.shape[1] % 4))), np.column_stack([fitted.bias, fitted.multiplier])
    )
