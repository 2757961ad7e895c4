"""profile.json as dataclasses: what a measuring session found. The schema stands beside it in profile.schema.json.

Every figure is for one frame, the mean over the measured frames; `per_sleep_hour` figures are scaled by the hours of
sleep a frame covers (2 h for the zoo's models).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from importlib import resources
from typing import Any

from sktools.boards.driver import Counter
from sktools.compiler.compiled import Buffer
from sktools.errors import DataError
from sktools.profiling.parity import Parity

SCHEMA_VERSION = 2


@dataclass(frozen=True)
class AppliedCalibration:
    """Board cycles = model cycles x factor. error: what is known of it; fitted_on: the program it was fitted on.

    error_percent: how far the board may lie below and above a predicted figure; None in results of schema version 1.
    """

    factor: float
    error_percent: tuple[float, float] | None
    error: str
    fitted_on: str

    @property
    def bar(self) -> str:
        """'-9 to +5 %', '' if it is not known."""
        return "" if self.error_percent is None else "{:+g} to {:+g} %".format(*self.error_percent)


@dataclass(frozen=True)
class Totals:
    """instructions, cycles: null if nothing counted them. latency_kind: measured or predicted; null without cycles.

    cycles_high: an upper bound of model cycles (docs/cycle-model.md, R7); null on a board that counts its own cycles.

    energy_kind: measured or estimated; null without a figure.
    """

    macs: int
    instructions: float | None
    cycles: float | None
    cycles_high: float | None
    cycles_min: float | None
    cycles_max: float | None
    latency_ms: float | None
    latency_kind: str | None
    ms_per_sleep_hour: float | None
    energy_uj_per_sleep_hour: float | None
    energy_kind: str | None
    energy_note: str


@dataclass(frozen=True)
class MemoryUse:
    """Bytes. arena: all RAM that kernels write besides input and output; flash and ram: the image that ran."""

    arena_bytes: int
    flash_bytes: int
    ram_bytes: int
    model_bytes: int
    stack_bytes: int | None


@dataclass(frozen=True)
class LayerProfile:
    """One operator of the .tflite. A fused step's counts stand at its cost owner; the step's other layers have 0."""

    index: int
    name: str
    block: str
    op: str
    macs: int
    instructions: float | None
    cycles: float | None
    cycles_high: float | None
    latency_us: float | None
    observable: bool
    parity: Parity | None
    sqnr_db: float | None
    step: int
    kernel: str


@dataclass(frozen=True)
class BlockProfile:
    """Sum of a block's layers. share: of the frame's cycles, 0 to 1; null without cycles."""

    name: str
    macs: int
    cycles: float | None
    cycles_high: float | None
    latency_ms: float | None
    ms_per_sleep_hour: float | None
    share: float | None
    parity: Parity


@dataclass(frozen=True)
class ParityTotals:
    """All observable layers over all frames."""

    frames: int
    elements: int
    mismatched: int
    max_abs_diff: int


@dataclass(frozen=True)
class Profile:
    """One measuring session.

    clock_hz: of the board that the latency is told for, null on a board whose cycles are not told as time.
    sqnr_reference: what sqnr_db compares with: float-model or dequantised-weights.
    accuracy: the score of the device's answers with the host's under `host`, or null.
    live: scores by delay, if nights were replayed into the board's stager. stager: its costs and how it agrees with the
    host (sktools/profiling/live_report.py).
    """

    schema_version: int
    model: str
    model_sha256: str
    engine: str
    board: str
    optimize: str
    contract: str
    clock_hz: float | None
    created: str
    frame_hours: float
    sqnr_reference: str | None
    counter: Counter
    calibration: AppliedCalibration | None
    totals: Totals
    memory: MemoryUse
    layers: tuple[LayerProfile, ...]
    blocks: tuple[BlockProfile, ...]
    parity: ParityTotals
    accuracy: Mapping[str, Any] | None
    plan: tuple[Buffer, ...]
    notes: tuple[str, ...]
    live: tuple[Mapping[str, Any], ...] | None = None
    stager: Mapping[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """The document of profile.json, made of plain dicts and lists."""
        document: dict[str, Any] = json.loads(json.dumps(asdict(self), allow_nan=False))
        return document

    @classmethod
    def from_json(cls, document: Mapping[str, Any], where: str = "profile.json") -> Profile:
        """A profile from its document, checked against the schema.

        Raises DataError where the document breaks the schema; the message begins with `where`.
        """
        document = _of_this_version(document)
        validate(document, where)
        parts: dict[str, Any] = dict(document)
        parts["counter"] = Counter(**parts["counter"])
        known = parts["calibration"]
        if known:
            bar = known["error_percent"]
            parts["calibration"] = AppliedCalibration(**{**known, "error_percent": None if bar is None else tuple(bar)})
        parts["totals"] = Totals(**parts["totals"])
        parts["memory"] = MemoryUse(**parts["memory"])
        parts["layers"] = tuple(
            LayerProfile(**{**layer, "parity": _parity(layer["parity"])}) for layer in parts["layers"]
        )
        parts["blocks"] = tuple(
            BlockProfile(**{**block, "parity": Parity(**block["parity"])}) for block in parts["blocks"]
        )
        parts["parity"] = ParityTotals(**parts["parity"])
        parts["plan"] = tuple(Buffer(**buffer) for buffer in parts["plan"])
        parts["notes"] = tuple(parts["notes"])
        parts["live"] = None if parts.get("live") is None else tuple(parts["live"])
        parts.setdefault("stager", None)
        return cls(**{field.name: parts[field.name] for field in fields(cls)})


def _of_this_version(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Version 1 had no upper bound of the cycles, and priced them by another table: it has no bound here either."""
    if document.get("schema_version") != 1:
        return document
    raised = {**document, "schema_version": SCHEMA_VERSION}
    if isinstance(raised.get("calibration"), dict):
        raised["calibration"] = {**raised["calibration"], "error_percent": None}
    if isinstance(raised.get("totals"), dict):
        raised["totals"] = {**raised["totals"], "cycles_high": None}
    for name in ("layers", "blocks"):
        rows = raised.get(name)
        if isinstance(rows, list):
            raised[name] = [{**row, "cycles_high": None} if isinstance(row, dict) else row for row in rows]
    return raised


def _parity(document: Mapping[str, int] | None) -> Parity | None:
    return Parity(**document) if document else None


def schema() -> dict[str, Any]:
    """The JSON schema of profile.json."""
    text = resources.files("sktools.profiling").joinpath("profile.schema.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


def validate(document: Mapping[str, Any], where: str = "profile.json") -> None:
    """Raises DataError naming the first key that breaks the schema."""
    import jsonschema

    errors = sorted(jsonschema.Draft202012Validator(schema()).iter_errors(document), key=lambda error: error.json_path)
    if errors:
        first = errors[0]
        raise DataError(
            f"{where}: {first.json_path}: {first.message[:200]}", "profile the model again to write it anew"
        )
