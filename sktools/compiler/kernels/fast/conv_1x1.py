"""Pointwise convolutions by tiles, also of an activation that a gate scales on the way in
(firmware/kernels/fast/sk_conv_1x1.c)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sktools.compiler.call import Call, Table, within
from sktools.compiler.kernels.arithmetic.gates import gate_of
from sktools.compiler.kernels.arithmetic.requantization import (
    MANY_SCALES,
    Requantization,
    Requantizer,
    fit_layer,
    fit_mixed,
    linear_layer,
)
from sktools.compiler.kernels.arithmetic.tiles import MAX_CHANNELS, expanded_rows, pack_tiles
from sktools.compiler.lowering import Lowering, variant
from sktools.compiler.ops.conv_2d import Conv2D
from sktools.compiler.ops.fully_connected import FullyConnected
from sktools.compiler.ops.mul import Mul
from sktools.compiler.ops.window import int8_values

HEADER = "fast/sk_conv_1x1.h"


@variant(Conv2D, FullyConnected, rank=3)
def conv_1x1(op: Conv2D | FullyConnected, prefix: str) -> Call | None:
    """Requantization by the tile itself."""
    window = op.row_window
    if window is None or window.taps != 1:
        return None
    columns = op.weights.shape[0]
    weights = int8_values(op.weights).reshape(columns, window.channels)
    packed = pack_conv_1x1(weights, op.bias, op.inputs[0].zero_point, op.requantization)
    if packed is None:
        return None
    return Call(
        kernel="conv_1x1",
        function="sk_fast_pw",
        header=HEADER,
        struct="sk_fast_pw_t",
        shape={
            "rows": window.rows,
            "in_channels": window.channels,
            "out_channels": columns,
            "requantizer": packed.requantizer,
        },
        constants={"tiles": Table(f"{prefix}_tiles", "int32_t", packed.tiles)},
        inputs=(op.inputs[0].index,),
        output=op.output.index,
        stack=expanded_rows(window.channels),
        in_place=True,
    )


def conv_1x1_gated(at: Lowering) -> tuple[int, Call] | None:
    """A fusion: a broadcast MUL whose only reader is the pointwise convolution behind it, on the same channels."""
    mul, ahead = at.op, at.only_reader()
    if not isinstance(mul, Mul) or ahead is None:
        return None
    conv, gated = at.ops[at.position + ahead], mul.gated
    if not isinstance(conv, Conv2D) or gated is None:
        return None
    convolution = conv_1x1(conv, at.prefix(ahead))
    if convolution is None:
        return None
    source, gate = gated
    if source.shape[-1] != conv.inputs[0].shape[-1]:
        return None  # a reshape between them made other rows
    constants = gate_of(source, gate, mul.output, mul.multiplier, mul.shift, mul.clamp)
    if constants is None:
        return None
    call = Call(
        kernel="conv_1x1_gated",
        function="sk_fast_gated_pw",
        header=HEADER,
        struct="sk_fast_gated_pw_t",
        shape=within("convolution", convolution.shape),
        constants={**within("convolution", convolution.constants), **within("gate", constants.members)},
        inputs=(source.index, gate.index),
        output=conv.output.index,
        stack=convolution.stack + 4 * source.shape[-1],
        in_place=True,
    )
    return ahead + 1, call


@dataclass(frozen=True, eq=False)
class Conv1x1Tables:
    """tiles: [records, words]."""

    requantizer: Requantizer
    tiles: NDArray[np.int32]


def pack_conv_1x1(
    weights: NDArray[np.int8], bias: NDArray[np.int32], zero_point: int, requantization: Requantization
) -> Conv1x1Tables | None:
    """None if a row is too long, or if no requantizer of a tile is exact for all channels.

    weights: [out_channels, in_channels]; bias: [out_channels]; zero_point: the input's (behind a gate: its output's).
    """
    if weights.shape[1] > MAX_CHANNELS:
        return None
    fitted = fit_layer(weights, bias, zero_point, requantization, MANY_SCALES)
    if fitted is not None:
        return Conv1x1Tables(Requantizer.FITTED, pack_tiles(fitted.weights, fitted.bias, fitted.multiplier))
    mixed = fit_mixed(weights, bias, zero_point, requantization)
    if mixed is not None:
        layer, shifts = mixed
        return Conv1x1Tables(Requantizer.MIXED, pack_tiles(layer.weights, layer.bias, layer.multiplier, shifts))
    linear = linear_layer(weights, bias, zero_point, requantization)
    if linear is None or (requantization.low, requantization.high) != (-128, 127):
        return None
    twice = 2 * linear.weights.astype(np.int16)
    folded = (2 * linear.bias.astype(np.int64) - zero_point * twice.sum(axis=1, dtype=np.int64)).astype(np.int32)
    tiles = pack_tiles(twice, folded, linear.multiplier, linear.rounding, linear.shift)
    return Conv1x1Tables(Requantizer.LINEAR, tiles)
