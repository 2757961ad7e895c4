"""Scores int8 answers against the labels of an evaluation set, the device's beside the host's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktools.compiler.compiled import TensorSpec
from sktools.features.evaluation_set import EvaluationSet
from sktools.metrics.classification import accuracy_report
from sktools.metrics.clock import Clock
from sktools.metrics.lights import NO_LIGHTS, LightsTimes
from sktools.metrics.live import DELAYS_MINUTES, live_row
from sktools.metrics.sleep import Stages, compare_nights, sleep_agreement
from sktools.metrics.yardsticks import CLOCK, MAJORITY, TREES, clock_alone, majority, not_computed
from sktools.profiling.answers import PLAIN, Answering, placed
from sktools.profiling.parity import Int8Array

EPOCH_SECONDS = 30


def score(
    evaluation: EvaluationSet,
    device: Int8Array,
    host: Int8Array,
    spec: TensorSpec,
    classes: Sequence[str],
    clock: Clock | None = None,
    answering: Answering = PLAIN,
) -> dict[str, Any] | None:
    """The `accuracy` object of profile.json; None where no epoch of the frames that were run is labelled.

    device, host: int8 [n, *model output] of the evaluation set's first n frames. clock: the model's.
    answering: how outputs become answers; with a delay, device and host are of the nights' rolling frames, and `live`
    has a row for each delay.
    """
    minutes = answering.delay_minutes
    answers = placed(evaluation, device, len(classes), minutes)
    if answering.live is not None and evaluation.mask.any():
        rows = [
            live_row(
                delay,
                answering.logits(evaluation, placed(evaluation, device, len(classes), delay), spec),
                evaluation.labels,
                evaluation.mask,
                classes,
            )
            for delay in DELAYS_MINUTES
        ]
    else:
        rows = []
    count = len(answers)
    mask = evaluation.mask[:count]
    if not mask.any():
        return None
    ran = set(evaluation.frame_subjects[:count])
    labelled = {subject for subject, known in zip(evaluation.frame_subjects, mask, strict=False) if known.any()}
    subjects = [subject for subject in evaluation.subjects if subject in labelled]

    def report(outputs: Int8Array) -> dict[str, Any]:
        logits = answering.logits(evaluation, outputs, spec)
        return accuracy_report(evaluation.dataset, logits, evaluation.labels[:count], mask, classes, subjects)

    reference = report(placed(evaluation, host, len(classes), minutes))
    return {
        **report(answers),
        "decision": answering.told(),
        **({"live": rows} if rows else {}),
        "yardsticks": {
            MAJORITY: majority(evaluation.labels[:count], mask, classes),
            CLOCK: clock_alone(
                clock, evaluation.epochs_since_bedtime()[:count], evaluation.labels[:count], mask, classes
            ),
            TREES: not_computed("sktools evaluate MODEL --baselines --training-data DIR scores them on this machine"),
        },
        "unlabelled_subjects": [name for name in evaluation.subjects if name in ran - labelled],
        "missing": list(evaluation.missing),
        "synthetic": evaluation.synthetic,
        "left_out": evaluation.left_out,
        "training_included": [subject for subject in evaluation.training_included if subject in ran],
        "skipped": [{"subject": item.subject, "reason": item.reason} for item in evaluation.skipped],
        "host": {name: value for name, value in reference.items() if name not in ("dataset", "subjects", "frames")},
    }


def nights(evaluation: EvaluationSet, device: NDArray[np.generic]) -> list[dict[str, Any]]:
    """Per subject the true stages and the device's answers, one class index an epoch, -1 where not scored.

    device: outputs or logits [n, *model output] of the first n frames. A night that was cut short by n has its first
    epochs. It ends with its last label; one without labels with its recording.
    """
    lengths = {night.subject: len(night.measured) for night in evaluation.nights}
    count = len(device)
    length = evaluation.labels.shape[1]
    answers = device.reshape(count, length, -1).argmax(axis=-1)
    found: dict[str, tuple[list[np.ndarray], list[np.ndarray]]] = {}
    for index, subject in enumerate(evaluation.frame_subjects[:count]):
        true, answered = found.setdefault(subject, ([], []))
        true.append(np.where(evaluation.mask[index], evaluation.labels[index], -1))
        answered.append(answers[index])
    result = []
    for subject, (true, answered) in found.items():
        stages, predicted = np.concatenate(true), np.concatenate(answered)
        scored = np.flatnonzero(stages >= 0)
        end = int(scored[-1]) + 1 if len(scored) else lengths.get(subject, 0)
        result.append(
            {"subject": subject, "true": stages[:end].tolist(), "device": predicted[:end].astype(int).tolist()}
        )
    return result


def sleep(
    evaluation: EvaluationSet, found: Sequence[Mapping[str, Any]], stages: Stages, lights: LightsTimes = NO_LIGHTS
) -> dict[str, Any]:
    """Sleep statistics of the device's answers: `nights`, one by one, and `agreement` with the labels over nights.

    found: as nights() returns them. Each of `nights` has `subject`, `true` (null without labels) and `predicted`.
    """
    starts = {night.subject: night.start for night in evaluation.nights}
    rows = []
    for night in found:
        if night["device"]:
            subject = str(night["subject"])
            true, device = np.array(night["true"], np.int64), np.array(night["device"], np.int64)
            rows.append(
                {
                    "subject": subject,
                    **compare_nights(true, device, stages, lights.of(subject, starts.get(subject, ""))),
                }
            )
    return {"nights": rows, "agreement": sleep_agreement(rows)}
