"""The stager of a model: what turns sensor samples into stages on the chip, beside the network.

A model has one if its feature set can be computed live, and that in C. Its two generated files lie among the model's
sources, so that every project that is rendered from the model has the stager too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from sktools.build.project import STAGE_MODEL, printable, render
from sktools.compiler.compiled import CompiledModel
from sktools.errors import UsageError
from sktools.model_config import ModelConfig

FEATURE_SETS = {"fs-watch-14": 14}
"""Feature sets with a C twin in firmware/stager, and how many features a row has."""

ROWS, MOST_CLASSES = 240, 5
"""SK_STAGER_ROWS and SK_STAGER_CLASSES_MAX of firmware/stager/sk_stager.h."""


@dataclass(frozen=True)
class StagerFacts:
    """What the generated C says of a model. delay_epochs: later epochs that an answer waits for.

    temperature: the logits are divided by it before they become probabilities.
    prior: of the decision, by row and class, in steps of the output's scale; empty for none. epochs_per_row: that a row
    of it covers.
    mean, std: of each feature. prior_epochs: what they count for beside the night's own; 0: constants.
    fixed: bit i is set if the night never counts for feature i.
    """

    classes: tuple[str, ...]
    delay_epochs: int
    clip: float
    temperature: float
    prior: tuple[tuple[int, ...], ...]
    epochs_per_row: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    prior_epochs: float
    fixed: int


def is_live(config: ModelConfig | None) -> bool:
    """Whether a model's features can be computed and normalised on the chip as the samples come."""
    return (
        config is not None
        and config.features.set in FEATURE_SETS
        and config.features.normalisation == "causal"
        and config.features.prior is not None
    )


def with_stager(model: CompiledModel, config: ModelConfig, facts: StagerFacts) -> CompiledModel:
    """The model with its stager's generated C among its sources.

    Raises UsageError if the network's input or output is not what the feature set and the classes say.
    """
    features = FEATURE_SETS[config.features.set]
    for what, elements, width in (("input", model.input.elements, features), ("output", model.output.elements, 0)):
        width = width or len(facts.classes)
        if elements != ROWS * width:
            raise UsageError(
                f"{config.name}: the network's {what} has {elements} values, the stager needs {ROWS} epochs x {width}"
            )
    if len(facts.classes) > MOST_CLASSES or not 0 <= facts.delay_epochs < ROWS - 1:
        raise UsageError(
            f"{config.name}: the stager accepts up to {MOST_CLASSES} classes and a delay below {ROWS - 1} epochs"
        )
    fields = {
        "title": printable(config.name),
        "set": config.features.set,
        "facts": facts,
        "mean": [number(value) for value in facts.mean],
        "std": [number(value) for value in facts.std],
        "input_scale": number(model.input.scale),
        "input_zero_point": model.input.zero_point,
        "logit_scale": number(model.output.scale / facts.temperature),
        "number": number,
    }
    generated = {f"{STAGE_MODEL}{end}": render(f"model/stage_model{end}.j2", fields).decode() for end in (".c", ".h")}
    return replace(model, sources={**model.sources, **generated})


def number(value: float) -> str:
    """A value as a float constant of C, to the last bit. Raises UsageError if it is not finite."""
    if not math.isfinite(value):
        raise UsageError(f"a constant of the stager is {value}")
    return f"{float(np.float32(value))!r}f"
