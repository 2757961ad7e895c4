"""Weights in the order of the tile product (firmware/kernels/fast/sk_tiles.h)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sktools.compiler.kernels.arithmetic.requantization import as_pairs

MAX_CHANNELS = 72
"""2 * SK_TILE_PAIRS: what the unrolled product reaches."""

TILE = 4
"""Columns of one record."""


def pair_order(channels: int) -> list[tuple[int, int]]:
    """Channels of each pair of an expanded row, -1 for an empty half: (0,2) (1,3) (4,6)..., then as sk_tile_tail."""
    order = []
    whole = channels - channels % 4
    for group in range(0, whole, 4):
        order += [(group, group + 2), (group + 1, group + 3)]
    tail = {0: [], 1: [(0, -1)], 2: [(0, 1)], 3: [(0, 2), (1, -1)]}[channels % 4]
    return order + [(whole + low, whole + high if high >= 0 else -1) for low, high in tail]


def pack_tiles(weights: NDArray[np.int16], bias: NDArray[np.int32], *stage: NDArray[np.int32]) -> NDArray[np.int32]:
    """Records [ceil(columns / 4), 4 + 4 * pairs + 4 * len(stage)]: 4 biases, 4 weight pairs a pair of the row, 4 each
    of stage.

    weights: [columns, channels]; bias and what requantization asks for (the multiplier first): [columns] each. Missing
    columns of the last record are 0.
    """
    padding = (0, -weights.shape[0] % TILE)
    first, *last = (np.pad(values.astype(np.int32), padding).reshape(-1, TILE) for values in (bias, *stage))
    return np.ascontiguousarray(np.hstack([first, pack_weights(weights), *last]), dtype=np.int32)


def pack_weights(weights: NDArray[np.int16], pairs: int = 0) -> NDArray[np.int32]:
    """Records [ceil(columns / 4), 4 * pairs] for sums: the weight pairs alone. weights: [columns, channels].

    pairs: of the row that they are for, where it has more than channels; those beyond have no weight.
    """
    columns, channels = weights.shape
    records = -(-columns // TILE)
    order = pair_order(channels)
    order += [(-1, -1)] * (pairs - len(order))
    order = order[:1] + order[:0:-1]  # in which the product takes them
    padded = np.zeros((records * TILE, channels + 1), np.int16)  # index -1: the empty half
    padded[:columns, :channels] = weights
    picked = padded[:, np.array(order).reshape(-1)]
    return as_pairs(picked).reshape(records, TILE, len(order)).transpose(0, 2, 1).reshape(records, -1)


def pack_parts(*groups: NDArray[np.int16]) -> NDArray[np.int32]:
    """By part of the channels (part_width), the pack_weights of that part of each group.

    groups: [columns, channels] each.
    """
    channels = groups[0].shape[1]
    width = part_width(channels)
    return np.concatenate(
        [
            pack_weights(group[:, start : start + width], -(-width // 2))
            for start in range(0, channels, width)
            for group in groups
        ]
    )


def part_width(channels: int) -> int:
    """Channels of each part but the last, which may be shorter: a multiple of 4 where there are several."""
    parts = -(-channels // MAX_CHANNELS)
    return channels if parts == 1 else -(-channels // (parts * TILE)) * TILE


def expanded_rows(channels: int) -> int:
    """Bytes of two rows as int16 pairs, which the tile product keeps on the stack."""
    return 2 * 4 * (-(-channels // 2))
