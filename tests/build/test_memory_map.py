"""What fits a chip's memories is told before anything is compiled."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from sktools.boards.board import load_board
from sktools.boards.configure import ImageOptions, build_image, check_arena, sdk_target
from sktools.build.memory_map import Content, MemoryRegion, check_fit, find_region
from sktools.build.neuralspot import check_memory
from sktools.compiler.compiled import MemoryPlan
from sktools.errors import BuildError, UsageError
from tests.support.fake_model import TFLITE, fake_model

EVB = load_board("apollo4p_evb")


def test_a_memory_takes_exactly_what_it_has() -> None:
    regions = [MemoryRegion("A", 0, 100, ("arena",))]
    check_fit(regions, [Content("arena", 60, "A"), Content("stack", 40, "A"), Content("far", 999, "B")], "x")
    with pytest.raises(BuildError, match=r"A of x has 100 bytes, 101 are to lie there: arena 61, stack 40"):
        check_fit(regions, [Content("arena", 61, "A"), Content("stack", 40, "A")], "x")


def test_the_arena_that_is_too_large_for_tcm_goes_into_sram() -> None:
    large = dataclasses.replace(fake_model(), plan=MemoryPlan(400_000, 400_000, (), 400_000))
    with pytest.raises(BuildError, match=r"TCM of apollo4p_evb has 393,216 bytes, 409,392 .*arena 400,000"):
        check_memory(large, sdk_target(EVB, ImageOptions()))
    check_memory(large, sdk_target(EVB, ImageOptions(arena_location="SRAM")))
    larger = dataclasses.replace(fake_model(), plan=MemoryPlan(1_048_577, 1, (), 1_048_577))
    with pytest.raises(BuildError, match="SRAM of apollo4p_evb has 1,048,576 bytes, 1,048,577"):
        check_memory(larger, sdk_target(EVB, ImageOptions(arena_location="SRAM")))


def test_weights_in_tcm_take_flash_too() -> None:
    heavy = dataclasses.replace(fake_model(), model_bytes=300_000)
    check_memory(heavy, sdk_target(EVB, ImageOptions(model_location="TCM")))
    with pytest.raises(BuildError, match=r"TCM .*weights 390,000"):
        check_memory(
            dataclasses.replace(heavy, model_bytes=390_000), sdk_target(EVB, ImageOptions(model_location="TCM"))
        )
    with pytest.raises(BuildError, match=r"MRAM .* has 1,998,848 bytes"):
        check_memory(dataclasses.replace(heavy, model_bytes=1_999_000), sdk_target(EVB, ImageOptions()))


def test_nothing_is_written_where_it_does_not_fit(tmp_path: Path) -> None:
    large = dataclasses.replace(fake_model(), plan=MemoryPlan(400_000, 400_000, (), 400_000))
    with pytest.raises(BuildError):
        build_image(large, EVB, TFLITE, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("most", "fits"), [(None, True), (1200, True), (1199, False), (0, False)])
def test_the_arena_the_user_allows(most: int | None, fits: bool) -> None:
    if fits:
        check_arena(fake_model(), most)
        return
    with pytest.raises(BuildError, match=r"takes 1,200 bytes, .* at least 1,200; .*a 600 \(steps 0 to 2\), c 600"):
        check_arena(fake_model(), most)


def test_a_region_is_found_by_name_in_either_case() -> None:
    assert find_region(EVB.memory, "sram", "arena", "x").name == "SRAM"
    assert find_region(EVB.memory, None, "arena", "x").name == "TCM"
    assert find_region(EVB.memory, None, "model", "x").name == "MRAM"
    with pytest.raises(UsageError, match="board x describes no memory for the arena"):
        find_region([], None, "arena", "x")
