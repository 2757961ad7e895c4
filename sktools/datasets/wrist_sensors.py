"""What wrist sensors deliver of a synthetic night: pulse wave, acceleration, saturation and oximeter status.

Pulse wave: each beat a systolic and a diastolic Gaussian, after Tang et al., Sci Rep 10 (2020) 13883. Breathing
modulates its baseline (RIIV), its amplitude (RIAV) and, through the beat times, its frequency (RIFV), after Charlton et
al., Physiol Meas 37 (2016) 610. Movement adds low-frequency artefacts in proportion to the acceleration.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sktools.datasets.physiology import TIMELINE_RATE, Disturbances, Physiology
from sktools.datasets.waveform import Waveform

RATE = 64.0

# Seconds after the beat, width in s and height of each Gaussian, for a beat interval of 1 s.
SYSTOLIC = (0.17, 0.075, 1.0)
DIASTOLIC = (0.42, 0.11, 0.38)
BASELINE_BY_BREATH = 0.18
AMPLITUDE_BY_BREATH = 0.08

STATUS_GOOD, STATUS_ARTEFACT, STATUS_OFF = 0.0, 1.0, 3.0
AVERAGING_SECONDS = 3.0

Floats = NDArray[np.float64]


def _clock(night: Physiology) -> Floats:
    return np.arange(int(night.seconds * RATE)) / RATE


def _at(night: Physiology, slow: Floats, clock: Floats) -> Floats:
    """A slow quantity at the sensors' rate."""
    return np.interp(clock, night.times, slow)


def _worn(night: Physiology, clock: Floats) -> NDArray[np.bool_]:
    worn: NDArray[np.bool_] = night.worn[np.minimum((clock * TIMELINE_RATE).astype(int), len(night.worn) - 1)]
    return worn


def movement_envelope(night: Physiology, clock: Floats) -> Floats:
    """Strength of body movement at given times (s), g."""
    envelope = np.zeros(len(clock))
    rate = (len(clock) - 1) / (clock[-1] - clock[0])
    for start, seconds, strength in zip(night.bursts.starts, night.bursts.seconds, night.bursts.strength, strict=True):
        first = int(start * rate)
        shape = np.hanning(max(4, int(seconds * rate)) + 2)[1:-1]
        length = min(len(shape), len(clock) - first)
        envelope[first : first + length] = np.maximum(envelope[first : first + length], strength * shape[:length])
    return envelope


def pulse_wave(night: Physiology, generator: np.random.Generator, disturbances: Disturbances) -> Waveform:
    """PPG at RATE Hz, arbitrary units; constant while the sensor is off."""
    clock = _clock(night)
    beats = night.beats
    intervals = np.diff(beats, append=beats[-1] + 60 / night.heart_rate[-1])
    # The pulse shortens with the interval, but less than in proportion.
    stretch = np.sqrt(np.clip(intervals, 0.4, 2.0))
    own = 1 + 0.03 * generator.normal(size=len(beats))
    latest = np.searchsorted(beats, clock, side="right") - 1
    wave = np.zeros(len(clock))
    for back in (0, 1):
        beat = latest - back
        inside = beat >= 0
        chosen = beat.clip(0)
        since = clock - beats[chosen]
        for centre, width, height in (SYSTOLIC, DIASTOLIC):
            scaled = (since - centre * stretch[chosen]) / (width * stretch[chosen])
            wave += np.where(inside, height * own[chosen] * np.exp(-0.5 * scaled**2), 0.0)
    breath = np.sin(_at(night, night.breath_phase, clock))
    wave = wave * (1 + AMPLITUDE_BY_BREATH * breath) * _at(night, night.pulse_amplitude, clock)
    wave += BASELINE_BY_BREATH * breath
    if disturbances.noise:
        moving = movement_envelope(night, clock) / 0.05
        wave += disturbances.noise * (
            0.02 * generator.normal(size=len(clock))
            + 0.3 * _filtered_noise(len(clock), 0.02, 0.15, generator)
            + 0.7 * np.minimum(moving, 4.0) * _filtered_noise(len(clock), 0.5, 5.0, generator)
        )
    wave = np.where(_worn(night, clock), wave, 0.0)
    return Waveform(wave.astype(np.float32), RATE, "a.u.")


