"""The clock of a model: fitted on the nights that it learns from, with the stage prior that its recipe asks for."""

from __future__ import annotations

from collections.abc import Sequence

from sktools.features.frames import Night
from sktools.metrics.clock import Clock, fit_clock
from sktools.model_config import ModelConfig


def clock_of(config: ModelConfig, nights: Sequence[Night]) -> Clock:
    """The clock of some nights, labelled by the configuration's classes. Raises DataError if none is labelled."""
    return fit_clock(
        [night.labels for night in nights],
        config.classes.names,
        [night.bedtime for night in nights],
        weight=config.training.prior_weight,
        minutes=config.training.prior_minutes,
    )
