"""The clock of a model: how common each stage is by minute of the night, and the stage prior that is made of it.

`clock.json` in a model's folder holds both as one table. The shares alone are the yardstick "clock alone". The prior is
what the decision step (decision.py) adds to the network's logits.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktools.errors import DataError
from sktools.model_config import EPOCH_SECONDS, bedtime_epoch

CLOCK_FILE = "clock.json"
MINUTES_PER_ROW = 5
EPOCHS_PER_MINUTE = 60 // EPOCH_SECONDS
MINUTES = 600
"""A fitted table covers this much of a night; the last row counts for later minutes too."""

SMOOTHING = 1.0
"""Epochs of the whole night's stage shares that each row is mixed with."""

LARGEST = 1 << 20
MOST_ROWS = 4096


@dataclass(frozen=True)
class Clock:
    """A table by minute since bedtime, or since the start of the recording if the bedtime is not known.

    classes: names, in the order of the columns. minutes_per_row: whole minutes that a row covers.
    shares: float64 [rows, classes], share of each stage; a row sums to 1.
    logit_prior: float64 [rows, classes], natural logits that are added to the network's.
    facts: how the table was fitted, for people.
    """

    classes: tuple[str, ...]
    minutes_per_row: int
    shares: NDArray[np.float64]
    logit_prior: NDArray[np.float64]
    facts: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shape = (len(self.shares), len(self.classes))
        if len(self.classes) < 2 or not 1 <= len(self.shares) <= MOST_ROWS or self.minutes_per_row < 1:
            raise DataError("a clock needs 2 or more classes, 1 or more rows and 1 or more minutes per row")
        if self.shares.shape != shape or self.logit_prior.shape != shape:
            raise DataError(
                f"a clock's shares are {self.shares.shape} and its prior {self.logit_prior.shape}, expected {shape}"
            )
        if not (np.isfinite(self.shares).all() and np.isfinite(self.logit_prior).all()):
            raise DataError("a clock holds a value that is not finite")
        if self.shares.min() < 0 or np.abs(self.shares.sum(axis=1) - 1).max() > 1e-3:
            raise DataError("the shares of a clock's row must sum to 1")

    @property
    def epochs_per_row(self) -> int:
        return self.minutes_per_row * EPOCHS_PER_MINUTE

    @property
    def has_prior(self) -> bool:
        """Whether it changes any logit."""
        return bool(self.logit_prior.any())

    def rows_of(self, epochs: NDArray[np.integer]) -> NDArray[np.int64]:
        """The row of each epoch since bedtime: the first row before it, the last row after the table."""
        return np.clip(np.asarray(epochs, np.int64) // self.epochs_per_row, 0, len(self.shares) - 1)

    def shares_of(self, epochs: NDArray[np.integer]) -> NDArray[np.float64]:
        """Stage shares of each epoch since bedtime, [..., classes]; their argmax is the answer of the clock alone."""
        return np.asarray(self.shares[self.rows_of(epochs)])


def fit_clock(
    nights: Iterable[NDArray[np.integer]],
    classes: Sequence[str],
    bedtimes: Iterable[float] | None = None,
    weight: float = 0.5,
    minutes: float = 60.0,
    minutes_per_row: int = MINUTES_PER_ROW,
    smoothing: float = SMOOTHING,
) -> Clock:
    """The clock of labelled nights, which must be of training people only.

    nights: class index of each epoch, [epochs], negative if unscored.
    bedtimes: seconds from the first epoch, one per night; 0 if left out.
    weight, minutes: the prior of a row is `weight` times the logarithm of its shares over those of the whole night,
    and 0 from `minutes` on.
    smoothing: epochs of the whole night's shares that each row is mixed with.
    Raises DataError if no epoch is labelled.
    """
    rows, epochs_per_row = -(-MINUTES // minutes_per_row), minutes_per_row * EPOCHS_PER_MINUTE
    counts = np.zeros((rows, len(classes)))
    listed = list(nights)
    starts = [0.0] * len(listed) if bedtimes is None else list(bedtimes)
    for labels, bedtime in zip(listed, starts, strict=True):
        epochs = np.arange(len(labels)) - bedtime_epoch(bedtime)
        row = np.clip(epochs // epochs_per_row, 0, rows - 1)
        scored = np.asarray(labels) >= 0
        np.add.at(counts, (row[scored], np.asarray(labels)[scored]), 1)
    if not counts.sum():
        raise DataError("a clock needs labelled nights, found no labelled epoch")
    # One epoch of each class, so that no share is 0.
    whole = (counts.sum(axis=0) + 1) / (counts.sum() + len(classes))
    shares = (counts + smoothing * whole) / (counts.sum(axis=1, keepdims=True) + smoothing)
    prior = weight * (np.log(shares) - np.log(whole))
    prior[np.arange(rows) * minutes_per_row >= minutes] = 0.0
    facts = {"nights": len(listed), "epochs": int(counts.sum()), "smoothing": smoothing}
    return Clock(
        tuple(classes),
        minutes_per_row,
        shares,
        prior,
        {**facts, "prior_weight": weight, "prior_minutes": minutes},
    )


def write_clock(path: Path, clock: Clock) -> None:
    """Writes clock.json. Raises OSError."""
    rows = [
        {
            "minute": index * clock.minutes_per_row,
            "shares": [round(float(value), 6) for value in shares],
            "logit_prior": [round(float(value), 4) for value in prior],
        }
        for index, (shares, prior) in enumerate(zip(clock.shares, clock.logit_prior, strict=True))
    ]
    head = {"classes": list(clock.classes), "minutes_per_row": clock.minutes_per_row, "facts": dict(clock.facts)}
    body = ",\n  ".join(json.dumps(row) for row in rows)
    path.write_text(f'{json.dumps(head)[:-1]}, "rows": [\n  {body}\n]}}\n', encoding="utf-8")


def read_clock(folder: Path, classes: Sequence[str] | None = None) -> Clock | None:
    """The clock of a model's folder, None if it has none.

    classes: of the model. Raises DataError if the file is damaged or is of other classes.
    """
    path = folder / CLOCK_FILE
    if not path.is_file():
        return None
    try:
        if path.stat().st_size > LARGEST:
            raise DataError(f"is larger than {LARGEST:,} bytes")
        document = json.loads(path.read_text(encoding="utf-8"))
        rows = document["rows"]
        for number, row in enumerate(rows):
            if row["minute"] != number * document["minutes_per_row"]:
                raise DataError(f"row {number} is of another minute than {number * document['minutes_per_row']}")
        clock = Clock(
            tuple(map(str, document["classes"])),
            int(document["minutes_per_row"]),
            np.array([row["shares"] for row in rows], np.float64),
            np.array([row["logit_prior"] for row in rows], np.float64),
            dict(document.get("facts", {})),
        )
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    except DataError as error:
        raise DataError(f"{path}: {error.message}") from error
    except (ValueError, KeyError, TypeError, RecursionError, AttributeError, OverflowError) as error:
        raise DataError(f"{path}: is no clock (classes, minutes_per_row and rows of shares and logit_prior)") from error
    if classes is not None and clock.classes != tuple(classes):
        raise DataError(f"{path}: is of the classes {', '.join(clock.classes)}, the model's are {', '.join(classes)}")
    return clock
