"""What a model loses where a watch normalises its features while the night lasts: running statistics from a prior."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from sktools.datasets.registry import Dataset
from sktools.features.evaluation_set import evaluation_set
from sktools.features.feature_set import find_feature_set
from sktools.features.prior import fit_prior
from sktools.metrics.reference import reference_logits
from sktools.model_config import ModelConfig, PriorConfig
from sktools.training.evaluation import scored

SCORES = ("accuracy", "f1", "kappa")


def training_prior(config: ModelConfig, seen: Sequence[tuple[Dataset, Sequence[str]]]) -> PriorConfig:
    """The prior of a configuration's features. seen: data sets, each with the subjects that may be seen."""
    feature_set = find_feature_set(config.features.set)
    return fit_prior(
        [feature_set.extract(night) for dataset, subjects in seen for night in dataset.recordings(subjects)]
    )


def causal_scores(content: bytes, config: ModelConfig, dataset: Dataset, subjects: Sequence[str]) -> dict[str, float]:
    """accuracy, f1 and kappa of a .tflite on some subjects, its features normalised causally from the configuration's
    prior, whatever normalisation it was trained on.

    Raises UsageError where the configuration has no prior.
    """
    features = dataclasses.replace(config.features, normalisation="causal")
    chosen = evaluation_set(dataclasses.replace(config, features=features), dataset, subjects=subjects)
    report = scored(chosen, reference_logits(content, chosen.features), config.classes)
    return {name: report[name] for name in SCORES}
