"""FS-HR-NIGHT-14: heart rate against the night around it."""

from __future__ import annotations

import numpy as np
import pytest

from sktools.datasets.recording import Recording, Signal
from sktools.features.feature_set import find_feature_set
from sktools.features.fs_hr_night_14 import NAMES

EPOCHS = 480


def table_of(rate: np.ndarray, times: np.ndarray) -> dict[str, np.ndarray]:
    recording = Recording("d", "s", np.zeros(EPOCHS, np.int8), {"heart_rate": Signal(times, rate, "bpm")})
    table = find_feature_set("fs-hr-night-14").extract(recording)
    assert table.names == NAMES and len(NAMES) == 14 and table.valid.all()
    return {name: table.values[:, index] for index, name in enumerate(NAMES)}


def test_a_night_that_sinks_and_one_surge() -> None:
    times = np.arange(-300, EPOCHS * 30 + 300, 5.0)
    rate = 80 - 20 * np.clip(times, 0, EPOCHS * 30) / (EPOCHS * 30)
    surge = (times >= 7200) & (times < 7320)
    column = table_of(rate + 15 * surge, times)
    # Epochs 240 to 243 hold the surge.
    quiet = np.r_[20:230, 254:460]
    assert column["hr_rank"][20] > 0.9 and column["hr_rank"][460] < 0.1
    assert column["hr_rank"][242] > column["hr_rank"][230] and np.all(np.diff(column["hr_rank"][254:460]) < 0)
    assert 241 <= np.argmax(column["hr_above_low_2h"]) <= 243
    # Within two standard deviations of the half-minute Gaussian: 95 % of the surge's 15 bpm.
    assert column["hr_above_low_2h"].max() - column["hr_above_low_2h"][200] == pytest.approx(0.95 * 15, abs=0.6)
    assert np.all(column["hr_log_surges"][242] > column["hr_log_surges"][quiet].max() - 1e-9)
    # 20 bpm in 240 minutes, told per 5 minutes.
    assert np.allclose(column["hr_trend_5min"][300:450], -20 / 48, rtol=0.05)
    assert np.argmax(column["hr_log_step_30s"]) in (239, 240, 243, 244)


def test_a_dip_is_not_a_surge() -> None:
    times = np.arange(-300, EPOCHS * 30 + 300, 5.0)
    column = table_of(60.0 - 12 * ((times >= 7200) & (times < 7290)), times)
    # 90 s under a Gaussian of 60 s: 55 % of the dip's 12 bpm.
    assert column["hr_below_median"][241] == pytest.approx(0.55 * 12, abs=0.3)
    assert column["hr_below_median"][:230].max() < 0.01
    assert np.ptp(column["hr_log_surges"]) < 1e-6
