"""What each level picks, from measured costs and from none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sktools.compiler import compile_model
from sktools.compiler.call import Call, Table
from sktools.compiler.choice import chooser
from sktools.compiler.costs import cost_key, known_costs, read_costs, shipped_costs
from sktools.zoo import resolve
from tests.support.random_network import Family, random_network


def call(kernel: str, words: int) -> Call:
    constants = {"out_zero_point": 3, "tiles": Table("t", "int32_t", np.zeros(words, np.int32))}
    return Call(kernel, f"sk_{kernel}", f"sk_{kernel}.h", f"sk_{kernel}_t", {"rows": 240}, constants, (0,), 1)


PLAIN, SMALL, LARGE = call("plain", 10), call("small", 20), call("large", 40)
CALLS = (PLAIN, SMALL, LARGE)


def costs(plain: int, small: int, large: int) -> dict[str, int]:
    return {cost_key(c): cost for c, cost in zip(CALLS, (plain, small, large), strict=True)}


def test_a_key_names_the_kernel_and_its_shape_and_nothing_else() -> None:
    assert cost_key(LARGE) == "large rows=240"


@pytest.mark.parametrize(
    ("level", "measured", "expected"),
    [
        ("none", costs(900, 100, 90), PLAIN),
        ("speed", costs(900, 100, 99), LARGE),
        ("balanced", costs(900, 100, 99), SMALL),
        ("balanced", costs(9000, 1100, 1000), SMALL),
        ("balanced", costs(9000, 1300, 1000), LARGE),
        ("speed", costs(50, 100, 99), PLAIN),
        ("size", costs(900, 100, 99), PLAIN),
        ("balanced", {}, LARGE),
        ("speed", {}, LARGE),
    ],
)
def test_levels(level: str, measured: dict[str, int], expected: Call) -> None:
    assert chooser(level, measured)(CALLS) is expected


def test_size_saves_no_flash_that_costs_ram() -> None:
    in_place = replace(SMALL, in_place=True)
    assert chooser("size", costs(900, 100, 99))((PLAIN, in_place, replace(LARGE, in_place=True))) is in_place
    tflite = resolve("ss-2").tflite.read_bytes()  # of measured shapes, so that the levels have something to weigh
    fast, small = (compile_model(tflite, name="x", optimize=level) for level in ("speed", "size"))
    assert small.plan.written_bytes <= fast.plan.written_bytes
    assert small.model_bytes < fast.model_bytes


def test_a_compiled_model_follows_the_table() -> None:
    tflite = random_network(Family(frames=32, seed=4))
    fast = compile_model(tflite, name="x", optimize="speed", costs={})
    kernels = {layer.kernel for layer in fast.layers}
    assert "mean_four_channels" in kernels
    slow = {"mean_four_channels rows=32 channels=14": 999, "mean rows=32 channels=14": 1}
    chosen = [layer.kernel for layer in compile_model(tflite, name="x", optimize="speed", costs=slow).layers]
    assert "mean" in chosen


def test_a_damaged_table_of_the_user_is_as_if_it_were_not_there(tmp_path: Path) -> None:
    path = tmp_path / "costs.json"
    path.write_text('{"mean rows=1": "fast"}')
    with pytest.raises(ValueError, match="cycles"):
        read_costs(path.read_text())
    assert known_costs(path) == shipped_costs()
    path.write_text("[" * 100_000)
    assert known_costs(path) == shipped_costs()
    path.write_text('{"mean rows=1": 5}')
    assert known_costs(path)["mean rows=1"] == 5
