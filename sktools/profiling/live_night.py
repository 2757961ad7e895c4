"""A night as a watch meets it: the samples in the order in which they come, and what the host makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sktools.compiler.compiled import TensorSpec
from sktools.datasets.recording import Recording, Signal
from sktools.errors import DataError
from sktools.features.beats import find_beats
from sktools.features.feature_set import FeatureTable, find_feature_set
from sktools.features.frames import prepare_night
from sktools.features.heart_rate import PLAUSIBLE_BPM
from sktools.features.motion_counts import epoch_counts
from sktools.link.stage import NS_PER_MS, STEP_G, Kind, Sample
from sktools.metrics.quantized import quantize
from sktools.model_config import EPOCH_SECONDS, ModelConfig
from sktools.profiling.parity import Int8Array

START_MS = 1_600_000_000_000
"""The board's clock when a recording begins: any date will do, and small numbers would hide a lack of bits."""

EPOCH_MS = 1000 * EPOCH_SECONDS
MINUTE_MS = 60_000
PULSELESS_EPOCHS = 4
"""SK_STAGER_PULSELESS_EPOCHS of firmware/stager/sk_stager.h."""

BEFORE_MS = 60_000
"""A heart rate from before the first epoch counts that long."""

SIGNALS = {Kind.HEART_RATE: "heart_rate", Kind.COUNT: "activity_counts"}
"""What the stager takes, and the signals of a recording that hold it."""

WAVES = {Kind.PPG: "ppg", Kind.ACCELERATION: "acceleration"}
"""The same of raw signals, which are taken if a recording has no others."""


@dataclass(frozen=True)
class Drop:
    """A signal that is missing from `first` to `last` minutes of the recording."""

    signal: str
    first: float
    last: float


@dataclass(frozen=True)
class Replay:
    """How a recording is replayed. late_start: minutes after its begin at which the watch is put on.

    clock: whether the watch knows the bedtime.
    """

    late_start: float = 0.0
    drops: tuple[Drop, ...] = ()
    clock: bool = True


