"""The result bundle on disk: written to a temporary folder and renamed when complete."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sktools.errors import DataError, UsageError
from sktools.partial import partial_folder, replace_file, utf8
from sktools.profiling import bundle_schema
from sktools.profiling.profile import LayerProfile, Profile

LATEST = "latest"


@dataclass(frozen=True)
class Bundle:
    """A result on disk. metrics: metrics.json; manifest: manifest.json; path: the bundle's folder."""

    path: Path
    profile: Profile
    metrics: Mapping[str, Any]
    manifest: Mapping[str, Any]


Render = Callable[[Profile, Mapping[str, Any], Mapping[str, Any]], Mapping[str, str]]
"""Profile, metrics and provenance in, more files of the bundle out (name -> text)."""


def write_bundle(
    root: Path,
    profile: Profile,
    metrics: Mapping[str, Any],
    provenance: Mapping[str, Any],
    render: Render = lambda profile, metrics, provenance: {},
) -> Bundle:
    """Writes `root/<model>/<board>-<engine>/<time>-<id>/` and names it in the file `latest` beside it.

    render: makes the files that later stages add, such as report.html. manifest.json holds every file's SHA-256.
    Raises DataError where the profile breaks its schema; nothing is left behind then.
    """
    document = profile.to_json()
    Profile.from_json(document)
    texts: dict[str, str] = {
        "profile.json": _dump(document),
        "layers.csv": layers_csv(profile),
        "blocks.csv": blocks_csv(profile),
        "metrics.json": _dump(metrics),
        **({"sleep.csv": sleep_csv(metrics["sleep"]["nights"])} if metrics.get("sleep") else {}),
        **render(profile, metrics, provenance),
    }
    files = {name: utf8(text) for name, text in sorted(texts.items())}
    manifest = {**provenance, "files": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}}
    folder = root / profile.model / f"{profile.board}-{profile.engine}"
    folder.mkdir(parents=True, exist_ok=True)
    stamp = profile.created.replace("-", "").replace(":", "")
    name = f"{stamp}-{secrets.token_hex(3)}"
    with partial_folder(folder, "partial") as partial:
        fresh = partial / name
        fresh.mkdir()
        for file, content in {**files, "manifest.json": utf8(_dump(manifest))}.items():
            (fresh / file).write_bytes(content)
        fresh.rename(folder / name)
    replace_file(folder / LATEST, utf8(name + "\n"))
    return Bundle(folder / name, profile, metrics, manifest)


def load_bundle(path: Path) -> Bundle:
    """A bundle from its folder, or from its profile.json.

    Raises UsageError where there is none and DataError where a file of it is damaged.
    """
    folder = path.parent if path.name == "profile.json" else path
    if not (folder / "profile.json").is_file():
        raise UsageError(f"{path}: holds no profile.json", "sktools run MODEL makes a result bundle")
    profile = Profile.from_json(_load(folder / "profile.json"), str(folder / "profile.json"))
    metrics = _load(folder / "metrics.json") if (folder / "metrics.json").is_file() else {}
    manifest = _load(folder / "manifest.json") if (folder / "manifest.json").is_file() else {}
    _check_digests(folder, manifest)
    bundle_schema.check(folder, profile, metrics, manifest)
    return Bundle(folder, profile, metrics, manifest)


def _check_digests(folder: Path, manifest: Mapping[str, Any]) -> None:
    """A figure that was changed since it was written is not shown as one that was measured."""
    digests = manifest.get("files", {})
    if not isinstance(digests, dict):
        raise DataError(f"{folder / 'manifest.json'}: is damaged", "sktools run MODEL writes a new bundle")
    for name in ("profile.json", "metrics.json"):
        path = folder / name
        if name in digests and (not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != digests[name]):
            raise DataError(
                f"{path}: is not what was written (its SHA-256 differs from manifest.json's)",
                "sktools run MODEL writes a new bundle",
            )


