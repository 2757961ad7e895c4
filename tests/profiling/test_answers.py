"""A board's outputs placed where their epochs are, and decided with the stage prior."""

from __future__ import annotations

import numpy as np
import pytest

from sktools.compiler.compiled import TensorSpec
from sktools.metrics.clock import Clock
from sktools.model_config import LiveConfig
from sktools.profiling.answers import Answering, placed
from sktools.profiling.inputs import from_evaluation, rolling_frames
from sktools.profiling.scoring import nights, score
from tests.features.test_live import chosen_of

CLASSES = ("WAKE", "SLEEP")
INPUT, OUTPUT = TensorSpec((1, 8, 3), 0.5, 0), TensorSpec((1, 8, 2), 0.5, 0)
EPOCHS = 8


def test_rolling_outputs_fall_back_into_the_frames_of_the_set() -> None:
    chosen = chosen_of({"a": 17, "b": 5}, EPOCHS)
    frames = rolling_frames(chosen, INPUT)
    assert frames.rolling and frames.frames.shape == (22, 1, 8, 3) and frames.source.endswith("live")
    assert np.array_equal(frames.real[3], frames.frames[3].astype(np.float32) * 0.5)
    # The "board" answers each row with the row's own number in its frame and the frame's number.
    outputs = np.stack(
        [np.tile(np.arange(EPOCHS), (22, 1)), np.repeat(np.arange(22)[:, None], EPOCHS, axis=1)], axis=2
    ).astype(np.int8)
    at_once = placed(chosen, outputs.reshape(22, 1, 8, 2), 2, 0.0)
    assert at_once[0].tolist() == [[7, epoch] for epoch in range(8)]
    assert at_once[3, :5].tolist() == [[7, 17 + epoch] for epoch in range(5)]
    late = placed(chosen, outputs.reshape(22, 1, 8, 2), 2, 1.0)
    assert late[3, :5].tolist() == [[5, 19], [5, 20], [5, 21], [6, 21], [7, 21]]


def test_frames_one_after_another_stay_where_they_are() -> None:
    chosen = chosen_of({"a": 17}, EPOCHS)
    frames = from_evaluation(chosen, INPUT, 2)
    outputs = np.arange(32, dtype=np.int8).reshape(2, 1, 8, 2)
    assert not frames.rolling and np.array_equal(placed(chosen, outputs, 2), outputs.reshape(2, 8, 2))


def test_the_prior_decides_for_device_and_host_and_stages_alike() -> None:
    chosen = chosen_of({"a": 16}, EPOCHS)
    prior = np.zeros((4, 2))
    prior[0, 1] = 2.0  # 4 steps of the output's scale, for the first 10 epochs
    clock = Clock(CLASSES, 5, np.full((4, 2), 0.5), prior)
    outputs = np.tile(np.array([3, 0], np.int8), (2, 1, 8, 1)).reshape(2, 1, 8, 2)
    plain = score(chosen, outputs, outputs, OUTPUT, CLASSES, clock)
    decided = score(chosen, outputs, outputs, OUTPUT, CLASSES, clock, Answering(prior=clock))
    assert plain is not None and decided is not None
    assert plain["confusion"] == [[16, 0], [0, 0]] and not plain["decision"]["clock"]
    assert decided["confusion"] == [[6, 10], [0, 0]] == decided["host"]["confusion"] and decided["decision"]["clock"]
    (night,) = nights(chosen, Answering(prior=clock).logits(chosen, placed(chosen, outputs, 2), OUTPUT))
    assert night["device"] == [1] * 10 + [0] * 6


def test_live_has_a_row_for_each_delay() -> None:
    chosen = chosen_of({"a": 140}, 128)
    generator = np.random.default_rng(0)
    outputs = generator.integers(-128, 128, (140, 1, 128, 2)).astype(np.int8)
    spec = TensorSpec((1, 128, 2), 0.5, 0)
    answering = Answering(live=LiveConfig(2.5))
    found = score(chosen, outputs, outputs, spec, CLASSES, answering=answering)
    assert found is not None and found["decision"]["delay_minutes"] == 2.5
    rows = {row["delay_minutes"]: row for row in found["live"]}
    assert tuple(rows) == (0, 1, 2.5, 5, 10, 30) and {row["epochs"] for row in rows.values()} == {140}
    assert rows[2.5]["accuracy"] == found["accuracy"] == found["host"]["accuracy"]
    assert len({row["accuracy"] for row in rows.values()}) > 1
    late = np.array([outputs[min(epoch + 5, 139), 0, 127 - min(5, 139 - epoch)].argmax() for epoch in range(140)])
    assert found["accuracy"] == pytest.approx((late == 0).mean())
