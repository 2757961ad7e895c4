"""Samples to a board's stager and stages back, as firmware/runtime/sk_stage_server.c reads and writes them."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from sktools.errors import LinkError
from sktools.link.client import Client
from sktools.link.framing import PAYLOAD_MAX
from sktools.link.messages import MessageType, PayloadReader

FEATURES = 14
NO_ANSWER = -1
_SAMPLE = struct.Struct("<Bif")
SAMPLES_MAX = (PAYLOAD_MAX - 8) // _SAMPLE.size
LAGS_MAX = 64
WAVE_BYTES = PAYLOAD_MAX - 17
NS_PER_MS = 1_000_000
STEP_G = 1 / 4096
"""Of acceleration on the line."""


class Kind(IntEnum):
    """What a sample is of."""

    HEART_RATE = 0
    COUNT = 1
    SPO2 = 2
    PPG = 3
    ACCELERATION = 4


class Sensor(IntEnum):
    """Bits of StageAnswer.sensors."""

    HEART_RATE = 1
    COUNTS = 2
    CLOCK = 4
    PPG = 8
    ACCELERATION = 16
    SPO2 = 32


@dataclass(frozen=True)
class Sample:
    """kind: of the value. time_ms: on the board's clock. value: bpm, or counts of an epoch."""

    kind: Kind
    time_ms: int
    value: float


@dataclass(frozen=True)
class Stager:
    """What the board's stager is. bytes: of its state. delay_epochs: between an epoch and its answer."""

    bytes: int
    delay_epochs: int
    classes: int


@dataclass(frozen=True)
class Outcomes:
    """What became of the samples of one request, and what the board's step counter counted for them."""

    taken: int
    late: int
    early: int
    refused: int
    counter: int


@dataclass(frozen=True)
class StageAnswer:
    """stage: class index, NO_ANSWER if the watch was off the wrist. delay_epochs: later epochs that were closed then.

    probability: by class, all 0 without an answer.
    """

    epoch: int
    stage: int
    sensors: int
    delay_epochs: int
    probability: tuple[float, ...]


@dataclass(frozen=True)
class EpochReply:
    """What the board did with an epoch.

    closed: whether the open epoch was over. ran: whether the network ran on the newest frame.
    open_epoch: the one that is open now. valid: bits of `row`, the newest closed epoch's features.
    quantised: the same, normalised, int8. logits: int8 bytes by asked lag; empty if the network did not run.
    answer: of the epoch that was due. row_counter, network_counter, decision_counter: what the board's step counter
    counted.
    """

    closed: bool
    ran: bool
    open_epoch: int
    valid: int
    row: tuple[float, ...]
    quantised: bytes
    row_counter: int
    network_counter: int
    decision_counter: int
    logits: tuple[bytes, ...]
    answer: StageAnswer | None


class StageLink:
    """A night's conversation with the stager of a board that is connected."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._classes = 0

    def begin(self, start_ms: int, bedtime_ms: int | None, *, raw: bool = False) -> Stager:
        """Starts a night; epoch 0 begins at start_ms. raw: waves will come.

        Raises LinkError if the firmware has no stager.
        """
        flags = (1 if bedtime_ms is not None else 0) | (2 if raw else 0)
        payload = struct.pack("<qBq", start_ms, flags, bedtime_ms or 0)
        found = Stager(*PayloadReader(self._client.ask(MessageType.STAGE_BEGIN, payload)).take("IHB"))
        self._classes = found.classes
        return found

    def push(self, samples: Sequence[Sample]) -> Outcomes:
        """Gives samples (SAMPLES_MAX at most) to the stager. Raises LinkError."""
        if not 0 < len(samples) <= SAMPLES_MAX:
            raise LinkError(f"{len(samples)} samples in one request, 1 to {SAMPLES_MAX} are possible")
        base = samples[0].time_ms
        payload = struct.pack("<q", base) + b"".join(
            _SAMPLE.pack(sample.kind, sample.time_ms - base, sample.value) for sample in samples
        )
        return Outcomes(*PayloadReader(self._client.ask(MessageType.STAGE_SAMPLES, payload)).take("HHHHI"))

    def wave(self, kind: Kind, time_ns: int, period_ns: int, values: bytes) -> Outcomes:
        """Gives samples of a wave at a fixed rate to the stager, WAVE_BYTES at most.

        time_ns: of the first sample on the board's clock. values: f32 for PPG, 3 i16 per sample for acceleration, in
        steps of STEP_G. Raises LinkError.
        """
        payload = struct.pack("<qIIB", time_ns // NS_PER_MS, time_ns % NS_PER_MS, period_ns, kind) + values
        return Outcomes(*PayloadReader(self._client.ask(MessageType.STAGE_WAVE, payload)).take("HHHHI"))

    def epoch(self, now_ms: int, lags: Sequence[int] = (), *, worn: bool = True) -> EpochReply:
        """Lets the board close the open epoch if it is over. lags: rows of the network's output to send, as epochs
        before the newest. Raises LinkError.
        """
        return self._epoch(now_ms, (1 if worn else 0), lags)

    def rest(self, now_ms: int) -> StageAnswer | None:
        """At the end of a night: the next epoch that is not answered yet, None when there is none. Raises LinkError."""
        return self._epoch(now_ms, 1 | 2, ()).answer

    def _epoch(self, now_ms: int, flags: int, lags: Sequence[int]) -> EpochReply:
        payload = struct.pack("<qBB", now_ms, flags, len(lags)) + bytes(lags)
        reader = PayloadReader(self._client.ask(MessageType.STAGE_EPOCH, payload, runs=True))
        what, open_epoch, valid = reader.take("BIH")
        row = reader.floats(FEATURES)
        quantised = reader.bytes(FEATURES)
        row_counter, network_counter, decision_counter = reader.take("III")
        ran = bool(what & 2)
        logits = tuple(reader.bytes(self._classes) for _ in lags) if ran else ()
        answer = None
        if what & 4:
            epoch, stage, sensors, delay = reader.take("IbBH")
            answer = StageAnswer(epoch, stage, sensors, delay, reader.floats(self._classes))
        return EpochReply(
            closed=bool(what & 1),
            ran=ran,
            open_epoch=open_epoch,
            valid=valid,
            row=row,
            quantised=quantised,
            row_counter=row_counter,
            network_counter=network_counter,
            decision_counter=decision_counter,
            logits=logits,
            answer=answer,
        )
