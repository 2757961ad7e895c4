"""Raw waveforms: what is no measurement, other rates, other clocks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sktools.datasets.waveform import LONGEST_SECONDS, Waveform, on_grid
from sktools.errors import DataError
from sktools.features.conditioning import at_rate, band_pass, measured, on_epochs


def _tone(rate: float, seconds: float, frequency: float = 1.3) -> np.ndarray:
    return np.sin(2 * np.pi * frequency * np.arange(round(rate * seconds)) / rate).astype(np.float32)


@pytest.mark.parametrize("rate", [256.0, 200.0, 128.0, 99.9, 64.0, 50.0, 25.6, 25.0])
def test_any_rate_becomes_64_hz_without_moving_in_time(rate: float) -> None:
    resampled = at_rate(measured(_tone(rate, 600), rate), rate, 64.0)
    expected = _tone(64.0, 600)
    assert len(resampled) == len(expected)
    inside = slice(128, -128)
    assert np.nanmax(np.abs(resampled[inside] - expected[inside])) < 0.02
    assert np.isfinite(resampled[inside]).all()


def test_what_64_hz_cannot_hold_is_filtered_out_first() -> None:
    resampled = at_rate(measured(_tone(256.0, 60, 70.0), 256.0), 256.0, 64.0)
    assert np.abs(resampled[200:-200]).max() < 0.01


def test_infinities_glitches_and_flat_stretches_are_no_measurements() -> None:
    wave = _tone(64.0, 60)
    wave[100], wave[500], wave[900] = np.inf, -np.inf, 1e30
    wave[1280:1600] = 0.5
    found = measured(wave, 64.0)
    # Single samples are bridged by a line.
    assert np.isfinite(found[[100, 500, 900]]).all() and np.abs(found[[100, 500, 900]]).max() <= 1
    assert np.isnan(found[1280:1600]).all() and np.isfinite(found[1600:]).all()
    assert np.isfinite(measured(wave, 64.0, flat_is_off=False)[1280:1600]).all()
    assert np.isnan(measured(np.full(100, np.nan, np.float32), 64.0)).all()


def test_gaps_stay_gaps_and_short_stretches_between_them_are_dropped() -> None:
    wave = measured(_tone(128.0, 60), 128.0)
    wave[1280:2560] = np.nan
    wave[3000:6000] = np.nan
    filtered = band_pass(at_rate(wave, 128.0, 64.0), 64.0, 0.5, 3.0)
    assert np.isfinite(filtered[:639]).all() and np.isnan(filtered[641:1279]).all()
    # 1281 to 1499 at 64 Hz is 3.4 s.
    assert np.isnan(filtered[1281:2999]).all() and np.isfinite(filtered[3001:3800]).all()


def test_windows_are_centred_on_epochs_wherever_the_waveform_starts() -> None:
    for start in (-40.0, 0.0, 17.5):
        wave = Waveform(np.zeros(6000, np.float32), 10.0, "", start)
        seconds = start + np.arange(6000) / 10
        windows = on_epochs(wave, seconds, 10.0, 20, 30.0, 60.0)
        assert windows.shape == (20, 600)
        for epoch in (1, 5, 18):
            expected = 30 * epoch - 15 + np.arange(600) / 10
            assert np.allclose(windows[epoch][np.isfinite(windows[epoch])], expected[np.isfinite(windows[epoch])])
    assert np.isnan(windows[0][:325]).all() and np.isfinite(windows[0][325:]).all()


@given(st.integers(0, 10_000), st.floats(-20_000, 20_000), st.floats(0, 0.3))
def test_a_grid_puts_each_sample_where_its_stamp_says(seed: int, start: float, jitter: float) -> None:
    generator = np.random.default_rng(seed)
    count = int(generator.integers(2, 400))
    nominal = start + np.arange(count) / 25
    times = nominal + generator.uniform(-jitter, jitter, count) / 25
    keep = generator.random(count) < 0.9
    keep[0] = True
    values = np.arange(count, dtype=float)
    wave, report = on_grid(times[keep], values[keep], 25.0, "")
    there = np.isfinite(wave.values)
    stamps = wave.start + np.arange(len(wave.values)) / 25
    assert np.abs(stamps[there] - times[wave.values[there].astype(int)]).max() <= 0.75 / 25 + 1e-9
    assert report.back_steps == 0 and set(wave.values[there].astype(int)) <= set(np.flatnonzero(keep))


def test_a_clock_that_steps_back_leaves_a_masked_time() -> None:
    times = np.concatenate([np.arange(0, 100, 0.1), np.arange(80, 200, 0.1)])
    values = np.concatenate([np.zeros(1000), np.ones(1200)])
    wave, report = on_grid(times, values, 10.0, "")
    assert report.back_steps == 1 and report.seconds_masked == pytest.approx(20, abs=0.3)
    assert not wave.values[:795].any() and np.isnan(wave.values[805:995]).all() and (wave.values[1005:] == 1).all()


def test_a_clock_that_jumps_forward_leaves_a_gap() -> None:
    times = np.concatenate([np.arange(0, 100, 0.1), np.arange(3700, 3800, 0.1)])
    wave, report = on_grid(times, np.ones(2000), 10.0, "")
    assert report.gaps == 1 and wave.seconds == pytest.approx(3800, abs=0.2)
    assert np.isnan(wave.values[1001:36998]).all() and np.isfinite(wave.values[37002:]).all()


def test_clocks_beyond_a_night_and_no_clock_at_all_are_refused() -> None:
    with pytest.raises(DataError, match="a night has"):
        on_grid(np.array([0.0, 1e9]), np.zeros(2), 10.0, "")
    with pytest.raises(DataError, match="no sample has a finite time"):
        on_grid(np.array([np.nan, np.inf]), np.zeros(2), 10.0, "")
    wave, report = on_grid(np.array([0.0, np.nan, 0.2]), np.array([1.0, 2.0, 3.0]), 10.0, "")
    assert report.not_finite == 1 and wave.values[0] == 1 and np.isnan(wave.values[1]) and wave.values[2] == 3
    for values, rate in ((np.zeros(0), 1.0), (np.zeros(5), 0.0), (np.zeros(5), np.nan), (np.zeros((2, 2, 2)), 1.0)):
        with pytest.raises(DataError):
            Waveform(values.astype(np.float32), rate, "")
    with pytest.raises(DataError, match="a night has 36 at most"):
        Waveform(np.zeros(int(LONGEST_SECONDS) + 2, np.float32), 1.0, "")