def acceleration(night: Physiology, generator: np.random.Generator, disturbances: Disturbances) -> Waveform:
    """Wrist acceleration at RATE Hz, g, [n, 3]: gravity in an orientation that strong movements change, movement,
    breathing and sensor noise. It goes on while the pulse sensor is off.
    """
    clock = _clock(night)
    strong = night.bursts.starts[night.bursts.strength > 0.1]
    gravity = _orientations(clock, strong, generator)
    envelope = movement_envelope(night, clock)
    axes = np.column_stack([_filtered_noise(len(clock), 0.8, 10.0, generator) for _ in range(3)])
    breath = 0.0015 * np.sin(_at(night, night.breath_phase, clock))
    values = gravity * (1 + breath[:, None]) + envelope[:, None] * axes
    values += disturbances.noise * 0.003 * generator.normal(size=values.shape)
    return Waveform(values.astype(np.float32), RATE, "g")


def oximeter(
    night: Physiology, generator: np.random.Generator, disturbances: Disturbances
) -> tuple[Waveform, Waveform]:
    """Saturation (%, whole numbers) and status at RATE Hz; 0 % and STATUS_OFF while the sensor is off."""
    from scipy.ndimage import uniform_filter1d

    clock = _clock(night)
    slow = uniform_filter1d(night.saturation, int(AVERAGING_SECONDS * TIMELINE_RATE), mode="nearest")
    if disturbances.noise:
        slow = slow + disturbances.noise * 0.25 * generator.normal(size=len(slow))
    # An oximeter shows one value a second.
    step = int(TIMELINE_RATE)
    shown = np.repeat(np.round(np.clip(slow[::step], 50, 100)), step)[: len(slow)]
    index = np.minimum((clock * TIMELINE_RATE).astype(int), len(slow) - 1)
    worn = _worn(night, clock)
    artefact = movement_envelope(night, clock) > 0.15
    status = np.where(worn, np.where(artefact, STATUS_ARTEFACT, STATUS_GOOD), STATUS_OFF)
    saturation = np.where(worn, shown[index], 0.0)
    return Waveform(saturation.astype(np.float32), RATE, "%"), Waveform(status.astype(np.float32), RATE, "status")


def _orientations(clock: Floats, changes: Floats, generator: np.random.Generator) -> Floats:
    """Direction of gravity, [n, 3], turning within a second at each change."""
    corners = generator.normal(size=(len(changes) + 1, 3))
    corners /= np.linalg.norm(corners, axis=1, keepdims=True)
    knots, values = [0.0], [corners[0]]
    for time, after in zip(changes, corners[1:], strict=True):
        if time <= knots[-1]:
            continue
        knots += [float(time), float(time) + 1.0]
        values += [values[-1], after]
    direction = np.column_stack([np.interp(clock, knots, np.array(values)[:, axis]) for axis in range(3)])
    # Halfway of a turn through the origin has no direction; gravity is 1 g all the same.
    unit: Floats = direction / np.maximum(np.linalg.norm(direction, axis=1, keepdims=True), 1e-3)
    return unit


def _filtered_noise(count: int, low: float, high: float, generator: np.random.Generator) -> Floats:
    """Gaussian noise of standard deviation 1 between two frequencies, Hz."""
    from scipy.signal import butter, sosfilt

    sections = butter(2, (low, high), btype="bandpass", fs=RATE, output="sos")
    noise: Floats = sosfilt(sections, generator.normal(size=count))
    return noise / max(float(noise.std()), 1e-9)
