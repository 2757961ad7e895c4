"""FS-W-PA-14 from raw waveforms: a pulse wave, saturation with the oximeter's status, and movement."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktools.datasets.waveform import Waveform
from sktools.features.conditioning import at_rate, band_pass, measured, on_epochs
from sktools.features.pulse import NAMES as PULSE_NAMES
from sktools.features.pulse import PULSE_BAND, pulse_features

Floats = NDArray[np.float64]

RATE = 64.0
MOVEMENT_BAND = (3.0, 11.0)
POOR_STATUS = float(np.float32(2.8))
SATURATION_RANGE = (50.0, 100.0)
NO_READING_BELOW = 1.0
NO_READING_ABOVE = 110.0
"""Oximeters write 0 or 127 (and 511) where they have no reading; the rest is clipped to SATURATION_RANGE."""

FEWEST_MEASURED = 0.5
MOVEMENT_NOTE = "mov_* are taken from the leg EMG, which stands in for wrist acceleration"


def raw_features(
    waveforms: Mapping[str, Waveform], epochs: int, window: float, hop: float
) -> tuple[dict[str, Floats], list[str]]:
    """Features by name, each [epochs], NaN where a window is masked or the sensor is missing; and notes.

    window, hop: s; window i is centred on epoch i. Where there is a pulse wave, a window with fewer than 4 beats, too
    little of it measured or a poor oximeter status is masked as a whole. Waveforms that are not among those of
    Recording are left alone.
    """
    found: dict[str, Floats] = {}
    notes: list[str] = []
    usable = np.ones(epochs, bool)
    if "ppg" in waveforms:
        pulse = _pulse(waveforms["ppg"], epochs, window, hop)
        usable &= np.isfinite(pulse["hr_bpm"])
        found |= pulse
    poor = np.zeros(epochs, bool)
    if "oximeter_status" in waveforms:
        status = _native_windows(waveforms["oximeter_status"], epochs, window, hop)
        found["spo2_qos"] = _each(np.mean, status)
        poor = np.asarray((status >= POOR_STATUS).any(axis=1))
    if "spo2" in waveforms:
        found |= {
            name: np.where(poor, np.nan, value)
            for name, value in _saturation(waveforms["spo2"], epochs, window, hop).items()
        }
    moving = waveforms.get("acceleration", waveforms.get("leg_emg"))
    if moving is not None:
        if moving.rate < 2 * MOVEMENT_BAND[1]:
            notes.append(
                f"movement sampled at {moving.rate:g} Hz cannot hold "
                f"{MOVEMENT_BAND[0]:g}-{MOVEMENT_BAND[1]:g} Hz; mov_* are masked"
            )
        else:
            found |= _movement(moving, epochs, window, hop)
            if "acceleration" not in waveforms:
                notes.append(MOVEMENT_NOTE)
    if "ppg" in waveforms:
        found = {name: np.where(usable & ~poor, values, np.nan) for name, values in found.items()}
    return found, notes


def _pulse(waveform: Waveform, epochs: int, window: float, hop: float) -> dict[str, Floats]:
    wave = at_rate(measured(waveform.values, waveform.rate), waveform.rate, RATE)
    windows = on_epochs(waveform, band_pass(wave, RATE, *PULSE_BAND), RATE, epochs, hop, window)
    table = np.full((epochs, len(PULSE_NAMES)), np.nan)
    for epoch in range(epochs):
        row = pulse_features(windows[epoch], RATE)
        if row is not None:
            table[epoch] = row
    return {name: table[:, column] for column, name in enumerate(PULSE_NAMES)}


def _saturation(waveform: Waveform, epochs: int, window: float, hop: float) -> dict[str, Floats]:
    windows = _native_windows(waveform, epochs, window, hop)
    windows = np.where((windows < NO_READING_BELOW) | (windows > NO_READING_ABOVE), np.nan, windows)
    windows = np.clip(windows, *SATURATION_RANGE)
    return {
        "spo2_mu": _each(np.mean, windows),
        "spo2_std": _each(np.std, windows),
        "spo2_med": _each(np.median, windows),
    }


def _movement(waveform: Waveform, epochs: int, window: float, hop: float) -> dict[str, Floats]:
    values = waveform.values
    if values.ndim == 2:
        # The magnitude does not depend on how the wrist is turned.
        values = np.linalg.norm(values.astype(np.float64), axis=1).astype(np.float32)
    # A wrist at rest is flat to the sensor's last digit without being off.
    even = at_rate(measured(values, waveform.rate, flat_is_off=False), waveform.rate, RATE)
    windows = on_epochs(waveform, np.abs(band_pass(even, RATE, *MOVEMENT_BAND)), RATE, epochs, hop, window)
    return {
        "mov_mu": _each(np.mean, windows),
        "mov_std": _each(np.std, windows),
        "mov_med": _each(np.median, windows),
    }


def _native_windows(waveform: Waveform, epochs: int, window: float, hop: float) -> Floats:
    """Windows at the lower of the waveform's own rate and RATE, by the value that holds: nothing is interpolated."""
    values = waveform.values if waveform.values.ndim == 1 else waveform.values[:, 0]
    rate = min(float(round(waveform.rate)) or 1.0, RATE)
    count = max(1, round(waveform.seconds * rate))
    held = np.minimum((np.arange(count) * waveform.rate / rate).astype(int), len(values) - 1)
    return on_epochs(waveform, measured(values[held], rate, flat_is_off=False), rate, epochs, hop, window)


def _each(statistic: Callable[[Floats], np.floating[Any]], windows: Floats) -> Floats:
    """A statistic of the measured values of each window, NaN where less than FEWEST_MEASURED of it is measured."""
    result = np.full(len(windows), np.nan)
    for index, values in enumerate(windows):
        present = values[np.isfinite(values)]
        if len(present) >= FEWEST_MEASURED * len(values):
            result[index] = statistic(present)
    return result
