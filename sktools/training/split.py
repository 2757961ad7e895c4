"""Which subjects are held out, which validate and which train."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sktools.errors import DataError
from sktools.model_config import ModelConfig

HOLD_OUT_EVERY = 5


@dataclass(frozen=True)
class Split:
    """Subject ids of one data set, disjoint."""

    dataset: str
    train: tuple[str, ...]
    validation: tuple[str, ...]
    held_out: tuple[str, ...]


def split_subjects(config: ModelConfig, dataset: str, available: Sequence[str]) -> Split:
    """The split of a data set.

    Held out: the ids in the configuration's `held_out`, else every fifth in the reader's order (the last one where
    there are fewer). Of the others, evenly spaced ones make up the share `training.validation`.
    available: ids in the reader's order. Raises DataError where fewer than two subjects remain to train on.
    """
    listed = set(config.held_out.get(dataset, ()))
    if listed:
        held_out = [subject for subject in available if subject in listed]
    else:
        held_out = list(available[HOLD_OUT_EVERY - 1 :: HOLD_OUT_EVERY]) or list(available[-1:])
    rest = [subject for subject in available if subject not in held_out]
    if len(rest) < 2:
        raise DataError(
            f"data set '{dataset}': {len(available)} usable subjects, training needs 2 besides those held out"
        )
    share = config.training.validation
    count = min(len(rest) - 1, max(1, round(share * len(rest)))) if share else 0
    chosen = {int((index + 0.5) * len(rest) / count) for index in range(count)}
    return Split(
        dataset,
        tuple(subject for index, subject in enumerate(rest) if index not in chosen),
        tuple(subject for index, subject in enumerate(rest) if index in chosen),
        tuple(held_out),
    )
