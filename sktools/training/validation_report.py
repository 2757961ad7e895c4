"""The figures of a cross-validation: pooled over people, by person, and one way to answer against another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktools.metrics.agreement import seeds_interval
from sktools.metrics.calibration import expected_calibration_error, fit_temperature, probabilities
from sktools.metrics.classification import (
    cohen_kappa,
    confusion_matrix,
    per_class_scores,
    plain_accuracy,
    weighted_f1,
)
from sktools.model_config import EPOCH_SECONDS
from sktools.training.validation import ALONE, CLOCK, Validated


def confusions(runs: Sequence[Validated], way: str, classes: int) -> NDArray[np.int64]:
    """[seeds, people, classes, classes], people in the reader's order; those without a scored epoch are all 0."""
    found = np.zeros((len(runs), len(runs[0].subjects), classes, classes), np.int64)
    for seed, run in enumerate(runs):
        for person, subject in enumerate(run.subjects):
            truth, answers = run.labels[subject], run.answers[way][subject].argmax(axis=1)
            scored = truth >= 0
            found[seed, person] = confusion_matrix(truth[scored], answers[scored], classes)
    return found


def report(runs: Sequence[Validated], names: Sequence[str]) -> dict[str, Any]:
    """The document of a model's cross-validation: `ways`, each with its figures (mean over the seeds), by person too.

    names: of the classes. Against the clock alone every other way has a paired 95 % interval over people.
    """
    tables = {way: confusions(runs, way, len(names)) for way in runs[0].answers}
    clock = tables[CLOCK]
    ways = {}
    for way, table in tables.items():
        ways[way] = figures(table, names, runs[0].subjects)
        if way != CLOCK:
            ways[way]["above_clock"] = difference(table, clock)
    return {
        "seeds": [run.seed for run in runs],
        "folds": [list(fold) for fold in runs[0].folds],
        "epochs": int(clock[0].sum()),
        "ways": ways,
        "calibration": calibration(runs),
    }


def figures(table: NDArray[np.int64], names: Sequence[str], subjects: Sequence[str]) -> dict[str, Any]:
    """Of one way. table: [seeds, people, classes, classes]. kappa and the like are means over the seeds.

    minutes: mean over people of the distance between a stage's answered and true minutes; share_error: the same as a
    share of the person's scored time.
    """
    pooled = table.sum(axis=1)
    recall = np.mean([per_class_scores(confusion)[1] for confusion in pooled], axis=0)
    there = table[0].sum(axis=(1, 2)) > 0
    away = np.abs(table.sum(axis=2) - table.sum(axis=3))[:, there]
    share = away / table[:, there].sum(axis=(2, 3))[..., None]
    low, high = seeds_interval(table, cohen_kappa)
    return {
        "kappa": _mean(pooled, cohen_kappa),
        "interval": [low, high],
        "kappa_by_seed": [cohen_kappa(confusion) for confusion in pooled],
        "accuracy": _mean(pooled, plain_accuracy),
        "f1": _mean(pooled, weighted_f1),
        "per_class": {
            name: {
                "recall": float(recall[index]),
                "minutes": float(away[..., index].mean() * EPOCH_SECONDS / 60),
                "share_error": float(share[..., index].mean()),
            }
            for index, name in enumerate(names)
        },
        "by_subject": {
            subject: {"epochs": int(table[0, person].sum()), "kappa": _mean(table[:, person], cohen_kappa)}
            for person, subject in enumerate(subjects)
            if there[person]
        },
    }


def difference(one: NDArray[np.int64], other: NDArray[np.int64]) -> dict[str, Any]:
    """Kappa of one way less that of another on the same people, with a paired 95 % interval over people.

    one, other: [seeds, people, classes, classes]; the seeds need not be as many.
    """
    low, high = seeds_interval(one, cohen_kappa, other)
    value = _mean(one.sum(axis=1), cohen_kappa) - _mean(other.sum(axis=1), cohen_kappa)
    return {"kappa": value, "interval": [low, high]}


def calibration(runs: Sequence[Validated]) -> dict[str, float]:
    """temperature: that of all answers. error_before, error: expected calibration error without it, and by folds, each
    fold divided by the temperature of the other folds' answers. Means over the seeds.
    """
    found = []
    for run in runs:
        logits = [np.concatenate([_scored(run, subject)[0] for subject in fold]) for fold in run.folds]
        labels = [np.concatenate([_scored(run, subject)[1] for subject in fold]) for fold in run.folds]
        shares = []
        for fold, mine in enumerate(logits):
            rest = [index for index in range(len(logits)) if index != fold]
            others = fit_temperature(
                np.concatenate([logits[i] for i in rest]), np.concatenate([labels[i] for i in rest])
            )
            shares.append(probabilities(mine, others))
        truth = np.concatenate(labels)
        found.append(
            (
                fit_temperature(np.concatenate(logits), truth),
                expected_calibration_error(probabilities(np.concatenate(logits)), truth),
                expected_calibration_error(np.concatenate(shares), truth),
            )
        )
    temperature, before, after = np.mean(found, axis=0)
    return {"temperature": float(temperature), "error_before": float(before), "error": float(after)}


def _scored(run: Validated, subject: str) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    mask = run.labels[subject] >= 0
    return run.answers[ALONE][subject][mask], run.labels[subject][mask]


def _mean(tables: NDArray[np.int64], statistic: Any) -> float:
    return float(np.mean([statistic(confusion) for confusion in tables]))


def rows(document: Mapping[str, Any]) -> list[list[str]]:
    """The document's ways as rows of a table: way, kappa, interval, above the clock, accuracy, recalls, minutes."""
    table = []
    for way, found in document["ways"].items():
        above = found.get("above_clock")
        table.append(
            [
                way,
                f"{found['kappa']:.3f}",
                "{:.3f} to {:.3f}".format(*found["interval"]),
                "" if above is None else "{:+.3f} ({:+.3f} to {:+.3f})".format(above["kappa"], *above["interval"]),
                f"{found['accuracy']:.3f}",
                ", ".join(f"{name} {row['recall']:.2f}" for name, row in found["per_class"].items()),
                f"{max(row['share_error'] for row in found['per_class'].values()) * 100:.0f} %",
            ]
        )
    return table
