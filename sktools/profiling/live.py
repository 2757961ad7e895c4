"""Replays nights into a board's stager and compares its answers with the host's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktools.boards.driver import Session, StepCount
from sktools.compiler.compiled import CompiledModel
from sktools.errors import LinkError
from sktools.link.stage import (
    LAGS_MAX,
    NO_ANSWER,
    SAMPLES_MAX,
    WAVE_BYTES,
    Kind,
    Sample,
    StageAnswer,
    StageLink,
    Stager,
)
from sktools.metrics.classification import accuracy_report
from sktools.metrics.decision import Decision, plain_decision
from sktools.metrics.live import DELAYS_MINUTES
from sktools.model_config import EPOCH_SECONDS
from sktools.profiling.live_night import EPOCH_MS, LiveNight, LiveWave, off_wrist
from sktools.profiling.parity import Int8Array, Parity, compare
from sktools.profiling.session import Oracle

LAGS = tuple(round(minutes * 60 / EPOCH_SECONDS) for minutes in DELAYS_MINUTES)
PART_OF_KIND = {
    Kind.HEART_RATE: "heart rate",
    Kind.COUNT: "movement",
    Kind.PPG: "beats",
    Kind.ACCELERATION: "movement",
}
FEATURES_PART, NETWORK_PART, DECISION_PART = "features", "network", "decision"
UNLIKELY = -20.0
"""Logit of every class but the one that an unanswered epoch is scored as."""


@dataclass(frozen=True)
class EpochReport:
    """What a display learns after each epoch. stage: of the epoch that was answered, None if none was due."""

    subject: str
    epoch: int
    epochs: int
    answer: StageAnswer | None
    label: int | None


@dataclass
class Costs:
    """Cycles and instructions of each part, by epoch; empty lists if the board counts nothing."""

    cycles: dict[str, list[int]] = field(default_factory=dict)
    instructions: dict[str, list[int]] = field(default_factory=dict)

    def add(self, parts: Mapping[str, Sequence[StepCount]]) -> None:
        """One epoch's windows by part."""
        for name, windows in parts.items():
            for kept, found in (
                (self.cycles, [window.cycles for window in windows]),
                (self.instructions, [window.instructions for window in windows]),
            ):
                if all(value is not None for value in found):
                    kept.setdefault(name, []).append(sum(value or 0 for value in found))


@dataclass(frozen=True)
class DeviceNight:
    """What the board answered in a night.

    stages: [epochs], NO_ANSWER if off the wrist. probabilities: [epochs, classes], 0 there.
    values, valid, rows: its features, as LiveNight has the host's. refused: samples that the stager dropped.
    by_lag: int8 [lags, epochs, classes], the network's row of each epoch when as many later epochs were closed (fewer
    at the end), for each of Judge.lags.
    """

    stages: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    values: NDArray[np.float64]
    valid: NDArray[np.bool_]
    rows: Int8Array
    by_lag: Int8Array
    refused: int
    stager: Stager


def replay(
    night: LiveNight,
    session: Session,
    model: CompiledModel,
    costs: Costs,
    lags: Sequence[int] = LAGS,
    on_epoch: Callable[[EpochReport], None] = lambda report: None,
) -> DeviceNight:
    """Gives a night's samples to the board's stager, epoch by epoch. lags: ascending, see Judge. Raises LinkError."""
    link = StageLink(session.client)
    stager = link.begin(night.start_ms, night.bedtime_ms, raw=bool(night.waves))
    session.windows()  # what ran before is not of this night
    tally = _Tally(night, stager.classes, lags)
    for epoch in range(night.epochs):
        kinds = []
        for samples in _requests(night.samples[epoch]):
            outcomes = link.push(samples)
            tally.refused += outcomes.late + outcomes.early + outcomes.refused
            kinds.append(samples[0].kind)
        for wave in night.waves:
            for first, last in _wave_requests(wave, epoch):
                values = wave.values[first:last].tobytes()
                outcomes = link.wave(wave.kind, int(wave.time_ns[first]), wave.period_ns, values)
                tally.refused += outcomes.late + outcomes.early + outcomes.refused
                kinds.append(wave.kind)
        now = night.start_ms + (epoch + 1) * EPOCH_MS
        wanted = tuple(lag for lag in lags if lag <= epoch)
        reply = link.epoch(now, wanted)
        if not reply.closed or not reply.ran or reply.open_epoch != epoch + 1:
            raise LinkError(f"the board did not close epoch {epoch} of {night.subject}", "run it again")
        costs.add(_parts(session.windows(), kinds, model.step_count))
        tally.note_row(epoch, reply.row, reply.valid, reply.quantised)
        tally.note(epoch, wanted, reply.logits)
        tally.answer(reply.answer)
        label = int(night.labels[reply.answer.epoch]) if reply.answer is not None else None
        on_epoch(EpochReport(night.subject, epoch, night.epochs, reply.answer, label))
    # At the end every epoch that is younger than a delay is read from the last frame.
    young = range(min(max(lags) + 1, night.epochs))
    for first in range(0, len(young), LAGS_MAX):
        wanted = tuple(young[first : first + LAGS_MAX])
        tally.note(night.epochs - 1, wanted, link.epoch(now, wanted).logits)
    while (rest := link.rest(now)) is not None:
        tally.answer(rest)
        on_epoch(EpochReport(night.subject, night.epochs - 1, night.epochs, rest, int(night.labels[rest.epoch])))
    session.windows()
    return tally.night(stager)


