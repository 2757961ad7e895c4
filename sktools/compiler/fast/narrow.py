"""Tables of the kernels that keep weights as int8 in flash (firmware/kernels/fast/sk_fast_narrow.h)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sktools.compiler.fast.requantize import SCALE
from sktools.compiler.fast.tiles import TILE


def narrow_tiles(tiles: NDArray[np.int32]) -> NDArray[np.int32] | None:
    """Records [n, 8 + 4 * (pairs + 1) // 2] from those of pack_tiles; None where a weight is no multiple of SCALE.

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
