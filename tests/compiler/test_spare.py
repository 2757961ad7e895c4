"""Scratch instead of constants: only where it is wanted, and only where the arena has it to spare."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from sktools.compiler import compile_model
from sktools.compiler.call import Call
from sktools.compiler.compile import compile_with
from sktools.compiler.compiled import CompiledModel
from sktools.compiler.kernels.arithmetic.tiles import TILE, pack_tiles
from sktools.compiler.kernels.fast.conv_1x1_narrow import narrow_tiles
from tests.support.random_network import Family, random_network

GROWING = random_network(Family(frames=64, filters=(16, 48), depths=(1, 1), dilations=(1, 2), seed=3))
"""Its last pointwise convolution fills the arena, so that nothing is left for its weights."""


def narrow_layers(model: CompiledModel) -> list[str]:
    return [layer.name for layer in model.layers if "narrow" in layer.kernel]


def wide(calls: Sequence[Call]) -> Call:
    return calls[-1]


def narrow(calls: Sequence[Call]) -> Call:
    return calls[0] if "narrow" in calls[0].kernel else calls[-1]


def test_weights_are_widened_in_spare_arena_and_no_further() -> None:
    small, _ = compile_with(GROWING, "x", narrow, fuse=True, optimize="balanced")
    same, _ = compile_with(GROWING, "x", wide, fuse=True, optimize="speed")
    assert narrow_layers(small) == ["B1.1/pointwise"]
    assert narrow_layers(same) == []
    assert small.plan.written_bytes == same.plan.written_bytes
    assert small.model_bytes < same.model_bytes


def test_speed_and_none_leave_weights_wide() -> None:
    for level in ("speed", "none"):
        assert narrow_layers(compile_model(GROWING, name="x", optimize=level)) == []


@pytest.mark.parametrize("channels", range(1, 14))
def test_a_byte_is_the_weight_over_the_scale(channels: int) -> None:
    weights = np.random.default_rng(channels).integers(-127, 128, (6, channels))
    columns = np.arange(6, dtype=np.int32)
    tiles = pack_tiles((256 * weights).astype(np.int16), columns, columns + 1)
    narrow = narrow_tiles(tiles)
    assert narrow is not None
    assert narrow.shape == (2, 2 * TILE + TILE * -(-channels // 4))
    for head in (slice(None, TILE), slice(-TILE, None)):
        np.testing.assert_array_equal(narrow[:, head], tiles[:, head])
    bytes_ = np.ascontiguousarray(narrow[:, TILE:-TILE]).view(np.int8)
    np.testing.assert_array_equal(np.sort(bytes_[bytes_ != 0]), np.sort(weights[weights != 0]))


def test_another_scale_has_no_byte() -> None:
    weights = np.full((4, 4), 255, np.int16)
    assert narrow_tiles(pack_tiles(weights, np.zeros(4, np.int32), np.ones(4, np.int32))) is None
