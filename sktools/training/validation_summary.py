"""What a model's folder says of its cross-validation, from the document of `sktools cross-validate --json`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sktools.errors import DataError
from sktools.model_config import ModelConfig

KEYS = ("kappa", "interval", "kappa_by_seed", "accuracy", "f1", "per_class", "above_clock")


def summary(config: ModelConfig, document: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of every way to answer, without those by person. Raises DataError if they are of another model."""
    try:
        if document["model"] != config.name:
            raise DataError(f"the cross-validation is of {document['model']}, not of {config.name}")
        ways = {way: {key: found[key] for key in KEYS if key in found} for way, found in document["ways"].items()}
        return {
            "dataset": str(document["dataset"]),
            "people": sum(map(len, document["folds"])),
            "folds": len(document["folds"]),
            "seeds": list(document["seeds"]),
            "epochs": int(document["epochs"]),
            "calibration": dict(document["calibration"]),
            "ways": ways,
        }
    except (KeyError, TypeError, AttributeError) as error:
        raise DataError("the cross-validation is no document of `sktools cross-validate --json`") from error


def card_lines(metrics: Mapping[str, Any]) -> list[str]:
    """Markdown for the model's card; nothing without a cross-validation."""
    found = metrics.get("cross_validation")
    if found is None:
        return []
    return [
        "## Cross-validation (int8)",
        "",
        f"{found['people']} people in {found['folds']} folds, each answered by networks that did not see them, mean of "
        f"the seeds {' and '.join(map(str, found['seeds']))}; 95 % intervals over people.",
        "",
        "| answered by | kappa | 95 % | above the clock | accuracy | recall |",
        "| --- | --- | --- | --- | --- | --- |",
        *[_row(way, row) for way, row in found["ways"].items()],
        "",
    ]


def _row(way: str, row: Mapping[str, Any]) -> str:
    above = row.get("above_clock")
    gain = "" if above is None else "{:+.3f} ({:+.3f} to {:+.3f})".format(above["kappa"], *above["interval"])
    recalls = ", ".join(f"{name} {scores['recall']:.2f}" for name, scores in row["per_class"].items())
    low, high = row["interval"]
    return f"| {way} | {row['kappa']:.3f} | {low:.3f} to {high:.3f} | {gain} | {row['accuracy']:.3f} | {recalls} |"
