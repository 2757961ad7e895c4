"""FS-WATCH-14: rows that never change, constants of a size that fits a watch, missing sensors."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from sktools.datasets.recording import Recording, Signal
from sktools.features import fs_watch_14
from sktools.features.feature_set import find_feature_set
from sktools.features.normalisation import normalise
from sktools.features.prior import fit_prior
from sktools.model_config import FeaturesConfig

EPOCHS = 90
NEEDED = ("heart_rate", "activity_counts")


def night(seed: int = 3, changed_from: float | None = None, sensors: tuple[str, ...] = NEEDED) -> Recording:
    """A night whose samples from `changed_from` (s) on are others."""
    generator = np.random.default_rng(seed)
    times = np.cumsum(generator.uniform(2, 9, 500))
    times = times[times < EPOCHS * 30]
    rate = 60 + np.cumsum(generator.normal(0, 0.7, len(times)))
    starts = np.arange(EPOCHS) * 30.0
    counts = np.maximum(generator.normal(-1, 3, EPOCHS), 0)
    if changed_from is not None:
        rate[times >= changed_from] += 25
        counts[starts >= changed_from] += 40
    signals = {
        "heart_rate": Signal(times, rate, "bpm"),
        "activity_counts": Signal(starts, counts, "count"),
    }
    stages = np.zeros(EPOCHS, np.int8)
    return Recording("test", "one", stages, {name: signals[name] for name in sensors})


def normal(recording: Recording) -> np.ndarray:
    feature_set = find_feature_set("fs-watch-14")
    prior = fit_prior([feature_set.extract(night(seed)) for seed in (11, 12)])
    return normalise(feature_set.extract(recording), FeaturesConfig("fs-watch-14", "causal", prior=prior))


@pytest.mark.parametrize("epoch", [5, 40, 88])
def test_a_row_is_the_same_whatever_comes_after_its_epoch(epoch: int) -> None:
    before, after = normal(night()), normal(night(changed_from=(epoch + 1) * 30.0))
    assert np.array_equal(before[: epoch + 1], after[: epoch + 1])
    assert not np.array_equal(before[epoch + 1], after[epoch + 1])


def test_counts_are_read_four_epochs_late() -> None:
    table = fs_watch_14.extract(night())
    counts = night().signals["activity_counts"].values
    assert not table.valid[:4, 10:13].any()
    assert np.allclose(table.values[4:, 10], np.log(counts[:-4] + 0.02))


@pytest.mark.parametrize(("sensor", "columns"), [("heart_rate", range(10)), ("activity_counts", range(10, 13))])
def test_a_missing_sensor_masks_its_features_alone(sensor: str, columns: range) -> None:
    rest = tuple(name for name in NEEDED if name != sensor)
    whole, without = normal(night()), normal(night(sensors=rest))
    others = [index for index in range(14) if index not in columns]
    assert not without[:, list(columns)].any()
    assert np.array_equal(whole[:, others], without[:, others])


def test_a_heart_rate_that_stops_is_held_for_a_minute() -> None:
    recording = night()
    heart = recording.signals["heart_rate"]
    kept = (heart.times < 600) | (heart.times >= 1200)
    gap = dataclasses.replace(heart, times=heart.times[kept], values=heart.values[kept])
    signals = {**recording.signals, "heart_rate": gap}
    valid = fs_watch_14.extract(dataclasses.replace(recording, signals=signals)).valid[:, 0]
    last = heart.times[heart.times < 600][-1]
    assert valid[: int((last + 60) // 30)].all()
    assert not valid[int((last + 60) // 30) + 1 : 40].any()
    assert valid[40:].all()


def test_rank_and_low_are_those_of_the_night_so_far() -> None:
    state = fs_watch_14.HeartRateState()
    levels = [70.2, 60.2, 65.2, 55.2, 60.2]
    rows = [state.row(np.full(6, level)) for level in levels]
    below = sum(level < 60.2 for level in levels) + 0.5 * sum(level == 60.2 for level in levels)
    last = rows[-1]
    assert last is not None
    assert last[2] == pytest.approx((below + 10) / (5 + 20))
    assert last[0] - last[1] == pytest.approx(55.25)  # the middle of the lowest bin that holds more than a tenth


def test_the_clock_is_known_of_every_epoch() -> None:
    table = fs_watch_14.extract(night(sensors=()))
    assert table.valid[:, 13].all()
    assert not table.valid[:, :13].any()
    assert table.values[30, 13] == pytest.approx(1.0)  # 15 minutes
