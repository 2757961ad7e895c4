"""Feature sets by name, and the table of features that each makes from a recording."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

import sktools.features
from sktools.datasets.recording import Recording
from sktools.errors import UsageError
from sktools.strict_yaml import suggest


@dataclass(frozen=True)
class FeatureTable:
    """Features of one night.

    values: float64 [epochs, features], 0 where not valid. valid: bool [epochs, features].
    stages: int8 [epochs], base classes, -1 unscored. names: [features].
    notes: how features were derived where that is not the set's own definition.
    fixed: feature index -> (mean, standard deviation), for features that are not normalised by the night.
    """

    dataset: str
    subject: str
    names: tuple[str, ...]
    values: NDArray[np.float64]
    valid: NDArray[np.bool_]
    stages: NDArray[np.int8]
    notes: tuple[str, ...] = ()
    fixed: Mapping[int, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class FeatureSet:
    """names: features in network input order. groups: sensor -> indices of its features, dropped together.
    extract: FeatureTable of a recording.
    look_ahead_epochs: how many epochs after its own a row uses; None if it may use the whole night, as no watch can.
    """

    name: str
    names: tuple[str, ...]
    groups: Mapping[str, tuple[int, ...]]
    extract: Callable[[Recording], FeatureTable]
    look_ahead_epochs: int | None = None


_SETS: dict[str, FeatureSet] = {}


def register(feature_set: FeatureSet) -> FeatureSet:
    """Make a feature set known by its name."""
    _SETS[feature_set.name] = feature_set
    return feature_set


def find_feature_set(name: str) -> FeatureSet:
    """A feature set by name (`features.set` of config.yaml). Raises UsageError, naming the nearest."""
    for module in pkgutil.iter_modules(sktools.features.__path__):
        importlib.import_module(f"sktools.features.{module.name}")
    key = name.lower().replace("_", "-")
    if key not in _SETS:
        raise UsageError(f"feature set '{name}' is unknown; {suggest(name, _SETS)}")
    return _SETS[key]
