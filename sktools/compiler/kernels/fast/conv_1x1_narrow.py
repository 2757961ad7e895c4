"""Pointwise convolutions with int8 weights, widened in spare arena
(firmware/kernels/fast/sk_conv_1x1_narrow.c)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sktools.compiler.call import Call, Table
from sktools.compiler.kernels.arithmetic.requantization import SCALE, Requantizer
from sktools.compiler.kernels.arithmetic.tiles import TILE

WIDE = {
    "conv_1x1": ("", "sk_fast_narrow_pw"),
    "conv_1x1_gated": ("convolution.", "sk_fast_narrow_gated_pw"),
    "conv_1x1_excite": ("gated.convolution.", "sk_fast_narrow_excite_pw"),
}
"""Kernels that have a narrow twin: how the names of the convolution's members start, and the twin's function."""


def conv_1x1_narrow(call: Call) -> Call | None:
    """The same results from smaller constants and more scratch. None: not for this call."""
    if call.kernel not in WIDE or call.scratch:
        return None
    convolution, function = WIDE[call.kernel]
    if call.shape[f"{convolution}requantizer"] != Requantizer.FITTED:
        return None
    (wide,) = call.tables
    narrow = narrow_tiles(wide.values.astype(np.int32))
    if narrow is None:
        return None
    return replace(
        call,
        kernel=f"{call.kernel}_narrow",
        function=function,
        header="fast/sk_conv_1x1_narrow.h",
        constants={**call.constants, f"{convolution}tiles": Table(wide.name, "int32_t", narrow)},
        scratch=wide.size,
    )


def narrow_tiles(tiles: NDArray[np.int32]) -> NDArray[np.int32] | None:
    """Records [n, 8 + 4 * (pairs + 1) // 2] from those of pack_tiles; None if a weight is not a multiple of SCALE.

    A word holds a column's weights of two pairs as bytes: low of the first, low of the second, high, high.
    """
    records = tiles.shape[0]
    halves = np.ascontiguousarray(tiles[:, TILE:-TILE]).view(np.int16).reshape(records, -1, TILE, 2)
    if np.any(halves % SCALE):
        return None
    padded = np.pad(halves // SCALE, ((0, 0), (0, halves.shape[1] % 2), (0, 0), (0, 0))).astype(np.int8)
    # [record, two pairs, pair, column, half] to [record, two pairs, column, half, pair]
    bytes_ = padded.reshape(records, -1, 2, TILE, 2).transpose(0, 1, 3, 4, 2)
    words = np.ascontiguousarray(bytes_).reshape(records, -1).view("<i4")
    return np.hstack([tiles[:, :TILE], words, tiles[:, -TILE:]]).astype(np.int32)