def latest_bundle(root: Path, model: str, board: str, engine: str) -> Bundle:
    """The newest bundle of a model on a board and engine. Raises UsageError where there is none."""
    folder = root / model / f"{board}-{engine}"
    if not (folder / LATEST).is_file():
        raise UsageError(
            f"{folder}: no result of {model} on {board} ({engine}) yet", f"sktools run {model} --board {board}"
        )
    return newest_bundle(folder)


def newest_bundle(folder: Path) -> Bundle:
    """The bundle that the file `latest` of a <board>-<engine> folder names.

    Raises DataError where that file is damaged and what load_bundle raises.
    """
    latest = folder / LATEST
    try:
        name = latest.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{latest}: is damaged ({error})", "sktools run MODEL writes it anew") from error
    if re.fullmatch(r"[0-9A-Za-z-]{1,100}", name) is None:
        raise DataError(f"{latest}: does not name a bundle", "sktools run MODEL writes it anew")
    return load_bundle(folder / name)


def bundles(root: Path) -> tuple[Bundle, ...]:
    """The newest bundle of every model, board and engine below `root`."""
    return tuple(newest_bundle(latest.parent) for latest in sorted(root.glob(f"*/*/{LATEST}")))


def layers_csv(profile: Profile) -> str:
    """One row a layer; the same profile gives the same bytes."""
    header = [
        "index", "name", "block", "op", "kernel", "macs", "instructions", "cycles", "cycles_high", "cycles_per_mac",
        "latency_us", "observable", "elements", "mismatched", "max_abs_diff", "sqnr_db",
    ]  # fmt: skip
    return _csv(header, [_layer_row(layer) for layer in profile.layers])


def blocks_csv(profile: Profile) -> str:
    """One row a block."""
    header = [
        "name",
        "macs",
        "cycles",
        "cycles_high",
        "latency_ms",
        "ms_per_sleep_hour",
        "share",
        "elements",
        "mismatched",
    ]
    rows = [
        [
            block.name,
            block.macs,
            _number(block.cycles, 1),
            _number(block.cycles_high, 1),
            _number(block.latency_ms, 6),
            _number(block.ms_per_sleep_hour, 6),
            _number(block.share, 6),
            block.parity.elements,
            block.parity.mismatched,
        ]
        for block in profile.blocks
    ]
    return _csv(header, rows)


def sleep_csv(nights: Sequence[Mapping[str, Any]]) -> str:
    """One row per night and side (true, predicted), one column per statistic; what a night does not have is empty."""
    names = list(nights[0]["predicted"]) if nights else []
    rows = [
        [night["subject"], side, *("" if night[side].get(name) is None else f"{night[side][name]:g}" for name in names)]
        for night in nights
        for side in ("true", "predicted")
        if night[side] is not None
    ]
    return _csv(["subject", "stages", *names], rows)


def _layer_row(layer: LayerProfile) -> list[object]:
    parity = layer.parity
    per_mac = layer.cycles / layer.macs if layer.cycles and layer.macs else None
    return [
        layer.index,
        layer.name,
        layer.block,
        layer.op,
        layer.kernel,
        layer.macs,
        _number(layer.instructions, 1),
        _number(layer.cycles, 1),
        _number(layer.cycles_high, 1),
        _number(per_mac, 4),
        _number(layer.latency_us, 3),
        int(layer.observable),
        parity.elements if parity else "",
        parity.mismatched if parity else "",
        parity.max_abs_diff if parity else "",
        _number(layer.sqnr_db, 2),
    ]


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def _csv(header: list[str], rows: list[list[object]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return stream.getvalue()


def _dump(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=2, allow_nan=False) + "\n"


def _finite(word: str) -> float:
    """Raises ValueError for what JSON has no numbers for, and a report no place."""
    number = float(word)
    if not math.isfinite(number):
        raise ValueError(f"{word[:20]} is no finite number")
    return number


def _load(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"), parse_constant=_finite, parse_float=_finite)
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{path}: is damaged ({error})", "sktools run MODEL writes a new bundle") from error
    if not isinstance(document, dict):
        raise DataError(f"{path}: holds no JSON object", "sktools run MODEL writes a new bundle")
    return document
