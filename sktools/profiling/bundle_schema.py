"""What of a bundle's files is shown, and the shape that it must have: a bundle may come from another's desk."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sktools.errors import DataError
from sktools.metrics.yardsticks import NOT_COMPUTED
from sktools.profiling.profile import Profile

_TEXTS = {"type": ["array", "null"], "items": {"type": "string"}}
_SCORE = {
    "properties": {
        "per_class": {"additionalProperties": {"additionalProperties": {"type": ["number", "null"]}}},
        "training_included": {"type": ["array", "null"]},
        "left_out": {"type": ["integer", "null"]},
        "skipped": {"type": ["array", "null"]},
        "missing": _TEXTS,
        "yardsticks": {
            "type": ["object", "null"],
            "additionalProperties": {
                "type": "object",
                "properties": {
                    **{key: {"type": "number"} for key in ("accuracy", "f1", "kappa")},
                    **{key: {"type": "string"} for key in ("title", "learned_on", NOT_COMPUTED)},
                    "per_class": {"additionalProperties": {"additionalProperties": {"type": ["number", "null"]}}},
                },
                "oneOf": [{"required": [NOT_COMPUTED]}, {"required": ["accuracy", "f1", "kappa", "per_class"]}],
            },
        },
    }
}
_FIGURES = {"type": ["object", "null"], "additionalProperties": {"type": ["number", "null"]}}
_SLEEP = {
    "type": ["object", "null"],
    "properties": {
        "nights": {
            "type": "array",
            "items": {
                "properties": {
                    "subject": {"type": "string"},
                    "true": _FIGURES,
                    "predicted": {**_FIGURES, "type": "object"},
                },
                "required": ["subject", "true", "predicted"],
            },
        },
        "agreement": {
            "type": "object",
            "additionalProperties": {**_FIGURES, "type": "object", "required": ["bias", "subjects"]},
        },
    },
    "required": ["nights", "agreement"],
}
_MANIFEST = {
    "properties": {
        **{key: {"type": ["object", "null"]} for key in ("tools", "packages", "image", "data", "files")},
        **{key: {"type": ["array", "null"]} for key in ("command", "flags")},
    }
}


def check(folder: Path, profile: Profile, metrics: Mapping[str, Any], manifest: Mapping[str, Any]) -> None:
    """Raises DataError for the first value that is not of the kind that a run writes."""
    if profile.accuracy is not None:
        _require(folder / "profile.json", "accuracy", profile.accuracy, _SCORE)
        _require(folder / "profile.json", "accuracy.host", profile.accuracy["host"], _SCORE)
        classes = list(profile.accuracy["per_class"])
        for name, score in (("accuracy", profile.accuracy), ("accuracy.host", profile.accuracy["host"])):
            rows = score["confusion"]
            if len(rows) != len(classes) or any(len(row) != len(classes) for row in rows):
                raise _damaged(folder / "profile.json", f"{name}.confusion is not of {len(classes)} classes")
    else:
        classes = metrics.get("classes") or []
    _require(folder / "metrics.json", "", metrics, {"properties": {"classes": _TEXTS}})
    _require(folder / "metrics.json", "", metrics, {"properties": {"nights": _nights(len(classes))}})
    _require(folder / "metrics.json", "", metrics, {"properties": {"sleep": _SLEEP}})
    for night in metrics.get("nights") or []:
        if len(night["true"]) != len(night["device"]):
            raise _damaged(folder / "metrics.json", "a night has more epochs of one kind than of the other")
    _require(folder / "manifest.json", "", manifest, _MANIFEST)


def _nights(classes: int) -> dict[str, Any]:
    stages = {"type": "array", "items": {"type": "integer", "minimum": -1, "maximum": classes - 1}}
    return {
        "type": ["array", "null"],
        "items": {
            "type": "object",
            "properties": {"subject": {"type": "string"}, "true": stages, "device": stages},
            "required": ["subject", "true", "device"],
        },
    }


def _require(path: Path, key: str, document: object, schema: Mapping[str, Any]) -> None:
    import jsonschema

    for error in jsonschema.Draft202012Validator(schema).iter_errors(document):
        raise _damaged(path, f"{key}{error.json_path.removeprefix('$')}: {error.message[:200]}")


def _damaged(path: Path, what: str) -> DataError:
    return DataError(f"{path}: is damaged ({what})", "sktools run MODEL writes a new bundle")
