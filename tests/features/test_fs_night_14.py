"""FS-NIGHT-14: what its counts say, and nights that lack a sensor."""

from __future__ import annotations

import numpy as np

from sktools.datasets.recording import Recording, Signal
from sktools.features import fs_hr_night_14
from sktools.features.fs_night_14 import NAMES, extract

EPOCHS = 60


def night(*sensors: str) -> Recording:
    generator = np.random.default_rng(5)
    times = np.arange(0, EPOCHS * 30, 5.0)
    signals = {
        "heart_rate": Signal(times, 60 + 8 * np.sin(times / 200) + generator.normal(0, 1, len(times)), "bpm"),
        "activity_counts": Signal(np.arange(10, 50) * 30.0, generator.random(40) * 4, "count"),
    }
    return Recording("test", "one", np.zeros(EPOCHS, np.int8), {name: signals[name] for name in sensors})


def test_heart_rate_features_are_those_of_fs_hr_night_14() -> None:
    ours, theirs = extract(night("heart_rate")), fs_hr_night_14.extract(night("heart_rate"))
    for column, name in enumerate(NAMES[:12]):
        assert np.array_equal(ours.values[:, column], theirs.values[:, theirs.names.index(name)])
    assert not ours.valid[:, 12].any()


def test_counts_are_known_of_their_epochs_alone() -> None:
    table = extract(night("activity_counts"))
    assert not table.valid[:, :12].any()
    assert table.valid[10:50, 12].all()
    counts = night("activity_counts").signals["activity_counts"].values
    assert np.allclose(table.values[10:50, 12], np.log(counts + 0.02))
    assert not table.valid[:10, 12].any()
    assert not table.valid[50:, 12].any()
