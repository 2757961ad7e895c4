"""Tuning measures plain, fast and fused kernels of a model on the virtual board."""

from __future__ import annotations

from sktools.boards.board import load_board
from sktools.profiling.tuning import tune
from tests.support.random_network import Family, random_network
from tests.support.tools import needs_qemu


@needs_qemu
def test_every_candidate_is_measured_and_the_same_twice() -> None:
    tflite = random_network(Family(frames=32, filters=(8,), depths=(1,), dilations=(2,), se_ratio=4))
    first = tune(tflite, load_board("virtual"))
    kernels = {key.split()[0] for key in first}
    assert {"conv_2d", "depthwise_conv_2d", "depthwise_5_fitted", "mean", "mean_four_channels", "mul"} <= kernels
    assert all(cycles > 0 for cycles in first.values())
    assert tune(tflite, load_board("virtual")) == first
