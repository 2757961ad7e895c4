"""Activity counts from acceleration of several rates, from a stand-in, and as a data set gives them."""

from __future__ import annotations

import numpy as np
import pytest

from sktools.datasets.recording import Recording, Signal
from sktools.datasets.waveform import Waveform
from sktools.features.activity import COMPUTED_NOTE, EMG_NOTE, with_activity_counts
from sktools.features.feature_set import find_feature_set

EPOCHS = 60
MOVING = slice(20, 26)
"""Epochs in which the wrist moves."""


def movement(rate: float, size: float = 0.5) -> np.ndarray:
    """A wrist that rests at 1 g and shakes at 6 Hz in MOVING, [n, 3] in g."""
    clock = np.arange(int(EPOCHS * 30 * rate)) / rate
    z = np.ones(len(clock))
    inside = (clock >= MOVING.start * 30) & (clock < MOVING.stop * 30)
    z[inside] += size * np.sin(2 * np.pi * 6 * clock[inside])
    return np.stack([np.zeros_like(z), np.zeros_like(z), z], axis=1)


def recording(**parts: object) -> Recording:
    return Recording("d", "s", np.zeros(EPOCHS, np.int8), **parts)  # type: ignore[arg-type]


def counts_of(found: Recording) -> np.ndarray:
    signal = found.signals["activity_counts"]
    assert signal.unit == "counts"
    counts = np.full(EPOCHS, np.nan)
    counts[(signal.times / 30).astype(int)] = signal.values
    return counts


@pytest.mark.parametrize("rate", [25.0, 32.0, 50.0, 100.0])
def test_counts_do_not_depend_on_the_rate(rate: float) -> None:
    found = with_activity_counts(
        recording(waveforms={"acceleration": Waveform(movement(rate).astype(np.float32), rate, "g")})
    )
    counts = counts_of(found)
    reference = counts_of(
        with_activity_counts(
            recording(waveforms={"acceleration": Waveform(movement(50.0).astype(np.float32), 50.0, "g")})
        )
    )
    assert COMPUTED_NOTE in found.notes
    assert counts[22:24].min() > 50 and counts[:12].max() == 0 and counts[34:50].max() == 0
    assert counts[22:24].mean() == pytest.approx(reference[22:24].mean(), rel=0.25)


def test_an_irregular_signal_gives_the_counts_of_a_regular_one() -> None:
    values = movement(50.0)
    times = np.arange(len(values)) / 50
    found = with_activity_counts(recording(signals={"acceleration": Signal(times, values, "g")}))
    wave = with_activity_counts(recording(waveforms={"acceleration": Waveform(values.astype(np.float32), 50.0, "g")}))
    assert np.allclose(counts_of(found), counts_of(wave), atol=4, equal_nan=True)


def test_counts_that_are_there_stay_as_they_are() -> None:
    given = Signal(np.array([0.0, 30.0]), np.array([1.0, 2.0]), "counts")
    wave = Waveform(movement(50.0).astype(np.float32), 50.0, "g")
    held = recording(signals={"activity_counts": given}, waveforms={"acceleration": wave})
    assert with_activity_counts(held) is held


def test_the_leg_stands_in_and_its_unit_does_not_matter() -> None:
    emg = movement(256.0)[:, 2] - 1
    found = [
        with_activity_counts(recording(waveforms={"leg_emg": Waveform((gain * emg).astype(np.float32), 256.0, "?")}))
        for gain in (1.0, 1e-5)
    ]
    assert all(EMG_NOTE in night.notes for night in found)
    assert np.allclose(counts_of(found[0]), counts_of(found[1]), atol=4)
    assert counts_of(found[0])[22:24].min() > 20


def test_what_cannot_be_used_is_said() -> None:
    slow = with_activity_counts(
        recording(waveforms={"acceleration": Waveform(movement(10.0).astype(np.float32), 10.0, "g")})
    )
    assert "activity_counts" not in slow.signals and "cannot hold 3-11 Hz" in slow.notes[-1]
    off = np.full((EPOCHS * 1500, 3), np.nan, np.float32)
    gone = with_activity_counts(recording(waveforms={"acceleration": Waveform(off, 50.0, "g")}))
    assert "activity_counts" not in gone.signals and "too little movement" in gone.notes[-1]
    nothing = recording()
    assert with_activity_counts(nothing) is nothing


@pytest.mark.parametrize("name", ["fs-night-14", "fs-watch-14"])
def test_a_night_without_counts_has_masked_features_or_computed_ones(name: str) -> None:
    feature_set = find_feature_set(name)
    columns = list(feature_set.groups["activity_counts"])
    rate = {"heart_rate": Signal(np.arange(0, EPOCHS * 30, 5.0), np.full(EPOCHS * 6, 60.0), "bpm")}
    bare = feature_set.extract(recording(signals=rate))
    assert not bare.valid[:, columns].any() and bare.valid[:, 0].any()
    wave = Waveform(movement(50.0).astype(np.float32), 50.0, "g")
    moved = feature_set.extract(recording(signals=rate, waveforms={"acceleration": wave}))
    assert moved.valid[10:50, columns].all() and COMPUTED_NOTE in moved.notes
