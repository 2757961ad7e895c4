"""Scoring a model on recordings by LiteRT's reference kernels. Needs no TensorFlow."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktools.datasets.registry import Skipped
from sktools.errors import UsageError
from sktools.features.evaluation_set import EvaluationSet, evaluation_set
from sktools.metrics.classification import accuracy_report, cohen_kappa, confusion_matrix
from sktools.metrics.reference import reference_logits
from sktools.training.progress import Progress, ProgressCallback, silent
from sktools.zoo import METRICS_FILE, ModelRef


def evaluate(
    model: ModelRef,
    dataset: str,
    folder: Path | None = None,
    include_training: bool = False,
    subjects: Iterable[str] | None = None,
    progress: ProgressCallback = silent,
) -> dict[str, Any]:
    """The `accuracy` object of a model on a data set, with how the subjects were chosen.

    Every subject that the model was not trained on is scored, each epoch once; see evaluation_set for the options.
    Beyond the keys of `accuracy`: by_subject, left_out, training_included, skipped, synthetic.
    Raises UsageError where no config.yaml stands beside the .tflite, and what evaluation_set raises.
    """
    if model.config is None:
        raise UsageError(
            f"{model.tflite}: no config.yaml beside it tells its features and classes",
            "give a zoo name or a model folder",
        )

    def note(item: Skipped) -> None:
        progress(Progress("skip", message=f"{item.dataset} {item.subject}: {item.reason}"))

    progress(Progress("read", message=f"reading {dataset}"))
    chosen = evaluation_set(
        model.config, dataset, folder, model.folder / METRICS_FILE, include_training, subjects, on_skip=note
    )
    logits = reference_logits(
        model.tflite.read_bytes(),
        chosen.features,
        lambda done, total: progress(Progress("evaluate", done, total, message=dataset)),
    )
    return scored(chosen, logits, model.config.classes.names)


def scored(chosen: EvaluationSet, logits: NDArray[np.float32], class_names: Iterable[str]) -> dict[str, Any]:
    """The `accuracy` object of logits [n, epochs, classes] on an evaluation set, with its subjects one by one."""
    names = tuple(class_names)
    report = accuracy_report(chosen.dataset, logits, chosen.labels, chosen.mask, names, chosen.subjects)
    report["by_subject"] = by_subject(chosen, logits)
    report["left_out"] = chosen.left_out
    report["training_included"] = list(chosen.training_included)
    report["skipped"] = [{"subject": item.subject, "reason": item.reason} for item in chosen.skipped]
    report["synthetic"] = chosen.synthetic
    return report


def by_subject(chosen: EvaluationSet, logits: NDArray[np.float32]) -> dict[str, dict[str, float]]:
    """Accuracy and kappa of each subject that has a scored epoch."""
    owners = np.array(chosen.frame_subjects)
    result = {}
    for subject in chosen.subjects:
        mine = owners == subject
        mask = chosen.mask[mine]
        if not mask.any():
            continue
        confusion = confusion_matrix(chosen.labels[mine][mask], logits[mine][mask].argmax(axis=-1), logits.shape[-1])
        result[subject] = {
            "epochs": float(mask.sum()),
            "accuracy": float(np.trace(confusion) / confusion.sum()),
            "kappa": cohen_kappa(confusion),
        }
    return result
