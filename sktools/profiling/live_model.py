"""What a model's configuration says to its stager."""

from __future__ import annotations

import numpy as np

from sktools.build.stager import FEATURE_SETS, StagerFacts, with_stager
from sktools.compiler.compiled import CompiledModel
from sktools.datasets.recording import Recording
from sktools.errors import UsageError
from sktools.features.feature_set import find_feature_set
from sktools.model_config import EPOCH_SECONDS, ModelConfig

DEFAULT_DELAY_MINUTES = 5.0


def stager_facts(config: ModelConfig, delay_minutes: float = DEFAULT_DELAY_MINUTES) -> StagerFacts:
    """The constants of a model's stager.

    Raises UsageError if its features cannot be computed as the samples come, or are normalised over the whole night.
    """
    name = config.features.set
    if name not in FEATURE_SETS:
        raise UsageError(
            f"{config.name}: its feature set {name} has no live form in C; the network alone can be exported and run",
            f"a model with the features {', '.join(FEATURE_SETS)}: sktools zoo list",
        )
    prior = config.features.prior
    if config.features.normalisation != "causal" or prior is None:
        raise UsageError(
            f"{config.name}: its features are normalised over the whole night, which a watch does not know",
            "features.normalisation: causal",
        )
    fixed = find_feature_set(name).extract(Recording("none", "none", np.zeros(1, np.int8))).fixed
    mean, std = list(prior.mean), list(prior.std)
    for column, (centre, spread) in fixed.items():
        mean[column], std[column] = centre, spread
    return StagerFacts(
        classes=config.classes.names,
        delay_epochs=round(delay_minutes * 60 / EPOCH_SECONDS),
        clip=config.features.clip,
        mean=tuple(mean),
        std=tuple(std),
        prior_epochs=prior.epochs,
        fixed=sum(1 << column for column in fixed),
    )


def with_live_stager(model: CompiledModel, config: ModelConfig) -> CompiledModel:
    """The model with its stager. Raises UsageError as stager_facts() and with_stager() do."""
    return with_stager(model, config, stager_facts(config))
