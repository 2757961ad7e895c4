"""Heart rate, breathing, movement and saturation of a synthetic night, driven by its sleep stages.

Directions and sizes, by source; a figure without one is a choice, made so that stages overlap as they do in people:

- heart rate falls from wake to N3 and rises with REM: Somers et al., N Engl J Med 328 (1993) 303; it falls from
  evening to morning: Carrington et al., J Sleep Res 12 (2003) 25.
- variability: breathing-related (HF, 0.15-0.4 Hz) largest in N3, LF (about 0.1 Hz) largest in wake and REM: Trinder et
  al., J Sleep Res 10 (2001) 253; ranges in people: Shaffer & Ginsberg, Front Public Health 5 (2017) 258.
- breathing: rate hardly changes with stage, its regularity does, most regular in N3: Douglas et al., Thorax 37 (1982)
  840; Rostig et al., Sleep 28 (2005) 411.
- beats from a modulated heart rate: integral pulse frequency modulation, Mateo & Laguna, IEEE Trans Biomed Eng 47
  (2000) 985.
- body movements by stage: Wilde-Frenz & Schulz, Percept Mot Skills 56 (1983) 275; each brings a short tachycardia:
  Sforza et al., Clin Neurophysiol 110 (1999) 1120.
- desaturations: 3 % and more below baseline, slow fall and fast recovery with an arousal at their end: AASM Manual for
  the Scoring of Sleep, hypopnea rules; more in REM and light sleep than in N3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sktools.datasets.sleep_cycles import CycleChain, cycle_chain
from sktools.model_config import EPOCH_SECONDS

TIMELINE_RATE = 4.0
"""Hz of the slow quantities below."""

Floats = NDArray[np.float64]

# Columns: W, N1, N2, N3, REM, the order of sleep_cycles.STAGES.
HEART_RATE_SHIFT = np.array([7.0, 2.0, -1.5, -3.0, 2.5])
HF_AMPLITUDE = np.array([0.018, 0.022, 0.030, 0.036, 0.016])
LF_AMPLITUDE = np.array([0.034, 0.030, 0.022, 0.011, 0.036])
VLF_AMPLITUDE = np.array([0.035, 0.022, 0.014, 0.007, 0.030])
BREATHING_SHIFT = np.array([1.5, 0.4, 0.0, -0.3, 1.0])
BREATHING_IRREGULARITY = np.array([0.10, 0.06, 0.035, 0.02, 0.09])
BURSTS_AN_HOUR = np.array([80.0, 25.0, 7.0, 2.0, 8.0])
BURST_SECONDS = np.array([6.0, 3.0, 2.5, 2.5, 2.0])
DESATURATION_WEIGHT = np.array([0.0, 1.0, 0.8, 0.3, 1.8])
PULSE_AMPLITUDE = np.array([0.85, 0.95, 1.05, 1.1, 0.85])

STAGE_LAG_SECONDS = 20.0
NIGHT_FALL_BPM = 5.0
LF_BAND = (0.07, 0.12)
VLF_BAND = (0.008, 0.035)
AROUSAL_DECAY_SECONDS = 8.0


@dataclass(frozen=True)
class Disturbances:
    """What disturbs a recording; 0 leaves it out, 1 is the usual amount.

    noise: of sensors and movement in the pulse wave. movement: body movements. gaps: times when the sensor is off.
    desaturations: events of low saturation. irregularity: of breathing and slow drifts of the heart rate.
    """

    noise: float = 1.0
    movement: float = 1.0
    gaps: float = 1.0
    desaturations: float = 1.0
    irregularity: float = 1.0


USUAL = Disturbances()
CLEAN = Disturbances(noise=0.0, movement=0.0, gaps=0.0, desaturations=0.0)


@dataclass(frozen=True)
class Person:
    """Between-subject differences.

    heart_rate, breathing: bpm of N2. variability: scales the modulation of the beat intervals. balance: scales its LF
    part. response: scales the stage effects. saturation: %. events_an_hour: desaturations an hour of sleep.
    restlessness: scales body movements.
    """

    heart_rate: float
    breathing: float
    variability: float
    balance: float
    response: float
    saturation: float
    events_an_hour: float
    restlessness: float
    chain: CycleChain


@dataclass(frozen=True)
class Bursts:
    """Body movements. starts, seconds: s, [n]. strength: g, [n]."""

    starts: Floats
    seconds: Floats
    strength: Floats


@dataclass(frozen=True)
class Physiology:
    """The truth of a night, at TIMELINE_RATE Hz unless told otherwise; times are s from the first epoch.

    stages: [epochs], indices into sleep_cycles.STAGES. heart_rate: bpm without the fast modulations.
    breathing: breaths a minute. breath_phase: rad. beats: s, [beats]. saturation: %, before the oximeter.
    pulse_amplitude: relative. worn: bool, False while the sensor is off.
    """

    person: Person
    stages: NDArray[np.int64]
    heart_rate: Floats
    breathing: Floats
    breath_phase: Floats
    beats: Floats
    saturation: Floats
    pulse_amplitude: Floats
    bursts: Bursts
    worn: NDArray[np.bool_]

    @property
    def seconds(self) -> float:
        return float(len(self.stages) * EPOCH_SECONDS)

    @property
    def times(self) -> Floats:
        return np.arange(len(self.heart_rate)) / TIMELINE_RATE


def draw_person(generator: np.random.Generator) -> Person:
    """A person's baselines. Spread: heart rate 8 bpm, breathing 1.8 a minute, saturation 1 %, the others log-normal."""
    return Person(
        heart_rate=float(np.clip(generator.normal(62, 8), 44, 90)),
        breathing=float(np.clip(generator.normal(15, 1.8), 11, 20)),
        variability=float(np.exp(generator.normal(0, 0.35))),
        balance=float(np.exp(generator.normal(0, 0.25))),
        response=float(np.exp(generator.normal(0, 0.25))),
        saturation=float(np.clip(generator.normal(95.5, 1.0), 92, 98)),
        events_an_hour=float(np.exp(generator.normal(1.0, 0.9)).clip(0, 40)),
        restlessness=float(np.exp(generator.normal(0, 0.35))),
        chain=cycle_chain(
            pace=float(np.clip(generator.normal(1.0, 0.08), 0.8, 1.2)),
            wakefulness=float(np.exp(generator.normal(0.0, 0.5)).clip(0.3, 3.0)),
            depth=float(np.exp(generator.normal(0.0, 0.3)).clip(0.4, 1.8)),
        ),
    )


