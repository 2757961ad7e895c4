"""Beat detectors on synthetic pulse waves whose beats are known: `python benchmarks/beats.py`.

F1 with a tolerance of 150 ms (Charlton 2022), the error of the heart rate, and how often there is one. Beside the
detector of the stager stands physiokit's, which takes a whole night at once and filters it forwards and backwards.
"""

from __future__ import annotations

import sys

import numpy as np
from numpy.typing import NDArray

from sktools.datasets.physiology import CLEAN, USUAL, Disturbances
from sktools.datasets.synthetic_raw import RawNight, draw_raw_night
from sktools.datasets.wrist_sensors import SYSTOLIC
from sktools.features.beats import find_beats
from sktools.features.conditioning import band_pass
from sktools.features.pulse import PULSE_BAND
from sktools.features.pulse import find_beats as physiokit_beats

TOLERANCE_MS = 150.0
EPOCHS = 240
WAVES = {"clean": CLEAN, "usual": USUAL, "noisy": Disturbances(noise=3.0, movement=2.0)}
Floats = NDArray[np.float64]


def known_beats(night: RawNight) -> Floats:
    """When the top of each beat's wave is, ms, while the watch is worn."""
    truth = night.truth
    stretch = np.sqrt(np.clip(np.diff(truth.beats, append=truth.beats[-1] + 1.0), 0.4, 2.0))
    worn = truth.worn[np.minimum((4 * truth.beats).astype(int), len(truth.worn) - 1)]
    return np.asarray(1000 * (truth.beats + SYSTOLIC[0] * stretch)[worn])


def f1(found: Floats, truth: Floats) -> float:
    """Harmonic mean of precision and recall; a beat is right if the other side has one within the tolerance."""

    def near(these: Floats, those: Floats) -> float:
        after = np.searchsorted(those, these).clip(1, len(those) - 1)
        return float((np.minimum(abs(these - those[after - 1]), abs(these - those[after])) <= TOLERANCE_MS).mean())

    precision, recall = near(found, truth), near(truth, found)
    return 2 * precision * recall / (precision + recall)


def by_stager(night: RawNight) -> tuple[Floats, Floats, float]:
    """Beats, errors of the heart rates in bpm, and the share of 4 s steps with a heart rate."""
    wave = night.recording.waveforms["ppg"]
    times = np.floor(1000 * np.arange(len(wave.values)) / wave.rate).astype(np.int64)
    found = find_beats(times, wave.values.astype(float))
    truth = np.interp(found.rate_times / 1000 - 3.0, night.truth.times, night.truth.heart_rate)
    return found.times, np.abs(found.rates - truth), len(found.rates) / (wave.seconds / 4.0)


def by_physiokit(night: RawNight) -> Floats:
    wave = night.recording.waveforms["ppg"]
    filtered = np.nan_to_num(band_pass(wave.values.astype(float), wave.rate, *PULSE_BAND))
    return np.asarray(1000 * physiokit_beats(filtered, wave.rate) / wave.rate)


def main(seeds: int) -> None:
    print(f"{'wave':<8} {'stager F1':>9} {'physiokit F1':>12} {'bpm error, median':>18} {'heart rates':>12}")
    for name, disturbances in WAVES.items():
        rows = []
        for seed in range(seeds):
            night = draw_raw_night([7, seed], epochs=EPOCHS, disturbances=disturbances)
            truth = known_beats(night)
            beats, errors, share = by_stager(night)
            rows.append((f1(beats, truth), f1(by_physiokit(night), truth), float(np.median(errors)), share))
        own, other, error, share = np.mean(rows, axis=0)
        print(f"{name:<8} {own:>9.4f} {other:>12.4f} {error:>18.2f} {share:>12.1%}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 6)