class _Tally:
    """Collects a night's replies."""

    def __init__(self, night: LiveNight, classes: int, lags: Sequence[int]) -> None:
        epochs, features = night.rows.shape
        self._lags = lags
        self.refused = 0
        self._stages = np.full(epochs, NO_ANSWER, np.int64)
        self._answered = np.zeros(epochs, bool)
        self._probabilities = np.zeros((epochs, classes))
        self._values = np.zeros((epochs, features))
        self._valid = np.zeros((epochs, features), bool)
        self._rows = np.zeros((epochs, features), np.int8)
        self._by_lag = np.zeros((len(lags), epochs, classes), np.int8)

    def note_row(self, epoch: int, row: Sequence[float], valid: int, quantised: bytes) -> None:
        self._values[epoch] = row
        self._valid[epoch] = [bool(valid >> bit & 1) for bit in range(len(row))]
        self._rows[epoch] = np.frombuffer(quantised, np.int8)

    def note(self, epoch: int, lags: Sequence[int], logits: Sequence[bytes]) -> None:
        """Rows of the output of the frame that ends with `epoch`."""
        last = epoch == len(self._stages) - 1
        for lag, sent in zip(lags, logits, strict=True):
            for index, wanted in enumerate(self._lags):
                if lag == wanted or (last and lag < wanted):
                    self._by_lag[index, epoch - lag] = np.frombuffer(sent, np.int8)

    def answer(self, answer: StageAnswer | None) -> None:
        if answer is not None:
            self._stages[answer.epoch] = answer.stage
            self._probabilities[answer.epoch] = answer.probability
            self._answered[answer.epoch] = True

    def night(self, stager: Stager) -> DeviceNight:
        if not self._answered.all():
            raise LinkError(f"the board left epoch {int(np.argmin(self._answered))} unanswered", "run it again")
        return DeviceNight(
            self._stages,
            self._probabilities,
            self._values,
            self._valid,
            self._rows,
            self._by_lag,
            self.refused,
            stager,
        )


def _requests(samples: Sequence[Sample]) -> Iterator[tuple[Sample, ...]]:
    """Samples of one kind each, as many as a request holds."""
    for kind in Kind:
        own = [sample for sample in samples if sample.kind is kind]
        for first in range(0, len(own), SAMPLES_MAX):
            yield tuple(own[first : first + SAMPLES_MAX])


def _wave_requests(wave: LiveWave, epoch: int) -> Iterator[tuple[int, int]]:
    """First sample and past the last one of each request for an epoch: without gaps, as many as one holds."""
    first, end = int(wave.first[epoch]), int(wave.first[epoch + 1])
    most = WAVE_BYTES // max(1, wave.values[:1].nbytes)
    gaps = np.flatnonzero(np.diff(wave.time_ns[first:end]) != wave.period_ns) + first + 1
    for begin, stop in zip([first, *gaps.tolist()], [*gaps.tolist(), end], strict=True):
        for at in range(begin, stop, most):
            yield at, min(at + most, stop)


