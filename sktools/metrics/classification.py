"""How well logits agree with scored stages: the `accuracy` object of a result bundle."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktools.errors import DataError


def confusion_matrix(labels: NDArray[np.int64], predicted: NDArray[np.int64], classes: int) -> NDArray[np.int64]:
    """Counts [true class, predicted class]."""
    matrix = np.zeros((classes, classes), np.int64)
    np.add.at(matrix, (labels, predicted), 1)
    return matrix


def cohen_kappa(confusion: NDArray[np.int64]) -> float:
    """Agreement beyond chance (Cohen 1960); 0 where chance agreement is already complete."""
    total = float(confusion.sum())
    agreement = float(np.trace(confusion)) / total
    chance = float((confusion.sum(axis=0) * confusion.sum(axis=1)).sum()) / total**2
    return (agreement - chance) / (1 - chance) if chance < 1 else 0.0


def plain_accuracy(confusion: NDArray[np.int64]) -> float:
    """Share of epochs on the diagonal."""
    return float(np.trace(confusion) / confusion.sum())


def per_class_scores(
    confusion: NDArray[np.int64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Precision, recall and F1 of each class; 0 where a class is never predicted or never present."""
    hits = np.diag(confusion).astype(float)
    predicted, support = confusion.sum(axis=0), confusion.sum(axis=1)
    precision = np.divide(hits, predicted, out=np.zeros_like(hits), where=predicted > 0)
    recall = np.divide(hits, support, out=np.zeros_like(hits), where=support > 0)
    both = precision + recall
    return precision, recall, np.divide(2 * precision * recall, both, out=np.zeros_like(hits), where=both > 0)


def weighted_f1(confusion: NDArray[np.int64]) -> float:
    """F1 of the classes, weighted by their support."""
    support = confusion.sum(axis=1)
    return float((per_class_scores(confusion)[2] * support).sum() / support.sum())


def average_precision(logits: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    """Area under the precision-recall curve, one class against the rest, mean over the classes that occur.

    logits: [n, classes]. labels: [n].
    """
    exponent = np.exp(logits.astype(float) - logits.max(axis=1, keepdims=True))
    share = exponent / exponent.sum(axis=1, keepdims=True)
    present = [target for target in range(logits.shape[1]) if np.any(labels == target)]
    return float(np.mean([_average_precision(labels == target, share[:, target]) for target in present]))


def _average_precision(positive: NDArray[np.bool_], score: NDArray[np.float64]) -> float:
    """Sum over thresholds of precision times the recall gained: scikit-learn's average_precision_score, to the bit.

    positive: [n], at least one True. score: [n]. Importing scikit-learn for this one sum takes seconds.
    """
    order = np.argsort(score, kind="stable")[::-1]
    ordered = score[order]
    # Equal scores share a threshold: only the last of each counts.
    last = np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1)
    hits = np.cumsum(positive[order])[last]
    precision, recall = hits / (last + 1), hits / hits[-1]
    # From the lowest threshold to the highest, as scikit-learn adds, so that the rounding is the same.
    return float(max(0.0, -np.sum(np.diff(np.append(recall[::-1], 0.0)) * precision[::-1])))


def accuracy_report(
    dataset: str,
    logits: NDArray[np.float32],
    labels: NDArray[np.int64],
    mask: NDArray[np.bool_],
    class_names: Sequence[str],
    subjects: Iterable[str],
) -> dict[str, Any]:
    """The `accuracy` object: accuracy, weighted f1, kappa, average precision (macro), per class, confusion.

    logits: [n, epochs, classes]. labels: int [n, epochs]. mask: bool [n, epochs], True where an epoch counts.
    subjects: ids scored. confusion: rows are true classes, in the order of class_names.
    Raises DataError where shapes do not fit or no epoch counts.
    """
    if logits.shape[:2] != labels.shape or labels.shape != mask.shape or logits.shape[2] != len(class_names):
        raise DataError(
            f"logits {list(logits.shape)}, labels {list(labels.shape)}, mask {list(mask.shape)} "
            f"and {len(class_names)} classes do not fit together"
        )
    if not mask.any():
        raise DataError(f"data set '{dataset}': no epoch to score")
    scores, truth = logits[mask], labels[mask]
    confusion = confusion_matrix(truth, scores.argmax(axis=1), len(class_names))
    precision, recall, f1 = per_class_scores(confusion)
    support = confusion.sum(axis=1)
    return {
        "dataset": dataset,
        "subjects": list(subjects),
        "frames": len(logits),
        "epochs": int(mask.sum()),
        "accuracy": plain_accuracy(confusion),
        "f1": weighted_f1(confusion),
        "kappa": cohen_kappa(confusion),
        "average_precision": average_precision(scores, truth),
        "per_class": {
            name: {
                "precision": float(precision[index]),
                "recall": float(recall[index]),
                "f1": float(f1[index]),
                "support": int(support[index]),
            }
            for index, name in enumerate(class_names)
        },
        "confusion": confusion.tolist(),
    }
