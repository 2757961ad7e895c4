"""FS-W-PA-14 from raw signals, against the truth of the synthesizer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from sktools.datasets.physiology import CLEAN, Disturbances
from sktools.datasets.recording import Recording
from sktools.datasets.synthetic_raw import RawNight, draw_raw_night
from sktools.datasets.waveform import Waveform
from sktools.features.feature_set import FeatureTable
from sktools.features.fs_w_pa_14 import NAMES, extract
from sktools.features.pulse import find_beats, pulse_features

EPOCHS = 240
STEADY = replace(CLEAN, irregularity=0.0)
HR, MEAN_NN, SD_NN, MEDIAN_NN, LFHF, SPO2_MU, SPO2_STD, SPO2_MED, MOV_MU, _, _, RSP, SPO2_QOS, HRV_QOS = range(14)


def _truth(night: RawNight) -> NDArray[np.float64]:
    """Heart rate (bpm), mean and deviation of the beat intervals (s) and breaths a minute by window, [epochs, 4]."""
    truth = night.truth
    rows = []
    for epoch in range(len(truth.stages)):
        low, high = 30 * epoch - 15, 30 * epoch + 45
        intervals = np.diff(truth.beats[(truth.beats >= low) & (truth.beats < high)])
        inside = (truth.times >= low) & (truth.times < high)
        rows.append([60 / intervals.mean(), intervals.mean(), intervals.std(ddof=1), truth.breathing[inside].mean()])
    return np.array(rows)


def _errors(night: RawNight) -> NDArray[np.float64]:
    """Errors of the windows that lie wholly in the night and are not masked, [windows, 4]."""
    table = extract(night.recording)
    error = table.values[:, [HR, MEAN_NN, SD_NN, RSP]] - _truth(night)
    return np.abs(error[1:-1][table.valid[1:-1, HR]])


@pytest.mark.parametrize("seed", range(4))
def test_steady_clean_signals_are_measured_within_one_beat_and_one_breath(seed: int) -> None:
    error = _errors(draw_raw_night([9, seed], epochs=EPOCHS, disturbances=STEADY))
    assert len(error) == EPOCHS - 2
    assert error[:, 0].max() < 1.0 and error[:, 3].max() < 1.0
    assert error[:, 1].max() < 0.01 and error[:, 2].max() < 0.01


@pytest.mark.parametrize("seed", range(4))
def test_clean_signals_of_a_living_night(seed: int) -> None:
    """Heart rate and breathing wander within a window here, so that a window's rate is a matter of degree."""
    error = _errors(draw_raw_night([9, seed], epochs=EPOCHS, disturbances=CLEAN))
    assert np.mean(error[:, 0] < 1.0) > 0.97 and np.median(error[:, 0]) < 0.2
    assert np.mean(error[:, 3] < 1.0) > 0.8 and np.median(error[:, 3]) < 0.5
    assert np.mean(error[:, 2] < 0.01) > 0.97


def test_noise_changes_the_features_little() -> None:
    clean = _errors(draw_raw_night([9, 1], epochs=EPOCHS, disturbances=CLEAN))
    medians = [
        np.median(
            _errors(
                draw_raw_night([9, 1], epochs=EPOCHS, disturbances=Disturbances(noise=noise, movement=0.0, gaps=0.0))
            ),
            axis=0,
        )
        for noise in (1.0, 2.0)
    ]
    assert np.median(clean, axis=0)[0] < 0.2
    for median in medians:
        assert median[0] < 0.5 and median[1] < 0.005 and median[2] < 0.01 and median[3] < 1.0


def test_usual_disturbances_leave_most_windows_right() -> None:
    errors = np.concatenate([_errors(draw_raw_night([9, seed], epochs=EPOCHS)) for seed in (1, 2, 3)])
    assert np.mean(errors[:, 0] < 1.0) > 0.8 and np.median(errors[:, 0]) < 0.2
    assert np.median(errors[:, 3]) < 0.5


@pytest.fixture(scope="module")
def night() -> RawNight:
    return draw_raw_night([9, 5], epochs=120, disturbances=Disturbances(gaps=0.0, movement=0.3))


def _with(night: RawNight, **waveforms: Waveform | None) -> FeatureTable:
    changed = {**night.recording.waveforms, **waveforms}
    kept = {name: wave for name, wave in changed.items() if wave is not None}
    return extract(replace(night.recording, waveforms=kept))


def _changed(wave: Waveform, at: slice, value: float) -> Waveform:
    values = wave.values.copy()
    values[at] = value
    return replace(wave, values=values)


def test_a_poor_oximeter_status_masks_its_windows(night: RawNight) -> None:
    status = night.recording.waveforms["oximeter_status"]
    table = _with(night, oximeter_status=_changed(status, slice(64 * 30 * 50, 64 * 30 * 52), 2.8))
    # Windows of a minute round epochs 49 to 52 touch the bad minute.
    assert np.flatnonzero(~table.valid.any(axis=1)).tolist() == [49, 50, 51, 52]
    better = _with(night, oximeter_status=_changed(status, slice(64 * 30 * 50, 64 * 30 * 52), 2.79))
    assert better.valid.all() and better.values[50, SPO2_QOS] > 1


@pytest.mark.parametrize("value", [0.0, 1.0, np.nan, np.inf, -np.inf])
def test_a_pulse_wave_that_is_not_there_masks_its_windows(night: RawNight, value: float) -> None:
    table = _with(night, ppg=_changed(night.recording.waveforms["ppg"], slice(64 * 30 * 50, 64 * 30 * 60), value))
    masked = ~table.valid.any(axis=1)
    assert masked[51:59].all() and not masked[:49].any() and not masked[62:].any()


