"""Lifetimes never overlap in memory, in-place steps share, and the bound is a bound."""

from __future__ import annotations

import pytest

from sktools.compiler import OPTIMIZE_LEVELS, compile_model
from tests.support.random_network import random_family, random_network


@pytest.mark.parametrize("optimize", OPTIMIZE_LEVELS)
@pytest.mark.parametrize("seed", range(20))
def test_live_buffers_do_not_overlap(seed: int, optimize: str) -> None:
    plan = compile_model(random_network(random_family(seed)), name="plan", optimize=optimize).plan
    for number, a in enumerate(plan.buffers):
        assert a.offset % 4 == 0
        assert a.offset + a.size <= plan.arena_bytes
        for b in plan.buffers[:number]:
            if a.first_step <= b.last_step and b.first_step <= a.last_step:
                assert a.offset + a.size <= b.offset or b.offset + b.size <= a.offset
    assert plan.lower_bound <= plan.arena_bytes