def draw_physiology(
    person: Person,
    stages: NDArray[np.int64],
    generator: np.random.Generator,
    disturbances: Disturbances = USUAL,
) -> Physiology:
    """What goes on in a person over a night of the given stages ([epochs], indices into sleep_cycles.STAGES)."""
    per_epoch = int(EPOCH_SECONDS * TIMELINE_RATE)
    at = np.repeat(stages, per_epoch)
    count, times = len(at), np.arange(len(at)) / TIMELINE_RATE
    streams = generator.spawn(6)
    bursts = _bursts(person, stages, streams[0], disturbances.movement)
    dips, arousals = _desaturations(person, stages, streams[1], disturbances.desaturations)
    breathing, phase = _breathing(person, at, streams[2], disturbances.irregularity)
    moved = [*zip(bursts.starts, 4 + 60 * bursts.strength, strict=True), *((time, 8.0) for time in arousals)]
    arousal = _arousals(times, moved)
    heart_rate = (
        person.heart_rate
        + person.response * _lagged(HEART_RATE_SHIFT[at])
        - NIGHT_FALL_BPM * (times / times[-1] - 0.5)
        + 1.2 * disturbances.irregularity * _band_noise(count, (0.0005, 0.004), streams[3])
        + arousal
    )
    low = _lagged(LF_AMPLITUDE[at]) * _band_noise(count, LF_BAND, streams[3])
    very_low = disturbances.irregularity * _lagged(VLF_AMPLITUDE[at]) * _band_noise(count, VLF_BAND, streams[3])
    modulation = person.variability * (_lagged(HF_AMPLITUDE[at]) * np.sin(phase) + person.balance * (low + very_low))
    beats = _beats(times, np.maximum(heart_rate, 35) * (1 + np.clip(modulation, -0.3, 0.3)), streams[4])
    worn = _worn(count, streams[5], disturbances.gaps)
    constriction = np.clip(arousal / 20, 0, 0.5)
    return Physiology(
        person=person,
        stages=stages,
        heart_rate=heart_rate,
        breathing=breathing,
        breath_phase=phase,
        beats=beats,
        saturation=person.saturation - 0.3 * _lagged((at == 4).astype(float)) - dips,
        pulse_amplitude=_lagged(PULSE_AMPLITUDE[at]) * (1 - constriction),
        bursts=bursts,
        worn=worn,
    )


def _lagged(values: Floats) -> Floats:
    """The autonomic system follows a change of stage with a lag of the first order."""
    from scipy.signal import lfilter

    keep = float(np.exp(-1 / (STAGE_LAG_SECONDS * TIMELINE_RATE)))
    lagged: Floats = lfilter([1 - keep], [1, -keep], values, zi=[keep * values[0]])[0]
    return lagged


def _band_noise(count: int, band: tuple[float, float], generator: np.random.Generator) -> Floats:
    """Gaussian noise of standard deviation 1 within a band, Hz."""
    from scipy.fft import irfft, next_fast_len, rfftfreq

    length = next_fast_len(count)
    frequencies = rfftfreq(length, 1 / TIMELINE_RATE)
    inside = (frequencies >= band[0]) & (frequencies <= band[1])
    spectrum = np.zeros(len(frequencies), complex)
    bins = max(1, int(inside.sum()))
    spectrum[inside] = generator.normal(size=inside.sum()) + 1j * generator.normal(size=inside.sum())
    noise: Floats = irfft(spectrum, length)[:count] * length / (2 * np.sqrt(bins))
    return noise