def test_fewer_than_four_beats_mask_a_window() -> None:
    clock = np.arange(3840) / 64
    beat = np.exp(-0.5 * ((clock[:, None] - np.array([[10.0, 11.0, 12.0]])) / 0.1) ** 2).sum(axis=1)
    assert pulse_features(beat - beat.mean(), 64.0) is None
    pulse = np.sin(2 * np.pi * 1.1 * clock)
    row = pulse_features(pulse, 64.0)
    assert row is not None and row[0] == pytest.approx(66, abs=0.3) and row[1] == pytest.approx(60 / 66, abs=0.002)
    assert pulse_features(np.zeros(3840), 64.0) is None
    assert pulse_features(-np.abs(pulse) - 1, 64.0) is None
    assert pulse_features(np.where(clock < 20, np.nan, pulse), 64.0) is None


def test_intervals_across_a_gap_do_not_count() -> None:
    clock = np.arange(3840) / 64
    pulse = np.sin(2 * np.pi * 1.0 * clock)
    holed = np.where((clock > 30.2) & (clock < 31.4), np.nan, pulse)
    row = pulse_features(holed, 64.0)
    assert row is not None and row[1] == pytest.approx(1.0, abs=0.002) and row[2] < 0.005 and row[-1] < 1


def test_beats_are_found_between_the_samples() -> None:
    clock = np.arange(3840) / 64
    beats = find_beats(np.sin(2 * np.pi * 0.97 * clock), 64.0)
    intervals = np.diff(beats)[1:-1] / 64
    assert intervals == pytest.approx(np.full(len(intervals), 1 / 0.97), abs=0.001)


def test_absent_sensors_mask_only_their_features(night: RawNight) -> None:
    without = _with(night, acceleration=None, spo2=None, oximeter_status=None)
    missing = [NAMES.index(name) for name in NAMES if name.startswith(("mov", "spo2"))]
    assert not without.valid[:, missing].any()
    assert without.valid[:, [HR, MEAN_NN, LFHF, RSP, HRV_QOS]].all()
    motion_alone = _with(night, ppg=None, spo2=None, oximeter_status=None)
    assert motion_alone.valid[:, MOV_MU].all() and not motion_alone.valid[:, HR].any()


def test_a_leg_emg_stands_in_for_motion_and_a_slow_one_does_not(night: RawNight) -> None:
    axis = night.recording.waveforms["acceleration"].values[:, 2]
    leg = _with(night, acceleration=None, leg_emg=Waveform(axis[::2].copy(), 32.0, "uV"))
    assert leg.valid[:, MOV_MU].all() and any("leg EMG" in note for note in leg.notes)
    slow = _with(night, acceleration=None, leg_emg=Waveform(axis[::4].copy(), 16.0, "uV"))
    assert not slow.valid[:, MOV_MU].any() and any("16 Hz" in note for note in slow.notes)


def test_movement_does_not_depend_on_how_the_wrist_is_turned(night: RawNight) -> None:
    acceleration = night.recording.waveforms["acceleration"]
    turned = replace(
        acceleration,
        values=acceleration.values @ np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0].astype(np.float32),
    )
    assert np.allclose(_with(night).values[:, MOV_MU], _with(night, acceleration=turned).values[:, MOV_MU], rtol=1e-3)


def test_saturation_is_clipped_and_no_reading_is_left_out(night: RawNight) -> None:
    spo2 = night.recording.waveforms["spo2"]
    values = spo2.values.copy()
    values[64 * 600 : 64 * 900] = 30
    values[64 * 1200 : 64 * 1500] = 127
    values[64 * 1800 : 64 * 2100] = 0
    table = _with(night, spo2=replace(spo2, values=values))
    assert table.values[24, SPO2_MU] == 50 and table.values[24, SPO2_STD] == 0 and table.values[24, SPO2_MED] == 50
    for epoch in (44, 64):
        assert not table.valid[epoch, SPO2_MU] and table.valid[epoch, HR]
    assert table.values[10, SPO2_MU] == pytest.approx(night.truth.person.saturation, abs=1)


def test_other_rates_and_a_late_start_give_the_same_features(night: RawNight) -> None:
    ppg, whole = night.recording.waveforms["ppg"], _with(night)
    times = np.arange(0, ppg.seconds - 1, 1 / 100)
    faster = Waveform(np.interp(times, np.arange(len(ppg.values)) / 64, ppg.values).astype(np.float32), 100.0, "")
    table = _with(night, ppg=faster)
    both = table.valid[:, HR] & whole.valid[:, HR]
    assert both.sum() > 110
    assert np.median(np.abs(table.values - whole.values)[both][:, [HR, RSP]]) < 0.05
    late = replace(ppg, values=ppg.values[64 * 300 :], start=300.0)
    table = _with(night, ppg=late)
    assert not table.valid[:9, HR].any() and np.allclose(table.values[12:, HR], whole.values[12:, HR], atol=0.05)


def test_nothing_measured_masks_everything() -> None:
    wave = Waveform(np.full(64 * 300, np.nan, np.float32), 64.0, "")
    table = extract(
        Recording("x", "1", np.zeros(10, np.int8), waveforms={"ppg": wave, "spo2": wave, "oximeter_status": wave})
    )
    assert not table.valid.any() and not table.values.any()
    short = Waveform(np.ones(5, np.float32), 64.0, "")
    table = extract(
        Recording("x", "1", np.zeros(10, np.int8), waveforms={"ppg": short, "acceleration": short, "spo2": short})
    )
    assert not table.valid.any()