def _parts(windows: Sequence[StepCount], kinds: Sequence[Kind], steps: int) -> dict[str, list[StepCount]]:
    """An epoch's windows by part: one per request of samples, the row, the network's steps, the decision."""
    if not windows:
        return {}
    expected = len(kinds) + 1 + steps + 1
    if len(windows) != expected:
        raise LinkError(f"the cycle model saw {len(windows)} windows in an epoch, expected {expected}", "run it again")
    parts: dict[str, list[StepCount]] = {}
    for kind, window in zip(kinds, windows, strict=False):
        parts.setdefault(PART_OF_KIND[kind], []).append(window)
    at = len(kinds)
    parts[FEATURES_PART] = [windows[at]]
    parts[NETWORK_PART] = list(windows[at + 1 : at + 1 + steps])
    parts[DECISION_PART] = [windows[at + 1 + steps]]
    return parts


# ---- the host ----


@dataclass(frozen=True)
class Judge:
    """What a model's output becomes a stage by.

    names: of its classes. temperature: of its probabilities. delay_epochs: the recommended delay.
    """

    decision: Decision
    scale: float
    temperature: float
    names: tuple[str, ...]
    delay_epochs: int

    @property
    def lags(self) -> tuple[int, ...]:
        """The delays that are looked at, in epochs: those of the table and the recommended one, ascending."""
        return tuple(sorted({*LAGS, self.delay_epochs}))

    @property
    def recommended(self) -> int:
        """Where the recommended delay stands in `lags`."""
        return self.lags.index(self.delay_epochs)

    def scores(self, night: LiveNight, logits: Int8Array) -> NDArray[np.int32]:
        """A night's logits int8 [epochs, classes] with the stage prior, if the watch knows the time."""
        known = self.decision if night.bedtime_ms is not None else plain_decision(len(self.names))
        return known.scores(logits, night.since_bedtime)

    def real(self, night: LiveNight, logits: Int8Array) -> NDArray[np.float32]:
        """The same as real logits, calibrated."""
        return (self.scores(night, logits) * np.float32(self.scale / self.temperature)).astype(np.float32)


def frame_now(rows: Int8Array, epoch: int, spec_epochs: int, zero_point: int) -> Int8Array:
    """The frame that ends with `epoch`: int8 [spec_epochs, features], zero_point before the first epoch."""
    known = rows[max(0, epoch + 1 - spec_epochs) : epoch + 1]
    frame = np.full((spec_epochs, rows.shape[1]), zero_point, np.int8)
    frame[spec_epochs - len(known) :] = known
    return frame


def by_lag(
    rows: Int8Array, model: CompiledModel, oracle: Oracle, classes: int, lags: Sequence[int] = LAGS
) -> Int8Array:
    """The reference's rows of each epoch when as many later epochs were closed: int8 [lags, epochs, classes].

    An epoch whose delay ends after the last one is read from the last frame.
    """
    epochs, length = len(rows), model.input.elements // rows.shape[1]
    tensor = model.layers[-1].tensor
    result = np.zeros((len(lags), epochs, classes), np.int8)
    for epoch in range(epochs):
        frame = frame_now(rows, epoch, length, model.input.zero_point).reshape(model.input.shape)
        output = oracle.run(frame)[tensor].reshape(length, classes)
        for index, lag in enumerate(lags):
            first = epoch - lag
            last = epochs - 1 if epoch == epochs - 1 else first
            for answered in range(max(0, first), last + 1):
                result[index, answered] = output[length - 1 - (epoch - answered)]
    return result


@dataclass(frozen=True)
class NightComparison:
    """Device against host over nights.

    parity: of the network's bytes, both given the device's rows. rows: features int8 that differ. masks: features that
    only one side masks. share: of features (by name) whose values lie within 0.02 of their spread. stages: share of
    epochs with the same answer; epochs: how many.
    """

    parity: Parity
    rows: int
    masks: int
    share: Mapping[str, float]
    stages: float
    epochs: int


CLOSE = 0.02


