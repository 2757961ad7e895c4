"""FS-HR-14 from an irregular heart rate."""

from __future__ import annotations

import numpy as np
import pytest

from sktools.datasets.recording import Recording, Signal
from sktools.features.feature_set import find_feature_set
from sktools.features.fs_hr_14 import NAMES, on_grid
from sktools.features.normalisation import normalise
from sktools.model_config import FeaturesConfig

EPOCHS = 240


def recording(rate: np.ndarray, times: np.ndarray) -> Recording:
    return Recording("d", "s", np.zeros(EPOCHS, np.int8), {"heart_rate": Signal(times, rate, "bpm")})


def test_a_jump_in_heart_rate_is_seen_at_every_scale() -> None:
    times = np.arange(-300, EPOCHS * 30, 5.0) + 1.0
    rate = np.where(times < 3600, 80.0, 60.0)
    table = find_feature_set("fs-hr-14").extract(recording(rate, times))
    assert table.valid.all() and table.names == NAMES
    column = {name: table.values[:, index] for index, name in enumerate(NAMES)}
    for name in ("hr_20s", "hr_3min", "hr_10min"):
        assert column[name][40] == pytest.approx(80, abs=0.1) and column[name][200] == pytest.approx(60, abs=0.1)
    assert np.argmax(column["hr_log_step_30s"]) in (119, 120)
    assert np.argmax(column["hr_log_sd_20s"]) in (119, 120)
    spread = (np.diff(np.flatnonzero(column[name] > column[name].min() + 0.5)[[0, -1]])[0] for name in NAMES[4:7])
    assert sorted(widths := list(spread)) == widths
    assert column["hours"][120] == 1.0


def test_a_long_gap_is_masked_but_for_the_time() -> None:
    times = np.concatenate([np.arange(0, 1800, 5.0), np.arange(3600, EPOCHS * 30, 5.0)])
    table = find_feature_set("fs-hr-14").extract(recording(np.full(len(times), 60.0), times))
    assert not table.valid[63:117, :-1].any() and table.valid[:59].all() and table.valid[121:].all()
    assert table.valid[:, -1].all()


def test_no_heart_rate_leaves_only_the_time() -> None:
    table = find_feature_set("fs-hr-14").extract(Recording("d", "s", np.zeros(10, np.int8)))
    assert not table.valid[:, :-1].any() and table.valid[:, -1].all()
    rate, measured = on_grid(Signal(np.array([1.0]), np.array([500.0]), "bpm"), 3)
    assert not measured.any() and len(rate) == 18


def test_time_is_scaled_by_constants_not_by_the_night() -> None:
    times = np.arange(0, EPOCHS * 30, 5.0)
    table = find_feature_set("fs-hr-14").extract(recording(60 + np.sin(times / 900), times))
    normal = normalise(table, FeaturesConfig(set="fs-hr-14"))
    assert normal[0, -1] == pytest.approx(-4 / 2.3) and normal[-1, -1] == pytest.approx((239 / 120 - 4) / 2.3)
    assert abs(normal[:, 0].mean()) < 1e-4 and abs(normal[:, 0].std() - 1) < 1e-4
