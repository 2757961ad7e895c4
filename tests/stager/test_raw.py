"""PPG and acceleration pushed into the stager: the same features as Python makes of the same samples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from sktools.datasets.recording import Recording, Signal
from sktools.datasets.synthetic_raw import draw_raw_night
from sktools.features.beats import find_beats
from sktools.features.fs_watch_14 import FS_WATCH_14
from sktools.features.motion_counts import epoch_counts
from tests.stager.host import play
from tests.stager.test_watch_features import EPOCH, PRIOR, START, driver, spread
from tests.support.tools import needs_cc

pytestmark = needs_cc

EPOCHS = 60
RAM = 24 * 1024


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return driver(tmp_path_factory.mktemp("raw"), PRIOR)


def clock(rate: float, epochs: int = EPOCHS) -> NDArray[np.int64]:
    return np.floor(1000 * np.arange(int(30 * epochs * rate)) / rate).astype(np.int64)


def said(program: Path, events: list[tuple[int, int, str]], epochs: int = EPOCHS) -> list[str]:
    for epoch in range(1, epochs + 1):
        events.append((epoch * EPOCH, 0, f"epoch {START + epoch * EPOCH}\nrow"))
    lines = [text for _, _, text in sorted(events, key=lambda event: event[:2])]
    return play(program, [f"init {START}", f"bed {START}", "raw", *lines])


def rows(answers: list[str]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    table = np.array([[float(word) for word in line.split()[1:]] for line in answers if line.startswith("row")])
    return table[:, 1:], (table[:, :1].astype(int) >> np.arange(14) & 1).astype(bool)


@pytest.mark.parametrize(("ppg_hz", "motion_hz"), [(64.0, 50.0), (25.0, 25.0), (128.0, 104.0)])
def test_raw_samples_give_the_features_of_their_beats_and_counts(
    program: Path, ppg_hz: float, motion_hz: float
) -> None:
    night = draw_raw_night([13, int(ppg_hz)], epochs=EPOCHS)
    pulse, motion = (night.recording.waveforms[name] for name in ("ppg", "acceleration"))
    ppg_ms, motion_ms = clock(ppg_hz), clock(motion_hz)
    ppg = np.interp(ppg_ms / 1000, np.arange(len(pulse.values)) / pulse.rate, pulse.values).astype(np.float32)
    z = np.interp(motion_ms / 1000, np.arange(len(motion.values)) / motion.rate, motion.values[:, 2])
    z = (10 * (z - z.mean())).clip(-16, 16).astype(np.float32)  # movements of the cohort are weak
    keep = np.ones(len(motion_ms), bool)
    keep[int(200 * motion_hz) : int(280 * motion_hz)] = keep[int(700 * motion_hz) : int(701 * motion_hz)] = False
    keep &= (motion_ms < 298_300) | (motion_ms > 300_200)  # a short one over the end of an epoch
    motion_ms, z = motion_ms[keep], z[keep]
    events = [(int(t), 1, f"ppg {START + int(t)} {float(v)!r}") for t, v in zip(ppg_ms, ppg, strict=True)]
    events += [(int(t), 2, f"motion {START + int(t)} {float(v)!r} 0 0") for t, v in zip(motion_ms, z, strict=True)]
    answers = said(program, events)
    size = [int(line.split()[1]) for line in answers if line.startswith("bytes")]
    assert len(size) == 2 and sum(size) <= RAM
    assert not {"late", "early", "refused"} & set(answers)
    values, valid = rows(answers)

    beats = find_beats(ppg_ms + START, ppg.astype(float))
    counts = epoch_counts(motion_ms, z.astype(float), EPOCHS)
    known = np.isfinite(counts)
    assert 0.8 < known.mean() < 1 and counts[known].max() > 20
    signals = {
        "heart_rate": Signal((beats.rate_times - START) / 1000, beats.rates, "bpm"),
        "activity_counts": Signal(30.0 * np.flatnonzero(known), counts[known], "counts"),
    }
    table = FS_WATCH_14.extract(Recording("made", "raw", np.zeros(EPOCHS, np.int8), signals))
    # An epoch's count is complete four epochs later, so that the first four have none.
    assert np.array_equal(valid, table.valid)
    assert (np.abs(values - table.values) <= 0.02 * spread(table)).all()


def test_raw_samples_need_their_state(program: Path) -> None:
    said_so = play(program, [f"init {START}", f"ppg {START} 1", f"motion {START} 0 0 1", f"spo2 {START} 97"])
    assert said_so[1:] == ["refused", "refused", "taken"]
    bad = play(program, [f"init {START}", "raw", f"ppg {START} nan", f"motion {START} 99 0 0", f"spo2 {START} 0"])
    assert bad[2:] == ["refused", "refused", "refused"]


def test_a_still_watch_counts_nothing_and_a_shaken_one_does(program: Path) -> None:
    times = clock(50.0, 12)
    shaken = np.where(times >= 180_000, 0.5 * np.sin(2 * np.pi * 5 * times / 1000), 0.0)
    counts = epoch_counts(times, shaken, 8)
    assert counts[0] == 0 and counts[7] > 100
    with pytest.raises(AssertionError):
        assert np.array_equal(counts, epoch_counts(times, np.zeros(len(times)), 8))
    assert np.isnan(epoch_counts(times[:50], shaken[:50], 8)).all()