def compare_nights(
    nights: Sequence[LiveNight],
    device: Sequence[DeviceNight],
    device_reference: Sequence[Int8Array],
    host: Sequence[Int8Array],
    names: Sequence[str],
    judge: Judge,
) -> NightComparison:
    """device_reference: by_lag() of the device's rows. host: by_lag() of the host's. names: of the features."""
    parity = Parity()
    rows = masks = same = total = 0
    close = np.zeros(len(names))
    for night, answered, reference, own in zip(nights, device, device_reference, host, strict=True):
        parity += compare(answered.by_lag, reference)
        rows += int((answered.rows != night.rows).sum())
        masks += int((answered.valid != night.valid).sum())
        spread = np.array(
            [night.values[night.valid[:, i], i].std() if night.valid[:, i].any() else 1.0 for i in range(len(names))]
        )
        near = np.abs(answered.values - night.values) <= CLOSE * np.maximum(spread, 1e-9)
        close += (near & (answered.valid == night.valid)).sum(axis=0)
        same += int((host_stages(night, own, judge) == answered.stages).sum())
        total += night.epochs
    shares = {name: float(value) for name, value in zip(names, close / total, strict=True)}
    return NightComparison(parity, rows, masks, shares, same / total, total)


def host_stages(night: LiveNight, logits: Int8Array, judge: Judge) -> NDArray[np.int64]:
    """The host's answers at the recommended delay: [epochs], NO_ANSWER if off the wrist."""
    stages = judge.scores(night, logits[judge.recommended]).argmax(axis=-1)
    return np.where(off_wrist(night.pulse, judge.delay_epochs), NO_ANSWER, stages)


# ---- scores ----


def live_rows(
    nights: Sequence[LiveNight], logits: Sequence[Int8Array], judge: Judge, dataset: str
) -> list[dict[str, Any]]:
    """One row for each of DELAYS_MINUTES, every labelled epoch in each; empty if none is labelled.

    logits: by_lag() of each night, the device's or the host's.
    """
    rows = []
    for minutes, lag in zip(DELAYS_MINUTES, LAGS, strict=True):
        values = [judge.real(night, own[judge.lags.index(lag)]) for night, own in zip(nights, logits, strict=True)]
        report = _report(nights, values, judge.names, dataset)
        if report is None:
            return []
        kept = ("kappa", "accuracy", "epochs", "per_class")
        rows.append({"delay_minutes": minutes, **{key: report[key] for key in kept}})
    return rows


def device_accuracy(
    nights: Sequence[LiveNight], device: Sequence[DeviceNight], judge: Judge, dataset: str
) -> dict[str, Any] | None:
    """The `accuracy` object of the device's answers; None without labels.

    An unanswered epoch counts as the first class, which is wake: the watch does not say SLEEP there.
    """
    with np.errstate(divide="ignore"):
        values = [np.maximum(np.log(night.probabilities), UNLIKELY) for night in device]
    return _answered(nights, values, [night.stages for night in device], judge.names, dataset)


def host_accuracy(
    nights: Sequence[LiveNight], host: Sequence[Int8Array], judge: Judge, dataset: str
) -> dict[str, Any] | None:
    """The same of the host's answers. host: by_lag() of each night."""
    pairs = list(zip(nights, host, strict=True))
    stages = [host_stages(night, own, judge) for night, own in pairs]
    return _answered(
        nights, [judge.real(night, own[judge.recommended]) for night, own in pairs], stages, judge.names, dataset
    )


def _answered(
    nights: Sequence[LiveNight],
    values: Iterable[NDArray[Any]],
    stages: Sequence[NDArray[np.int64]],
    names: Sequence[str],
    dataset: str,
) -> dict[str, Any] | None:
    wake = np.array([0.0, *([UNLIKELY] * (len(names) - 1))])
    filled = [np.where((own == NO_ANSWER)[:, None], wake, real) for real, own in zip(values, stages, strict=True)]
    report = _report(nights, filled, names, dataset)
    if report is not None:
        report["unanswered"] = int(sum((own == NO_ANSWER).sum() for own in stages))
    return report


def _report(
    nights: Sequence[LiveNight], values: Sequence[NDArray[Any]], names: Sequence[str], dataset: str
) -> dict[str, Any] | None:
    labels = np.concatenate([night.labels for night in nights])[None]
    mask = labels >= 0
    if not mask.any():
        return None
    logits = np.concatenate(values)[None].astype(np.float32)
    return accuracy_report(dataset, logits, labels, mask, names, [night.subject for night in nights])
