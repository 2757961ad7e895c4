"""The raw synthetic cohort: seeded, with its truth, and like sleep where it should be."""

from __future__ import annotations

import numpy as np
import pytest

from sktools.datasets.physiology import CLEAN, TIMELINE_RATE, USUAL, Disturbances, draw_person
from sktools.datasets.registry import find_reader
from sktools.datasets.sleep_cycles import STAGES
from sktools.datasets.synthetic_raw import RawNight, draw_raw_night
from sktools.datasets.wrist_sensors import RATE, STATUS_OFF

WAKE, N1, N2, N3, REM = range(5)


@pytest.fixture(scope="module")
def nights() -> list[RawNight]:
    return [draw_raw_night([5, index], epochs=720) for index in range(6)]


def _by_stage(nights: list[RawNight], stage: int, what: str) -> float:
    """Mean over the nights of a quantity of the truth relative to the night's N2, in one stage."""
    found = []
    for night in nights:
        truth = night.truth
        intervals = np.diff(truth.beats)
        at = truth.stages[np.minimum((truth.beats[1:] / 30).astype(int), len(truth.stages) - 1)]
        values = {
            "heart_rate": 60 / intervals,
            "interval_step": np.abs(np.diff(intervals, prepend=intervals[0])),
            "slow": np.abs(_slow(intervals)),
        }[what]
        if (at == stage).any():
            found.append(values[at == stage].mean() / values[at == N2].mean())
    return float(np.mean(found))


def _slow(intervals: np.ndarray) -> np.ndarray:
    """Interval changes slower than breathing and faster than a stage."""
    fast = np.convolve(intervals, np.ones(5) / 5, "same")
    return fast - np.convolve(intervals, np.ones(41) / 41, "same")


def test_a_night_depends_on_its_seed_alone() -> None:
    first, again, other = draw_raw_night(3, epochs=20), draw_raw_night(3, epochs=20), draw_raw_night(4, epochs=20)
    for name, wave in first.recording.waveforms.items():
        assert np.array_equal(wave.values, again.recording.waveforms[name].values)
        assert not np.array_equal(wave.values, other.recording.waveforms[name].values)
    assert np.array_equal(first.truth.beats, again.truth.beats)


def test_signals_cover_the_night_at_64_hz() -> None:
    night = find_reader("synthetic-raw").read(None, "raw-001")
    assert {name: wave.values.shape[1:] for name, wave in night.waveforms.items()} == {
        "ppg": (),
        "acceleration": (3,),
        "spo2": (),
        "oximeter_status": (),
    }
    assert all(wave.rate == RATE and wave.seconds == 30 * night.epochs for wave in night.waveforms.values())
    assert 6.5 * 120 <= night.epochs <= 9 * 120 and "synthetic" in night.notes
    assert find_reader("synthetic-raw").synthetic


def test_autonomic_changes_follow_the_stages(nights: list[RawNight]) -> None:
    assert _by_stage(nights, WAKE, "heart_rate") > 1.02 * _by_stage(nights, REM, "heart_rate") > 1.02
    assert _by_stage(nights, N3, "heart_rate") < 1.0
    assert _by_stage(nights, N3, "slow") < 0.75 < 1.2 < _by_stage(nights, REM, "slow")
    assert _by_stage(nights, N3, "interval_step") > _by_stage(nights, REM, "interval_step")


def test_breathing_is_steadiest_in_deep_sleep(nights: list[RawNight]) -> None:
    def spread(stage: int) -> float:
        rates = [
            night.truth.breathing[np.repeat(night.truth.stages, int(30 * TIMELINE_RATE)) == stage] for night in nights
        ]
        return float(np.mean([rate.std() for rate in rates if len(rate)]))

    assert spread(N3) < spread(N2) < spread(REM)


def test_movement_marks_wake(nights: list[RawNight]) -> None:
    stages = np.concatenate([night.truth.stages for night in nights])
    moved = np.concatenate([np.histogram(night.truth.bursts.starts, np.arange(721) * 30.0)[0] for night in nights])
    an_hour = [120 * moved[stages == stage].mean() for stage in range(5)]
    assert an_hour[WAKE] > 3 * an_hour[N2] > 3 * an_hour[N3] and an_hour[REM] < an_hour[N1]


def test_people_differ(nights: list[RawNight]) -> None:
    people = [draw_person(np.random.default_rng(seed)) for seed in range(200)]
    assert 6 < np.std([person.heart_rate for person in people]) < 10
    assert np.percentile([person.events_an_hour for person in people], 95) > 8
    assert len({night.truth.person.heart_rate for night in nights}) == len(nights)


def test_a_sensor_that_is_off_says_so() -> None:
    night = draw_raw_night(0, epochs=720, disturbances=Disturbances(gaps=8))
    off = ~night.truth.worn
    assert 0.02 < off.mean() < 0.9
    step = int(RATE / TIMELINE_RATE)
    status = night.recording.waveforms["oximeter_status"].values[::step]
    assert np.array_equal(status >= STATUS_OFF, off)
    assert not night.recording.waveforms["spo2"].values[::step][off].any()
    assert not night.recording.waveforms["ppg"].values[::step][off].any()
    assert night.recording.waveforms["acceleration"].values[::step][off].any()


def test_desaturations_fall_and_recover() -> None:
    sick = draw_raw_night(1, epochs=480, disturbances=Disturbances(desaturations=20, gaps=0))
    well = draw_raw_night(1, epochs=480, disturbances=Disturbances(desaturations=0, gaps=0))
    assert sick.truth.saturation.min() < well.truth.saturation.min() - 3
    assert sick.recording.waveforms["spo2"].values.min() <= sick.truth.person.saturation - 2
    assert set(np.unique(well.recording.waveforms["spo2"].values % 1)) == {0.0}


def test_clean_is_without_disturbance_and_usual_is_not() -> None:
    clean = draw_raw_night(1, epochs=60, disturbances=CLEAN)
    assert not len(clean.truth.bursts.starts) and clean.truth.worn.all()
    assert np.array_equal(np.array(STAGES)[clean.truth.stages], clean.recording.stages)
    magnitude = np.linalg.norm(clean.recording.waveforms["acceleration"].values, axis=1)
    assert np.allclose(magnitude, 1, atol=0.01)
    noisy = draw_raw_night(1, epochs=60, disturbances=USUAL)
    assert len(noisy.truth.bursts.starts)
