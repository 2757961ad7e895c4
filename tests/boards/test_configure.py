"""What --max-arena-size compares with: the arena that results report."""

from __future__ import annotations

import dataclasses

import pytest

from sktools.boards.configure import check_arena
from sktools.compiler import compile_model
from sktools.errors import BuildError
from tests.support.random_network import Family, random_network

MODEL = compile_model(random_network(Family(frames=32, filters=(8,), depths=(1,), dilations=(1,))), name="small")


def test_the_limit_is_held_against_the_reported_arena_with_the_kernels_stack() -> None:
    plan = MODEL.plan
    assert plan.written_bytes > plan.arena_bytes
    check_arena(MODEL, plan.written_bytes)
    with pytest.raises(BuildError, match=rf"takes {plan.written_bytes:,} bytes, .*on the kernels' stack") as caught:
        check_arena(MODEL, plan.written_bytes - 1)
    assert "--max-arena-size" in caught.value.hint and "--optimize" not in caught.value.hint


def test_what_would_be_smaller_is_said_where_it_is() -> None:
    plain = dataclasses.replace(MODEL, optimize="none")
    with pytest.raises(BuildError) as caught:
        check_arena(plain, 1)
    assert caught.value.hint == "--optimize balanced"
