"""Scores a trained model again: its held-out people, beside the clock and the trees of the people it was trained on."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sktools.datasets.registry import Dataset
from sktools.errors import DataError, UsageError
from sktools.features.evaluation_set import evaluation_set, load_nights
from sktools.features.frames import Night
from sktools.metrics.clock import CLOCK_FILE, Clock, fit_clock, read_clock, write_clock
from sktools.model_config import ModelConfig
from sktools.partial import replace_file, utf8
from sktools.training.evaluation import evaluate
from sktools.training.model_card import model_card
from sktools.training.progress import Progress, ProgressCallback, silent
from sktools.training.split import Split
from sktools.training.yardsticks import training_data_sets, training_trees, yardsticks
from sktools.zoo import METRICS_FILE, ModelRef

CARD_FILE = "README.md"
Opener = Callable[[Sequence[str]], Sequence[Dataset]]


def rescore(model: ModelRef, opener: Opener, progress: ProgressCallback = silent) -> dict[str, Any]:
    """Scores the int8 and the float network on the held-out subjects of metrics.json, and writes metrics.json and the
    model card again. Weights and configuration stay as they are.

    A model without clock.json gets one, fitted on its training people, without a stage prior: what the model answers
    does not change. opener: opens the data sets of these names.
    Raises UsageError for a model that was not trained here, and what reading the data sets raises.
    """
    config, path = model.config, model.folder / METRICS_FILE
    if config is None or model.float_tflite is None:
        raise UsageError(f"{model.folder}: holds no model that `sktools train` wrote", "sktools zoo list")
    metrics = _metrics(path)
    datasets = opener(list(metrics["int8"]))
    learned = [dataset for dataset in datasets if dataset.name in training_data_sets(path)]
    clock = read_clock(model.folder, config.classes.names)
    if clock is None:
        clock = _fit(config, metrics, learned, progress)
        write_clock(model.folder / CLOCK_FILE, clock)
    float_model = replace(model, tflite=model.float_tflite)
    for dataset in datasets:
        held_out = metrics["held_out"][dataset.name]
        trees, people = training_trees(config, path, [dataset], progress)
        progress(Progress("read", message=f"scoring {model.name} on {dataset.name}"))
        chosen = evaluation_set(config, dataset, subjects=held_out)
        beside = yardsticks(chosen, config.classes, clock, trees, people)
        for kind, network in (("int8", model), ("float", float_model)):
            score = evaluate(network, dataset, subjects=held_out, live=config.live is not None and kind == "int8")
            metrics[kind][dataset.name] = {**score, "yardsticks": beside}
        drop = metrics["float"][dataset.name]["f1"] - metrics["int8"][dataset.name]["f1"]
        metrics["f1_drop"][dataset.name] = drop
    replace_file(path, utf8(json.dumps(metrics, indent=2) + "\n"))
    splits = [_split(metrics, dataset.name) for dataset in datasets]
    replace_file(model.folder / CARD_FILE, utf8(model_card(config, datasets, splits, metrics)))
    return metrics


def _metrics(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        for key in ("int8", "float", "held_out", "training_subjects", "validation_subjects", "f1_drop"):
            if not isinstance(document[key], dict):
                raise TypeError(key)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataError(f"{path}: is not what `sktools train` writes ({error})") from error
    found: dict[str, Any] = document
    return found


def _fit(
    config: ModelConfig, metrics: Mapping[str, Any], learned: Sequence[Dataset], progress: ProgressCallback
) -> Clock:
    nights: list[Night] = []
    for dataset in learned:
        progress(Progress("read", message=f"fitting the clock on the training people of {dataset.name}"))
        nights += load_nights(config, dataset, metrics["training_subjects"][dataset.name])
    labels, bedtimes = [night.labels for night in nights], [night.bedtime for night in nights]
    return fit_clock(labels, config.classes.names, bedtimes, weight=0.0)


def _split(metrics: Mapping[str, Any], dataset: str) -> Split:
    validation = metrics["validation_subjects"][dataset]
    train = [subject for subject in metrics["training_subjects"][dataset] if subject not in set(validation)]
    return Split(dataset, tuple(train), tuple(validation), tuple(metrics["held_out"][dataset]))
