"""What a model's configuration says to its stager."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sktools.build.stager import FEATURE_SETS, StagerFacts, with_stager
from sktools.compiler.compiled import CompiledModel
from sktools.datasets.recording import Recording
from sktools.errors import UsageError
from sktools.features.feature_set import find_feature_set
from sktools.metrics.clock import read_clock
from sktools.metrics.decision import Decision, decision_of
from sktools.model_config import LiveConfig, ModelConfig

DEFAULT_LIVE = LiveConfig(5.0, "a model that recommends no delay")


def stager_facts(config: ModelConfig, decision: Decision) -> StagerFacts:
    """The constants of a model's stager. decision: of its output.

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
        delay_epochs=(config.live or DEFAULT_LIVE).delay_epochs,
        clip=config.features.clip,
        temperature=config.temperature,
        prior=tuple(tuple(row) for row in decision.prior.tolist()),
        epochs_per_row=decision.epochs_per_row,
        mean=tuple(mean),
        std=tuple(std),
        prior_epochs=prior.epochs,
        fixed=sum(1 << column for column in fixed),
    )


def live_decision(model: CompiledModel, config: ModelConfig, folder: Path, clock: bool = True) -> Decision:
    """The decision step of a model whose clock.json, if it has one, lies in `folder`. Raises DataError.

    clock: False leaves the stage prior out.
    """
    found = read_clock(folder, config.classes.names) if clock else None
    return decision_of(found, model.output.scale, config.network.classes)


def with_live_stager(model: CompiledModel, config: ModelConfig, folder: Path, clock: bool = True) -> CompiledModel:
    """The model with its stager. folder: of the model's files. clock: False leaves the stage prior out.

    Raises UsageError as stager_facts() and with_stager() do, DataError for a clock.json that is damaged.
    """
    return with_stager(model, config, stager_facts(config, live_decision(model, config, folder, clock)))
