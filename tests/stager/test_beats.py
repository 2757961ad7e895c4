"""Beats of a pulse wave: right on waves whose beats are known, and the same in C as in Python."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from benchmarks.beats import WAVES, by_stager, f1, known_beats
from sktools.datasets.physiology import USUAL, Disturbances
from sktools.datasets.synthetic_raw import draw_raw_night
from sktools.features.beats import Beats, find_beats
from tests.stager.host import FLAGS, SANITIZERS, STAGER
from tests.support.tools import needs_cc

DRIVER = Path(__file__).with_name("beats_driver.c")


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    program = tmp_path_factory.mktemp("beats") / "driver"
    command = ["cc", *FLAGS, *SANITIZERS, f"-I{STAGER}", str(DRIVER), str(STAGER / "sk_beats.c"), "-o", str(program)]
    subprocess.run(command, check=True, capture_output=True)
    return program


@dataclass(frozen=True)
class Found:
    bytes: int
    beats: Beats


def in_c(program: Path, times: NDArray[np.int64], values: NDArray[np.float32]) -> Found:
    records = np.zeros(len(times), np.dtype([("time", "<i8"), ("value", "<f4")]))
    records["time"], records["value"] = times, values
    done = subprocess.run([program], input=records.tobytes(), capture_output=True, check=True)
    lines = [line.split() for line in done.stdout.decode().splitlines()]
    beats = [float(line[1]) for line in lines if line[0] == "beat"]
    rates = [(int(line[1]), float(line[2])) for line in lines if line[0] == "rate"]
    return Found(
        int(lines[0][1]),
        Beats(
            np.array(beats),
            np.array([time for time, _ in rates], np.int64),
            np.array([rate for _, rate in rates]),
        ),
    )


def pulse(rate_hz: float, seconds: float, seed: int, disturbances: Disturbances) -> tuple[NDArray[np.int64], NDArray]:
    """A synthetic pulse wave at another sampling rate."""
    night = draw_raw_night([11, seed], epochs=int(seconds // 30), disturbances=disturbances)
    wave = night.recording.waveforms["ppg"]
    at = np.arange(int(seconds * rate_hz)) / rate_hz
    values = np.interp(at, np.arange(len(wave.values)) / wave.rate, wave.values)
    return np.floor(1000 * at).astype(np.int64), values.astype(np.float32)


@needs_cc
@pytest.mark.parametrize("rate_hz", [25.0, 64.0, 100.0, 128.0])
def test_c_and_python_find_the_same(program: Path, rate_hz: float) -> None:
    times, values = pulse(rate_hz, 300.0, int(rate_hz), USUAL)
    times = times + 1_600_000_000_000
    keep = np.ones(len(times), bool)
    keep[4000:4010] = keep[5000:5500] = keep[5600:6700] = False  # short and long gaps
    times, values = times[keep], values[keep]
    found, expected = in_c(program, times, values), find_beats(times, values.astype(float))
    assert found.bytes <= 4 * 1024
    assert len(expected.times) > 100
    assert len(found.beats.times) == len(expected.times)
    assert np.abs(found.beats.times - expected.times).max() < 0.5
    assert np.array_equal(found.beats.rate_times, expected.rate_times)
    assert np.abs(found.beats.rates - expected.rates).max() < 0.02


@needs_cc
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 1000),
    steps=st.lists(st.sampled_from([8, 10, 15, 16, 40, 120, 180, 7000]), min_size=200, max_size=900),
    period=st.floats(0.25, 2.5),
    scale=st.sampled_from([0.0, 1.0, 1e-3, 1e6]),
)
def test_on_any_wave(program: Path, seed: int, steps: list[int], period: float, scale: float) -> None:
    times = np.cumsum(steps).astype(np.int64) - 3000
    generator = np.random.default_rng(seed)
    wave = np.sin(2 * np.pi * times / 1000 / period) + 0.1 * generator.normal(size=len(times))
    values = (scale * wave).astype(np.float32)
    found, expected = in_c(program, times, values), find_beats(times, values.astype(float))
    # A tie that single precision breaks otherwise can move a peak; it is rare, and no more than a peak.
    assert abs(len(found.beats.times) - len(expected.times)) <= max(1, len(expected.times) // 50)
    assert np.all(np.diff(found.beats.times) > 0)
    assert np.all((found.beats.rates >= 30) & (found.beats.rates <= 200))


@pytest.mark.parametrize(("wave", "least"), [("clean", 0.995), ("usual", 0.98), ("noisy", 0.95)])
def test_beats_that_are_known_are_found(wave: str, least: float) -> None:
    """On two nights of the benchmark, whose table has them all."""
    scores, errors = [], []
    for seed in (0, 2):
        night = draw_raw_night([7, seed], epochs=240, disturbances=WAVES[wave])
        beats, error, _ = by_stager(night)
        scores.append(f1(beats, known_beats(night)))
        errors.append(float(np.median(error)))
    assert min(scores) >= least
    assert max(errors) < 1.5


def test_no_wave_no_beats() -> None:
    times = np.arange(0, 60_000, 16, dtype=np.int64)
    still = find_beats(times, np.full(len(times), 3000.0))
    assert len(still.times) == len(still.rates) == 0
    noise = find_beats(times, np.random.default_rng(0).normal(size=len(times)))
    assert len(noise.rates) <= 1  # of 14 windows
    empty = find_beats(np.zeros(0, np.int64), np.zeros(0))
    assert len(empty.times) == len(empty.rates) == 0