def _breathing(
    person: Person, at: NDArray[np.int64], generator: np.random.Generator, irregularity: float
) -> tuple[Floats, Floats]:
    """Breaths a minute and phase (rad)."""
    wander = _band_noise(len(at), (0.002, 0.03), generator)
    rate = (person.breathing + _lagged(BREATHING_SHIFT[at])) * (
        1 + irregularity * _lagged(BREATHING_IRREGULARITY[at]) * np.clip(wander, -2.5, 2.5)
    )
    rate = np.clip(rate, 8, 28)
    return rate, 2 * np.pi * np.cumsum(rate / 60) / TIMELINE_RATE


def _beats(times: Floats, rate: Floats, generator: np.random.Generator) -> Floats:
    """Times at which the integrated rate passes a whole number (integral pulse frequency modulation), s."""
    passed = np.concatenate([[0.0], np.cumsum((rate[1:] + rate[:-1]) / 120 / TIMELINE_RATE)]) + generator.random()
    whole = np.arange(np.ceil(passed[0]), np.floor(passed[-1]) + 1)
    beats = np.interp(whole, passed, times)
    # Conduction and transit times jitter by a few milliseconds.
    return beats + np.clip(generator.normal(0, 0.003, len(beats)), -0.01, 0.01)


def _arousals(times: Floats, events: list[tuple[float, float]]) -> Floats:
    """Tachycardia after movements and at the end of desaturations, bpm: (time, size) decaying exponentially."""
    from scipy.signal import lfilter

    impulses = np.zeros(len(times))
    for time, size in events:
        impulses[min(int(time * TIMELINE_RATE), len(times) - 1)] += min(size, 14.0)
    keep = float(np.exp(-1 / (AROUSAL_DECAY_SECONDS * TIMELINE_RATE)))
    surge: Floats = lfilter([1.0], [1, -keep], impulses)
    return np.minimum(surge, 20.0)


def _bursts(person: Person, stages: NDArray[np.int64], generator: np.random.Generator, amount: float) -> Bursts:
    starts, seconds = [], []
    chance = amount * person.restlessness * BURSTS_AN_HOUR * EPOCH_SECONDS / 3600
    numbers = generator.poisson(chance[stages])
    for epoch in np.flatnonzero(numbers):
        for _ in range(int(numbers[epoch])):
            starts.append(EPOCH_SECONDS * (epoch + generator.random()))
            seconds.append(float(np.clip(BURST_SECONDS[stages[epoch]] * np.exp(generator.normal(0, 0.6)), 0.5, 25)))
    order = np.argsort(starts)
    strength = np.exp(generator.normal(np.log(0.06), 0.7, len(starts))).clip(0.008, 0.5)
    return Bursts(np.array(starts, float)[order], np.array(seconds, float)[order], strength)


def _desaturations(
    person: Person, stages: NDArray[np.int64], generator: np.random.Generator, amount: float
) -> tuple[Floats, list[float]]:
    """Fall of the saturation below baseline (%), and the times of the arousals that end them."""
    count = int(len(stages) * EPOCH_SECONDS * TIMELINE_RATE)
    fall = np.zeros(count)
    ends: list[float] = []
    chance = amount * person.events_an_hour * DESATURATION_WEIGHT * EPOCH_SECONDS / 3600
    free_from = 0.0
    for epoch in np.flatnonzero(generator.random(len(stages)) < np.clip(chance[stages], 0, 0.6)):
        start = EPOCH_SECONDS * (epoch + generator.random())
        if start < free_from:
            continue
        down = float(np.clip(generator.normal(25, 7), 10, 50))
        up = float(np.clip(generator.normal(9, 2), 5, 15))
        depth = float(np.clip(3 + generator.exponential(2.0), 3, 15))
        shape = np.concatenate(
            [np.linspace(0, 1, int(down * TIMELINE_RATE)) ** 1.5, np.linspace(1, 0, int(up * TIMELINE_RATE))]
        )
        first = int(start * TIMELINE_RATE)
        length = min(len(shape), count - first)
        fall[first : first + length] = depth * shape[:length]
        ends.append(min(start + down, len(stages) * EPOCH_SECONDS - 1.0))
        free_from = start + down + up + 15
    return fall, ends


def _worn(count: int, generator: np.random.Generator, amount: float) -> NDArray[np.bool_]:
    worn = np.ones(count, bool)
    for _ in range(int(generator.poisson(0.8 * amount))):
        start = int(generator.integers(0, count))
        worn[start : start + int(TIMELINE_RATE * generator.uniform(90, 900))] = False
    return worn
