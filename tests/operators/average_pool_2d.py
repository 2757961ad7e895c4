"""Networks of AVERAGE_POOL_2D."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tests.operators.max_pool_2d import pool_networks


def networks(random: np.random.Generator) -> Iterator[tuple[str, bytes]]:
    return pool_networks("AVERAGE_POOL_2D")
