"""FS-W-PA-14 from what a data set has."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sktools.datasets.recording import Recording, Signal
from sktools.datasets.registry import find_reader, open_dataset
from sktools.errors import UsageError
from sktools.features.feature_set import find_feature_set
from sktools.features.fs_w_pa_14 import GROUPS, NAMES
from sktools.features.heart_rate import heart_rate_features
from sktools.features.motion import movement_features
from tests.support.sleep_accel_files import write_subject

HEART_RATE = [0, 1, 2, 3]
MOTION = [8, 9, 10]


def test_names_and_order_are_the_published_ones() -> None:
    assert (
        *("hr_bpm", "hrv_td_mean_nn", "hrv_td_sd_nn", "hrv_td_median_nn", "hrv_fd_lfhf_ratio"),
        *("spo2_mu", "spo2_std", "spo2_med", "mov_mu", "mov_std", "mov_med", "rsp_bpm", "spo2_qos", "hrv_qos"),
    ) == NAMES
    assert sorted(index for group in GROUPS.values() for index in group) == list(range(14))


def test_heart_rate_alone_leaves_the_rest_masked(tmp_path: Path) -> None:
    write_subject(tmp_path, "1", [0] * 20 + [2] * 40)
    (night,) = open_dataset("sleep-accel", tmp_path).recordings()
    table = find_feature_set("fs-w-pa-14").extract(night)
    assert table.valid[:, HEART_RATE].all()
    assert not table.valid[:, 4:].any() and not table.values[:, 4:].any()
    assert table.values[:18, 0].mean() == pytest.approx(70, abs=1)
    assert table.values[22:, 0].mean() == pytest.approx(55, abs=1)
    assert table.values[22:, 1].mean() == pytest.approx(60 / 55, abs=0.02)
    assert any("hrv_td" in note for note in table.notes)


def test_motion_adds_the_movement_features(tmp_path: Path) -> None:
    write_subject(tmp_path, "1", [0] * 20 + [2] * 20, motion_rate=50)
    (night,) = open_dataset("sleep-accel", tmp_path).recordings()
    table = find_feature_set("fs-w-pa-14").extract(night)
    assert table.valid[:, HEART_RATE + MOTION].all() and not table.valid[:, [4, 5, 6, 7, 11, 12, 13]].any()
    assert table.values[:18, 8].mean() > 20 * table.values[22:, 8].mean()


def test_a_feature_level_recording_is_taken_as_it_is() -> None:
    night = find_reader("synthetic").read(None, "syn-001")
    table = find_feature_set("FS_W_PA_14").extract(night)
    assert table.values.shape == (night.epochs, 14)
    assert np.array_equal(table.valid[:, 0], np.isfinite(night.features["hr_bpm"]))


def test_windows_are_centred_and_a_minute_long() -> None:
    times = np.arange(0, 600, 5.0)
    rate = np.full(len(times), 60.0)
    rate[(times >= 150) & (times < 180)] = 90.0
    features = heart_rate_features(Signal(times, rate, "bpm"), 20, 60.0, 30.0)
    # Epoch 5 is 150-180 s; its window 135-195 s holds 6 of 12 values at 90; its neighbours 3 of 12.
    assert features["hr_bpm"][4:7].tolist() == [67.5, 75.0, 67.5]
    assert features["hr_bpm"][3] == features["hr_bpm"][7] == 60.0


def test_few_or_implausible_values_are_masked() -> None:
    times = np.arange(0, 600, 5.0)
    rate = np.where(times < 300, 60.0, 300.0)
    features = heart_rate_features(Signal(times, rate, "bpm"), 20, 60.0, 30.0)
    assert np.isfinite(features["hr_bpm"][:9]).all() and np.isnan(features["hr_bpm"][12:]).all()
    sparse = heart_rate_features(Signal(times[::5], rate[::5], "bpm"), 20, 60.0, 30.0)
    assert np.isnan(sparse["hr_bpm"]).all()


def test_movement_measures_only_its_band() -> None:
    clock = np.arange(0, 300, 1 / 50)
    # Resampling 50 Hz to 64 Hz by straight lines weakens a frequency f by sinc(f / 50)^2.
    for frequency, expected in ((6.0, 2 / np.pi * 0.1 * np.sinc(6 / 50) ** 2), (0.3, 0.0)):
        swing = 1 + 0.1 * np.sin(2 * np.pi * frequency * clock)
        signal = Signal(clock, np.column_stack([swing * 0, swing * 0, swing]), "g")
        movement = movement_features(signal, 10, 60.0, 30.0)
        assert movement["mov_mu"][5] == pytest.approx(expected, abs=0.001)


def test_a_gap_in_motion_is_masked() -> None:
    clock = np.concatenate([np.arange(0, 300, 1 / 50), np.arange(600, 900, 1 / 50)])
    signal = Signal(clock, np.ones((len(clock), 3)), "g")
    movement = movement_features(signal, 30, 60.0, 30.0)
    assert np.isfinite(movement["mov_mu"][:9]).all() and np.isnan(movement["mov_mu"][11:19]).all()
    assert np.isfinite(movement["mov_mu"][21:29]).all()


def test_no_sensor_at_all_masks_everything() -> None:
    table = find_feature_set("fs-w-pa-14").extract(Recording("none", "1", np.zeros(10, np.int8)))
    assert not table.valid.any()


def test_an_unknown_set_is_answered_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean 'fs-w-pa-14'"):
        find_feature_set("fs-w-pa-15")
