"""The same kernels, assembly included, on the virtual board: a fixed set of cases."""

from __future__ import annotations

import itertools
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.kernels import cases
from tests.kernels.cases import Case
from tests.kernels.target import run_on_target

pytestmark = pytest.mark.skipif(
    shutil.which("arm-none-eabi-gcc") is None or shutil.which("qemu-system-arm") is None,
    reason="needs arm-none-eabi-gcc and qemu-system-arm",
)


STEEP = -0.5
"""A magnitude by which nearly every layer has a factor of 1/16 or more."""


def every_kind(seed: int) -> list[Case]:
    rng = np.random.default_rng(seed)

    def pick(low: int, high: int) -> int:
        return int(rng.integers(low, high + 1))

    in_place = bool(seed % 2)
    taps, dilation = pick(1, 9), pick(1, 12)
    kind, exponents = (("any", (-10, 2)), ("relu", (-10, -4.5)), ("linear", (-14, -1.6)), ("relu", (-13, 2)))[seed % 4]
    padding = pick(0, taps - 1) * dilation if seed % 2 else pick(0, (taps - 1) * dilation)
    made = [
        *(
            cases.streamed_case(seed, pick(1, 70), pick(1, 20), pick(1, 12), in_place, kernel, end)
            for kernel in cases.STREAMED
            for end in cases.STREAMED_ENDS
        ),
        cases.dw_case(seed, pick(1, 70), pick(1, 20), dilation, taps, padding, in_place, exponents, kind),
        cases.pointwise_case(seed, pick(1, 9), pick(1, 72), pick(1, 80), in_place, bool(seed % 3), STEEP),
        cases.pointwise_case(seed, pick(1, 9), pick(1, 72), pick(1, 80), in_place, bool(seed % 3), relu=False),
        cases.pointwise_case(seed, pick(1, 9), pick(1, 72), pick(1, 80), in_place, False),
        cases.pointwise_case(seed, pick(1, 9), pick(1, 72), pick(1, 80), in_place, True),
        cases.narrow_case(seed, pick(1, 9), pick(1, 72), pick(1, 80), in_place, bool(seed % 3)),
        cases.any_case(seed, pick(1, 9), pick(1, 160), pick(1, 160), (1, 1, 0), in_place, (-12, 1)),
        cases.any_case(seed, pick(1, 20), pick(1, 90), pick(1, 40), (taps, dilation, padding), False, (-12, -4)),
        cases.conv_case(seed, pick(1, 20), pick(6, 160), pick(1, 6), pick(1, 5), 1, 0, in_place),
        cases.conv_case(seed, pick(1, 20), pick(6, 72), pick(1, 3), 3, 2, pick(0, 4), in_place),
        cases.mul_case(seed, pick(1, 9), pick(1, 160), in_place),
        cases.lines_case(seed, pick(1, 9), pick(1, 40), in_place),
        cases.factor_case(seed, pick(1, 9), pick(1, 40), in_place),
        cases.sums_case(seed, pick(1, 600), pick(1, 20)),
        cases.add_case(seed, pick(1, 400), in_place),
        cases.vector_case(seed, pick(1, 128), pick(1, 96), in_place),
        cases.scale_case(seed, pick(1, 200), in_place),
    ]
    return [case for case in made if case is not None]


def test_random_cases(tmp_path: Path) -> None:
    chosen = list(itertools.chain.from_iterable(every_kind(seed) for seed in range(20)))
    run = run_on_target(chosen, tmp_path)
    assert [(chosen[number].kernel, chosen[number].scalars) for number in run.wrong] == []
    assert len(run.windows) == len(chosen)


@pytest.mark.parametrize(("gated", "magnitude"), [(False, STEEP), (True, -7.0)])
def test_every_width_in(tmp_path: Path, gated: bool, magnitude: float) -> None:
    """Each length of a row enters the unrolled product at its own place."""
    made = [cases.pointwise_case(width, 3, width, 7, False, gated, magnitude) for width in range(1, 73)]
    chosen = [case for case in made if case is not None]
    assert len(chosen) >= 70
    assert run_on_target(chosen, tmp_path).wrong == ()


def test_every_stream_length(tmp_path: Path) -> None:
    """Each number of rows modulo 3 or 4 pairs enters the depthwise loops at its own place, and has its own end."""
    made = [
        cases.streamed_case(rows, rows, 2, 1, True, kernel, end)
        for kernel in cases.STREAMED
        for end in cases.STREAMED_ENDS
        for rows in range(2, 33)
    ]
    chosen = [case for case in made if case is not None]
    assert len(chosen) >= 350
    assert run_on_target(chosen, tmp_path).wrong == ()


def test_long_convolutions(tmp_path: Path) -> None:
    """The window of sums slides and is moved back many times, at each number of channels that fits."""
    made = [cases.conv_case(seed, 97 + seed, 8, 1 + seed % 6, 1 + seed % 6, 1, seed % 6, False) for seed in range(24)]
    chosen = [case for case in made if case is not None]
    assert len(chosen) >= 16
    assert run_on_target(chosen, tmp_path).wrong == ()


def test_a_wrong_byte_is_found(tmp_path: Path) -> None:
    good = cases.sums_case(1, 9, 5)
    bad = replace(good, expected=good.expected + 1)
    assert run_on_target([good, bad, good], tmp_path).wrong == (1,)
