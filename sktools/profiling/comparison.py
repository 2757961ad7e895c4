"""Two results side by side: what changed from one to the other, and whether that is within limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sktools.errors import UsageError
from sktools.profiling.profile import LayerProfile, Profile
from sktools.strict_yaml import parse, read_yaml, suggest

COSTS = (
    "cycles",
    "cycles_high",
    "instructions",
    "latency_ms",
    "ms_per_sleep_hour",
    "energy_uj_per_sleep_hour",
    "arena_bytes",
    "flash_bytes",
    "ram_bytes",
    "model_bytes",
    "stack_bytes",
)
SCORES = ("accuracy", "f1", "kappa", "average_precision")
FIGURES = (*COSTS, "mismatched", *SCORES)
"""Every figure that is compared and that a threshold may name."""
WHOLE_FROM = 1000


@dataclass(frozen=True)
class Delta:
    """One figure of both results; None where a result has none. change: after - before, ratio: after / before."""

    name: str
    before: float | None
    after: float | None

    @property
    def change(self) -> float | None:
        return None if self.before is None or self.after is None else self.after - self.before

    @property
    def ratio(self) -> float | None:
        return None if not self.before or self.after is None else self.after / self.before


@dataclass(frozen=True)
class Comparison:
    """before, after: what identifies each result. notes: what could not be compared, and why.

    layer_unit: of the layers' values, 'cycles' if both results count alike, else 'us'.
    violations: one line per limit that is not met; empty without limits.
    """

    before: Mapping[str, str]
    after: Mapping[str, str]
    figures: tuple[Delta, ...]
    blocks: tuple[Delta, ...]
    layers: tuple[Delta, ...]
    notes: tuple[str, ...]
    layer_unit: str
    violations: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        def rows(deltas: Sequence[Delta]) -> list[dict[str, Any]]:
            return [{**asdict(delta), "change": delta.change, "ratio": delta.ratio} for delta in deltas]

        return {
            "before": dict(self.before),
            "after": dict(self.after),
            "figures": rows(self.figures),
            "blocks": rows(self.blocks),
            "layers": rows(self.layers),
            "layer_unit": self.layer_unit,
            "notes": list(self.notes),
            "violations": list(self.violations),
        }


@dataclass(frozen=True)
class Limit:
    """Bounds of one figure.

    max_increase, max_decrease: of after against before, a share of it (0.02 is 2 %) for costs and a difference for
    scores and mismatched. max, min: of after alone.
    """

    max_increase: float | None = None
    max_decrease: float | None = None
    max: float | None = None
    min: float | None = None


def compare(before: Profile, after: Profile) -> Comparison:
    """What changed from `before` to `after`.

    Raises UsageError where the two are not comparable: other networks, contracts or frame lengths.
    """
    _check_comparable(before, after)
    notes: list[str] = []
    same_unit = _cycles_compare(before, after, notes)
    first, second = _figures(before), _figures(after)
    if not same_unit:
        for name in ("cycles", "cycles_high", "instructions"):
            first[name] = second[name] = None
    if not _scores_compare(before, after, notes):
        first |= dict.fromkeys(SCORES)
        second |= dict.fromkeys(SCORES)
    if before.model_sha256 != after.model_sha256:
        notes.append("the two .tflite files differ: the same network with other weights")
    return Comparison(
        before=_identity(before),
        after=_identity(after),
        figures=tuple(Delta(name, first[name], second[name]) for name in FIGURES),
        blocks=tuple(
            Delta(one.name, one.ms_per_sleep_hour, other.ms_per_sleep_hour)
            for one, other in zip(before.blocks, after.blocks, strict=True)
        ),
        layers=tuple(
            Delta(
                one.name, one.cycles if same_unit else one.latency_us, other.cycles if same_unit else other.latency_us
            )
            for one, other in zip(before.layers, after.layers, strict=True)
        ),
        notes=tuple(notes),
        layer_unit="cycles" if same_unit else "us",
    )


def load_limits(path: Path) -> dict[str, Limit]:
    """Limits by figure from a YAML file.

    Raises UsageError for an unknown figure or bound, or a value that is no number.
    """
    document = read_yaml(path)
    for name in document:
        if name not in FIGURES:
            raise UsageError(f"{path}: figure '{name}' is unknown; {suggest(str(name), FIGURES)}")
    return {name: parse(Limit, bounds, f"{path}: {name}") for name, bounds in document.items()}


def violations(comparison: Comparison, limits: Mapping[str, Limit]) -> tuple[str, ...]:
    """One line for each limit that is not met. A figure that is not there does not meet its limit."""
    deltas = {delta.name: delta for delta in comparison.figures}
    found = []
    for name, limit in limits.items():
        delta = deltas[name]
        if delta.after is None:
            found.append(f"{name}: has a limit, but the result does not tell it")
            continue
        if limit.max is not None and delta.after > limit.max:
            found.append(f"{name}: {_told(delta.after)}, at most {_told(limit.max)} is allowed")
        if limit.min is not None and delta.after < limit.min:
            found.append(f"{name}: {_told(delta.after)}, at least {_told(limit.min)} is wanted")
        for bound, sign, word in ((limit.max_increase, 1, "rose"), (limit.max_decrease, -1, "fell")):
            found += _moved_too_far(delta, bound, sign, word)
    return tuple(found)


def _moved_too_far(delta: Delta, bound: float | None, sign: int, word: str) -> list[str]:
    if bound is None or delta.after is None:
        return []
    if delta.before is None or delta.change is None:
        return [f"{delta.name}: has a limit on its change, but the earlier result does not tell it"]
    relative = delta.name in COSTS
    moved = sign * delta.change
    allowed = bound * delta.before if relative else bound
    if moved <= allowed:
        return []
    limit = f"{bound * 100:g} %" if relative else f"{bound:g}"
    return [f"{delta.name}: {word} from {_told(delta.before)} to {_told(delta.after)}, at most {limit} is allowed"]


def _told(value: float) -> str:
    """A figure in a sentence: whole where it is large, else four digits."""
    return f"{value:,.0f}" if abs(value) >= WHOLE_FROM else f"{value:.4g}"


def _check_comparable(before: Profile, after: Profile) -> None:
    if before.contract != after.contract:
        raise UsageError(f"not comparable: the contracts differ ({before.contract}, {after.contract})")
    if before.frame_hours != after.frame_hours:
        raise UsageError(
            f"not comparable: frames of {before.frame_hours:g} h in one and of {after.frame_hours:g} h in the other"
        )
    one, other = _network(before.layers), _network(after.layers)
    if one != other:
        where = next(
            (position for position, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]),
            min(len(one), len(other)),
        )
        raise UsageError(
            f"not comparable: {before.model} and {after.model} are different networks "
            f"({len(one)} and {len(other)} layers, the first difference at layer {where})"
        )


def _network(layers: Sequence[LayerProfile]) -> list[tuple[str, str, int]]:
    return [(layer.block, layer.op, layer.macs) for layer in layers]


def _cycles_compare(before: Profile, after: Profile, notes: list[str]) -> bool:
    kinds = before.counter.kind, after.counter.kind
    if kinds[0] == kinds[1]:
        if kinds[0] != "cycle-model" or (before.totals.cycles_high is None) == (after.totals.cycles_high is None):
            return True
        notes.append("cycles are not compared: one result is priced by the cycle model of schema version 1")
        return False
    notes.append(f"cycles are not compared: one result counts by {kinds[0]}, the other by {kinds[1]}; latency is")
    one, other = (profile.totals.latency_kind or "not told" for profile in (before, after))
    if one != other:
        notes.append(f"latency is {one} before and {other} after")
    return False


def _scores_compare(before: Profile, after: Profile, notes: list[str]) -> bool:
    one, other = before.accuracy, after.accuracy
    if one is None or other is None:
        if one or other:
            notes.append("accuracy is not compared: one result has none")
        return False
    for what in ("dataset", "subjects", "frames"):
        if one[what] != other[what]:
            notes.append(f"accuracy is not compared: the results are of other {what}")
            return False
    return True


def _figures(profile: Profile) -> dict[str, float | None]:
    totals, memory = asdict(profile.totals), asdict(profile.memory)
    found = {name: totals.get(name, memory.get(name)) for name in COSTS}
    found["mismatched"] = profile.parity.mismatched
    return found | {name: (profile.accuracy or {}).get(name) for name in SCORES}


def _identity(profile: Profile) -> dict[str, str]:
    return {
        "model": profile.model,
        "sha256": profile.model_sha256,
        "board": profile.board,
        "engine": profile.engine,
        "optimize": profile.optimize,
        "counter": profile.counter.kind,
        "latency_kind": profile.totals.latency_kind or "",
        "energy_kind": profile.totals.energy_kind or "",
        "created": profile.created,
    }
