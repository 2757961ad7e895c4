"""Which subjects are held out, which validate and which train."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sktools.datasets.recording import person_of
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
    """The split of a data set, by person: all nights of a person (person_of) are on one side.

    Held out: the persons of the ids in the configuration's `held_out`, else every fifth person in the reader's order
    (the last one if there are fewer). Of the others, evenly spaced ones make up the share `training.validation`.
    available: ids in the reader's order. Raises DataError if fewer than two persons remain to train on.
    """
    listed = set(map(person_of, config.held_out.get(dataset, ())))
    people = list(dict.fromkeys(map(person_of, available)))
    if listed:
        held_out = [person for person in people if person in listed]
    else:
        held_out = people[HOLD_OUT_EVERY - 1 :: HOLD_OUT_EVERY] or people[-1:]
    rest = [person for person in people if person not in held_out]
    if len(rest) < 2:
        raise DataError(f"data set '{dataset}': {len(people)} usable subjects, training needs 2 besides those held out")
    share = config.training.validation
    count = min(len(rest) - 1, max(1, round(share * len(rest)))) if share else 0
    chosen = {rest[int((index + 0.5) * len(rest) / count)] for index in range(count)}

    def nights(of: Collection[str]) -> tuple[str, ...]:
        return tuple(subject for subject in available if person_of(subject) in of)

    train = [person for person in rest if person not in chosen]
    return Split(dataset, nights(train), nights(chosen), nights(held_out))