@dataclass(frozen=True)
class LiveWave:
    """A raw signal as it is sent: kind; time_ns [n], of each sample on the board's clock, and period_ns between them.

    values: float32 [n], or int16 [n, 3] in steps of STEP_G. first: index of the first sample of each epoch, and past
    the last one, [epochs + 1].
    """

    kind: Kind
    time_ns: NDArray[np.int64]
    period_ns: int
    values: NDArray[np.float32] | NDArray[np.int16]
    first: NDArray[np.int64]

    @property
    def time_ms(self) -> NDArray[np.int64]:
        """As the board sees it: rounded down."""
        return np.asarray(self.time_ns // NS_PER_MS)


@dataclass(frozen=True)
class LiveNight:
    """One night, from the moment at which the watch is put on.

    start_ms, bedtime_ms: on the board's clock; bedtime_ms is None if it is not known.
    samples: by epoch, each in order of time. waves: raw signals in their place.
    pulse: bool [epochs], whether an epoch has a heart rate.
    labels: int64 [epochs], class index, -1 if not scored.
    values: float64 [epochs, features], the host's features. valid: bool, rows: int8, normalised; of the same shape.
    """

    subject: str
    start: str
    start_ms: int
    bedtime_ms: int | None
    samples: tuple[tuple[Sample, ...], ...]
    pulse: NDArray[np.bool_]
    labels: NDArray[np.int64]
    values: NDArray[np.float64]
    valid: NDArray[np.bool_]
    rows: Int8Array
    waves: tuple[LiveWave, ...] = ()

    @property
    def epochs(self) -> int:
        return len(self.labels)

    @property
    def since_bedtime(self) -> NDArray[np.int64]:
        """Epochs since bedtime, [epochs]; meaningless if the bedtime is not known."""
        bedtime = 0 if self.bedtime_ms is None else self.bedtime_ms - self.start_ms
        return np.arange(self.epochs) - int(np.floor(bedtime / EPOCH_MS))


def live_night(recording: Recording, config: ModelConfig, spec: TensorSpec, how: Replay) -> LiveNight:
    """A recording as the watch meets it. spec: of the network's input.

    Raises DataError if the recording has none of the stager's signals, or is over before the watch is put on.
    """
    late = round(how.late_start * 60 / EPOCH_SECONDS)
    epochs = recording.epochs - late
    if epochs < 1:
        raise DataError(f"{recording.subject}: the recording ends before minute {how.late_start:g}")
    shift = late * EPOCH_SECONDS
    start_ms = START_MS + late * EPOCH_MS
    heard = {
        name: _shifted(_dropped(signal, name, how.drops), shift, 0.0 if late else -np.inf)
        for name, signal in recording.signals.items()
        if name in SIGNALS.values()
    }
    waves: tuple[LiveWave, ...] = ()
    if not heard:
        waves = _waves(recording, how.drops, start_ms, epochs)
        heard = _signals_of(waves, start_ms, epochs)
    if not heard and not waves:
        names = (*SIGNALS.values(), *WAVES.values())
        raise DataError(f"{recording.subject}: has none of {', '.join(names)}")
    cut = replace(recording, stages=recording.stages[late:], signals=heard, features={}, waveforms={})
    table = _with_clock(find_feature_set(config.features.set).extract(cut), late, how.clock, config)
    night = prepare_night(table, config.features, config.classes)
    samples = tuple(() for _ in range(epochs)) if waves else _by_epoch(heard, start_ms, epochs)
    pulse = np.array([any(_is_pulse(sample) for sample in epoch) for epoch in samples])
    if waves and "heart_rate" in heard:
        known = np.floor(heard["heart_rate"].times / EPOCH_SECONDS).astype(int)
        pulse[known[(known >= 0) & (known < epochs)]] = True
    return LiveNight(
        subject=recording.subject,
        start=recording.start,
        start_ms=start_ms,
        bedtime_ms=START_MS + round(1000 * recording.bedtime) if how.clock else None,
        samples=samples,
        pulse=pulse,
        labels=night.labels,
        values=table.values,
        valid=table.valid,
        rows=quantize(night.features, spec.scale, spec.zero_point),
        waves=waves,
    )


def off_wrist(pulse: NDArray[np.bool_], delay_epochs: int) -> NDArray[np.bool_]:
    """Which epochs the stager leaves without an answer: bool [epochs].

    An epoch is off the wrist if it lies in a run of PULSELESS_EPOCHS epochs without a heart rate, as far as that is
    known when the epoch is answered.
    """
    result = np.zeros(len(pulse), bool)
    edges = np.flatnonzero(np.diff(np.concatenate([[True], pulse, [True]]).astype(np.int8)))
    for first, end in zip(edges[::2], edges[1::2], strict=True):
        for epoch in range(first, end):
            known = min(end - 1, epoch + delay_epochs) - first + 1
            result[epoch] = known >= PULSELESS_EPOCHS
    return result


def _waves(recording: Recording, drops: Sequence[Drop], start_ms: int, epochs: int) -> tuple[LiveWave, ...]:
    """The raw signals of a recording from the moment at which the watch is put on."""
    found = []
    for kind, name in WAVES.items():
        if name not in recording.waveforms:
            continue
        wave = recording.waveforms[name]
        period_ns = round(1e9 / wave.rate)
        time_ns = round(1e9 * wave.start) + np.arange(len(wave.values), dtype=np.int64) * period_ns
        seconds, values = time_ns / 1e9, wave.values
        keep = np.isfinite(values.reshape(len(values), -1)).all(axis=1)
        for drop in drops:
            if drop.signal == name:
                keep &= ~((seconds >= 60 * drop.first) & (seconds < 60 * drop.last))
        time_ns = time_ns + START_MS * NS_PER_MS
        keep &= (time_ns >= start_ms * NS_PER_MS) & (time_ns < (start_ms + epochs * EPOCH_MS) * NS_PER_MS)
        kept = values[keep]
        if kind is Kind.ACCELERATION:
            kept = np.clip(np.round(kept.astype(float) / STEP_G), -(1 << 15), (1 << 15) - 1).astype(np.int16)
        time_ns = time_ns[keep]
        edges = (start_ms + EPOCH_MS * np.arange(epochs + 1, dtype=np.int64)) * NS_PER_MS
        found.append(LiveWave(kind, time_ns, period_ns, kept, np.searchsorted(time_ns, edges)))
    return tuple(found)


def _signals_of(waves: Sequence[LiveWave], start_ms: int, epochs: int) -> dict[str, Signal]:
    """What the host makes of raw signals: the heart rates and counts that the board's stager makes of them."""
    found = {}
    for wave in waves:
        if not len(wave.time_ns):
            continue
        if wave.kind is Kind.PPG:
            beats = find_beats(wave.time_ms, wave.values.astype(float))
            known_ms, first = np.unique(beats.rate_times, return_index=True)
            times: NDArray[np.float64] = (known_ms - start_ms) / 1000.0
            found["heart_rate"] = Signal(times, beats.rates[first], "bpm")
        else:
            counts = epoch_counts(wave.time_ms - start_ms, wave.values[:, 2].astype(float) * STEP_G, epochs)
            known = np.flatnonzero(np.isfinite(counts))
            found["activity_counts"] = Signal(EPOCH_SECONDS * known.astype(np.float64), counts[known], "counts")
    return found


def _is_pulse(sample: Sample) -> bool:
    return sample.kind is Kind.HEART_RATE and PLAUSIBLE_BPM[0] <= sample.value <= PLAUSIBLE_BPM[1]


def _dropped(signal: Signal, name: str, drops: Sequence[Drop]) -> Signal:
    keep = np.ones(len(signal.times), bool)
    for drop in drops:
        if drop.signal == name:
            keep &= ~((signal.times >= 60 * drop.first) & (signal.times < 60 * drop.last))
    return replace(signal, times=signal.times[keep], values=signal.values[keep])


def _shifted(signal: Signal, seconds: float, least: float) -> Signal:
    """The signal with another zero of time, without what lies before `least`."""
    times = signal.times - seconds
    keep = times >= least
    return replace(signal, times=times[keep], values=signal.values[keep])


def _with_clock(table: FeatureTable, late: int, known: bool, config: ModelConfig) -> FeatureTable:
    """The table with the clock's features of a night that began `late` epochs ago, or masked."""
    columns = list(find_feature_set(config.features.set).groups.get("clock", ()))
    values, valid = table.values.copy(), table.valid.copy()
    if not known:
        values[:, columns], valid[:, columns] = 0.0, False
    elif late:
        stages = np.concatenate([np.full(late, -1, np.int8), table.stages])
        whole = find_feature_set(config.features.set).extract(Recording(table.dataset, table.subject, stages))
        values[:, columns] = whole.values[late:, columns]
    return replace(table, values=values, valid=valid)


def _by_epoch(signals: dict[str, Signal], start_ms: int, epochs: int) -> tuple[tuple[Sample, ...], ...]:
    found: list[list[Sample]] = [[] for _ in range(epochs)]
    for kind, name in SIGNALS.items():
        if name not in signals:
            continue
        # Down to whole milliseconds: what lies before the end of a step still does.
        times = np.floor(1000 * signals[name].times).astype(int)
        for time, value in zip(times.tolist(), signals[name].values.tolist(), strict=True):
            least = -BEFORE_MS if kind is Kind.HEART_RATE else 0
            if least <= time < epochs * EPOCH_MS:
                found[max(0, time) // EPOCH_MS].append(Sample(kind, start_ms + time, value))
    return tuple(tuple(sorted(epoch, key=lambda sample: (sample.kind, sample.time_ms))) for epoch in found)
