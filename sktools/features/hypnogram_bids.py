"""Hypnograms as a BIDS events file (TSV): onset, duration, value, description, as YASA's as_events() has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sktools.features.hypnogram import HypnogramEpoch
from sktools.features.hypnogram_format import HypnogramFormat, register_format
from sktools.model_config import EPOCH_SECONDS, standard_names

VALUES: Mapping[str, int] = {
    "WAKE": 0,
    "SLEEP": 1,
    "N1": 1,
    "N2": 2,
    "NREM": 2,
    "LIGHT": 2,
    "N3": 3,
    "DEEP": 3,
    "REM": 4,
}
"""YASA's integers; a class of another name has n/a."""


def hypnogram_bids(epochs: Sequence[HypnogramEpoch], classes: Sequence[str]) -> bytes:
    """One line per epoch of 30 s. onset: seconds from the first epoch. Probabilities p_<stage> follow."""
    names = standard_names(classes)
    lines = [["onset", "duration", "value", "description", *(f"p_{name}" for name in names)]]
    for row in epochs:
        name = names[list(classes).index(row.stage)]
        value = str(VALUES.get(name, "n/a"))
        shares = [f"{share:.4f}" for share in row.probabilities]
        lines.append([str(row.epoch * EPOCH_SECONDS), str(EPOCH_SECONDS), value, name, *shares])
    return "".join("\t".join(line) + "\n" for line in lines).encode()


BIDS = register_format(HypnogramFormat("bids", ".tsv", "BIDS events", True, hypnogram_bids))
