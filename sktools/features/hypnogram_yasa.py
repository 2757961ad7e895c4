"""Hypnograms as JSON that yasa.Hypnogram.from_json reads."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from sktools.errors import UsageError
from sktools.features.hypnogram import HypnogramEpoch
from sktools.features.hypnogram_format import HypnogramFormat, register_format
from sktools.model_config import EPOCH_SECONDS, standard_names

VOCABULARIES: Mapping[int, frozenset[str]] = {
    2: frozenset({"WAKE", "SLEEP"}),
    3: frozenset({"WAKE", "NREM", "REM"}),
    4: frozenset({"WAKE", "LIGHT", "DEEP", "REM"}),
    5: frozenset({"WAKE", "N1", "N2", "N3", "REM"}),
}
SCORER = "sktools"


def hypnogram_yasa(epochs: Sequence[HypnogramEpoch], classes: Sequence[str]) -> bytes:
    """One night: values, n_stages, freq, start, scorer, proba. Raises UsageError if YASA has no such stages."""
    check_classes(classes)
    names = standard_names(classes)
    document = {
        "values": [names[list(classes).index(row.stage)] for row in epochs],
        "n_stages": len(names),
        "freq": f"{EPOCH_SECONDS}s",
        "start": epochs[0].time or None,
        "scorer": SCORER,
        "proba": {name: [round(row.probabilities[at], 6) for row in epochs] for at, name in enumerate(names)},
    }
    return (json.dumps(document) + "\n").encode()


def check_classes(classes: Sequence[str]) -> None:
    """Raises UsageError if YASA has no hypnogram of these stages."""
    if VOCABULARIES.get(len(classes)) != frozenset(standard_names(classes)):
        raise UsageError(f"YASA has no hypnogram of the stages {', '.join(classes)}", "--hypnogram-format csv")


YASA = register_format(HypnogramFormat("yasa", ".json", "JSON of yasa.Hypnogram", True, hypnogram_yasa, check_classes))
