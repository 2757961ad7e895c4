"""Tests that draw from their module's RANDOM draw the same alone as beside others."""

from __future__ import annotations

import numpy as np
import pytest


@pytest.fixture(autouse=True)
def same_numbers_in_any_order(request: pytest.FixtureRequest) -> None:
    random = getattr(request.module, "RANDOM", None)
    if random is not None:
        random.bit_generator.state = np.random.default_rng(5).bit_generator.state
