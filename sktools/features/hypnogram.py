"""Hypnograms of a model's answers: one row an epoch, for those who want the stages and not the score."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from sktools.features.evaluation_set import EvaluationSet
from sktools.features.frames import NO_CLASS
from sktools.model_config import EPOCH_SECONDS


@dataclass(frozen=True)
class HypnogramEpoch:
    """One epoch of one night.

    time: clock time of its start, ISO 8601, empty if the recording does not have one. measured: whether a sensor gave a
    feature of this epoch; if not, the answer rests on its neighbours alone. true: the label, empty if there is none.
    probabilities: one per class, summing to 1.
    """

    subject: str
    epoch: int
    time: str
    stage: str
    measured: bool
    true: str
    probabilities: tuple[float, ...]


def hypnogram(
    evaluation: EvaluationSet, logits: NDArray[np.float32], classes: Sequence[str]
) -> Iterator[HypnogramEpoch]:
    """The epochs of each night, padding left out, in the order of the evaluation set.

    logits: [n, epochs, classes] of its first n frames; nights beyond them are left out or cut short.
    """
    answered = logits.reshape(len(logits), -1, len(classes)).astype(np.float64)
    answered -= answered.max(axis=-1, keepdims=True)
    probabilities = np.exp(answered)
    probabilities /= probabilities.sum(axis=-1, keepdims=True)
    length = probabilities.shape[1]
    reached: dict[str, int] = {}
    nights = {night.subject: night for night in evaluation.nights}
    for frame, subject in enumerate(evaluation.frame_subjects[: len(logits)]):
        night = nights[subject]
        first = reached.get(subject, 0)
        reached[subject] = first + length
        begin = datetime.fromisoformat(night.start) if night.start else None
        for row in range(min(length, len(night.measured) - first)):
            epoch = first + row
            label = int(evaluation.labels[frame, row])
            yield HypnogramEpoch(
                subject=subject,
                epoch=epoch,
                time=(begin + timedelta(seconds=epoch * EPOCH_SECONDS)).isoformat() if begin else "",
                stage=classes[int(probabilities[frame, row].argmax())],
                measured=bool(night.measured[epoch]),
                true=classes[label] if label != NO_CLASS else "",
                probabilities=tuple(probabilities[frame, row].tolist()),
            )


def nights_of(epochs: Iterable[HypnogramEpoch]) -> list[list[HypnogramEpoch]]:
    """The epochs night by night."""
    return [list(rows) for _, rows in groupby(epochs, key=lambda row: row.subject)]
