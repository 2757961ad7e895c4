"""What a model's accuracy is read beside: the same epochs answered by something far simpler than a network.

Three yardsticks stand in every `accuracy` object: `majority`, one constant answer; `clock`, the stage by the time since
the start of the night, without any sensor; `trees`, gradient-boosted trees on the network's own features.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktools.metrics.classification import (
    cohen_kappa,
    confusion_matrix,
    per_class_scores,
    plain_accuracy,
    weighted_f1,
)
from sktools.metrics.clock import Clock

MAJORITY, CLOCK, TREES = "majority", "clock", "trees"
TITLES: Mapping[str, str] = {MAJORITY: "always", CLOCK: "the clock alone", TREES: "trees, same features"}
"""As tables name them; the constant answer follows "always"."""

NOT_COMPUTED = "not_computed"


def majority(labels: NDArray[np.int64], mask: NDArray[np.bool_], class_names: Sequence[str]) -> dict[str, Any]:
    """The best constant answer: the class that most of the scored epochs have.

    labels, mask: [n, epochs]; mask is True where an epoch counts, and at least one does.
    """
    best = int(np.bincount(labels[mask], minlength=len(class_names)).argmax())
    found = answered(labels, np.full_like(labels, best), mask, class_names)
    return {**found, "title": f"{TITLES[MAJORITY]} {class_names[best]}"}


def answered(
    labels: NDArray[np.int64],
    predicted: NDArray[np.int64],
    mask: NDArray[np.bool_],
    class_names: Sequence[str],
    learned_on: str = "",
) -> dict[str, Any]:
    """One yardstick's scores: accuracy, weighted f1, kappa and recall per class.

    labels, predicted, mask: [n, epochs]; mask is True where an epoch counts, and at least one does.
    learned_on: the people that it was learned from, in words; empty for a yardstick that learns nothing.
    """
    confusion = confusion_matrix(labels[mask], predicted[mask], len(class_names))
    recall = per_class_scores(confusion)[1]
    scores: dict[str, Any] = {
        "accuracy": plain_accuracy(confusion),
        "f1": weighted_f1(confusion),
        "kappa": cohen_kappa(confusion),
        "per_class": {name: {"recall": float(value)} for name, value in zip(class_names, recall, strict=True)},
    }
    return {**scores, "learned_on": learned_on} if learned_on else scores


def clock_alone(
    clock: Clock | None,
    epochs: NDArray[np.int64],
    labels: NDArray[np.int64],
    mask: NDArray[np.bool_],
    class_names: Sequence[str],
) -> dict[str, Any]:
    """The commonest stage of each minute since bedtime, as the clock's people had it. Not computed without a clock.

    epochs: since bedtime, [n, epochs]. labels, mask: as answered() needs them.
    """
    if clock is None:
        return not_computed("the model has no clock.json; sktools zoo score MODEL --data DIR fits one")
    nights = clock.facts.get("nights")
    learned = f"{nights} night{'s' * (nights != 1)} of the model's training people" if nights else "its training people"
    return answered(labels, clock.shares_of(epochs).argmax(axis=-1), mask, class_names, learned)


def not_computed(why: str) -> dict[str, Any]:
    """A yardstick without scores. why: the reason, and how to get them."""
    return {NOT_COMPUTED: why}


def title(name: str, yardstick: Mapping[str, Any]) -> str:
    """How a table names a yardstick."""
    return str(yardstick.get("title", TITLES.get(name, name)))


def computed(yardsticks: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """The yardsticks that have scores."""
    return {name: found for name, found in yardsticks.items() if NOT_COMPUTED not in found}


def clock_is_better(score: Mapping[str, Any]) -> bool:
    """Whether the clock alone reaches a higher kappa than the model on the epochs of an `accuracy` object."""
    clock = computed(score.get("yardsticks") or {}).get(CLOCK)
    return clock is not None and clock["kappa"] > score["kappa"]


def first_words(model: str, score: Mapping[str, Any]) -> str:
    """What a reader must know before the figures: that the clock alone is better, or that sensors are missing.

    Empty if there is nothing of that kind to say.
    """
    clock = computed(score.get("yardsticks") or {}).get(CLOCK)
    lacks = _without(score.get("missing") or ())
    if clock is not None and clock_is_better(score):
        return (
            f"the clock alone is better here: kappa {clock['kappa']:.3f} without any sensor, "
            f"{score['kappa']:.3f} by {model}{f' {lacks}' if lacks else ''}"
        )
    if not lacks:
        return ""
    beside = f"; the clock alone reaches kappa {clock['kappa']:.3f}, {model} {score['kappa']:.3f}" if clock else ""
    return f"{model} answers {lacks} here{beside}"


def _without(missing: Sequence[str]) -> str:
    names = [name.replace("_", " ") for name in missing]
    if not names:
        return ""
    return f"without {', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else f"without {names[0]}"
