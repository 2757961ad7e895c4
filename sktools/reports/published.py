"""Figures published by others, shown beside ours and always labelled as theirs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SOURCE = "sleepKIT sleep stage page: Apollo4 Plus, interpreter runtime, 192 MHz"

BLOCK_MS_PER_SLEEP_HOUR: Mapping[str, Mapping[str, float]] = {
    "ss-4-tcn-sm": {
        "ENC": 1.261,
        "B1.1": 5.2495,
        "B1.2": 7.7745,
        "B2.1": 10.9245,
        "B2.2": 14.001,
        "B3.1": 15.0465,
        "B4.1": 23.0735,
        "DEC": 3.0385,
    }
}
"""Model -> block -> milliseconds an hour of sleep, measured."""


@dataclass(frozen=True)
class PublishedScore:
    """A row of a comparison table, in percent. recall: by class, in the order of the table."""

    reference: str
    url: str
    accuracy: float
    f1: float
    recall: tuple[float, ...]


SLAMSS = "https://doi.org/10.1371/journal.pone.0285703"
SLAMSS_FLOPS_PER_EPOCH = 8.8e6
"""As the sleep stage page counts SLAMSS: its convolutions and LSTMs, without the attention."""
SLEEPKIT = "https://github.com/AmbiqAI/sleepkit"

SCORES: Mapping[int, tuple[PublishedScore, ...]] = {
    3: (
        PublishedScore("Song et al., 2023", SLAMSS, 79.1, 80.0, (78.0, 81.8, 70.9)),
        PublishedScore("sleepKIT", SLEEPKIT, 83.9, 84.2, (80.3, 86.6, 83.5)),
    ),
    4: (
        PublishedScore("Song et al., 2023", SLAMSS, 70.0, 72.0, (78.7, 66.3, 55.9, 63.0)),
        PublishedScore("sleepKIT", SLEEPKIT, 75.8, 76.4, (80.6, 73.9, 52.2, 81.7)),
    ),
}
"""Number of stages -> published scores on MESA."""
