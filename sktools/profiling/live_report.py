"""The `live` and `stager` objects of profile.json, from nights that were replayed into a board's stager."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from sktools.metrics.clock import Clock
from sktools.metrics.yardsticks import CLOCK, MAJORITY, TREES, clock_alone, majority, not_computed
from sktools.model_config import EPOCH_SECONDS, EPOCHS_PER_HOUR
from sktools.profiling import energy
from sktools.profiling.live import (
    NETWORK_PART,
    Costs,
    DeviceNight,
    Judge,
    NightComparison,
    device_accuracy,
    host_accuracy,
    live_rows,
)
from sktools.profiling.live_night import LiveNight, Replay
from sktools.profiling.parity import Int8Array
from sktools.profiling.profile import Profile

ANSWERS_EVERY_MINUTES = (0.5, 5.0)


@dataclass(frozen=True)
class Replayed:
    """Everything that replaying nights gave.

    host: by_lag() of each night's own rows. what_if: name, kappa and epochs of the same nights replayed in other ways,
    on the host. clock: of the model, a yardstick. missing: groups of the feature set of which no night has a value.
    """

    dataset: str
    synthetic: bool
    how: Replay
    nights: Sequence[LiveNight]
    device: Sequence[DeviceNight]
    host: Sequence[Int8Array]
    costs: Costs
    comparison: NightComparison
    judge: Judge
    clock: Clock | None
    missing: Sequence[str]
    left_out: int
    training_included: Sequence[str]
    skipped: Sequence[Mapping[str, str]]
    what_if: Sequence[Mapping[str, Any]] = ()


def with_live(profile: Profile, found: Replayed) -> Profile:
    """The profile of the network with what the chain around it did."""
    return replace(
        profile,
        accuracy=_accuracy(found),
        live=tuple(live_rows(found.nights, [night.by_lag for night in found.device], found.judge, found.dataset)),
        stager=_stager(profile, found),
    )


def night_metrics(found: Replayed) -> list[dict[str, Any]]:
    """`nights` of metrics.json: true stages and the device's answers, -1 if not scored or not answered."""
    return [
        {"subject": night.subject, "true": night.labels.tolist(), "device": device.stages.tolist()}
        for night, device in zip(found.nights, found.device, strict=True)
    ]


def _accuracy(found: Replayed) -> dict[str, Any] | None:
    device = device_accuracy(found.nights, found.device, found.judge, found.dataset)
    host = host_accuracy(found.nights, found.host, found.judge, found.dataset)
    if device is None or host is None:
        return None
    labels = np.concatenate([night.labels for night in found.nights])
    since = np.concatenate([night.since_bedtime for night in found.nights])
    return {
        **device,
        "subjects": [night.subject for night in found.nights if (night.labels >= 0).any()],
        "unlabelled_subjects": [night.subject for night in found.nights if not (night.labels >= 0).any()],
        "yardsticks": {
            MAJORITY: majority(labels, labels >= 0, found.judge.names),
            CLOCK: clock_alone(found.clock, since, labels, labels >= 0, found.judge.names),
            TREES: not_computed("sktools evaluate MODEL --baselines --training-data DIR scores them on this machine"),
        },
        "missing": list(found.missing),
        "synthetic": found.synthetic,
        "left_out": found.left_out,
        "training_included": list(found.training_included),
        "skipped": [dict(item) for item in found.skipped],
        "host": {name: value for name, value in host.items() if name not in ("dataset", "subjects", "frames")},
    }


def _stager(profile: Profile, found: Replayed) -> dict[str, Any]:
    stager, comparison = found.device[0].stager, found.comparison
    means = {name: sum(cycles) / comparison.epochs for name, cycles in found.costs.cycles.items()}
    return {
        "delay_minutes": stager.delay_epochs * EPOCH_SECONDS / 60,
        "state_bytes": stager.bytes,
        "epochs": comparison.epochs,
        "refused_samples": sum(night.refused for night in found.device),
        "replay": asdict(found.how),
        "parts": [
            {"name": name, "cycles": mean, "cycles_max": float(max(found.costs.cycles[name]))}
            for name, mean in means.items()
        ],
        "per_sleep_hour": [_hour(profile, means, minutes) for minutes in ANSWERS_EVERY_MINUTES] if means else [],
        "against_host": {
            "bytes": comparison.parity.elements,
            "bytes_different": comparison.parity.mismatched,
            "rows_different": comparison.rows,
            "masks_different": comparison.masks,
            "stages_same": comparison.stages,
            "features_close": dict(comparison.share),
        },
        "what_if": [dict(item) for item in found.what_if],
    }


def _hour(profile: Profile, means: Mapping[str, float], minutes: float) -> dict[str, Any]:
    """The chain's cost per hour of sleep: features every epoch, the network every so many minutes."""
    answers = 60 / minutes
    cycles = sum(mean * (answers if name == NETWORK_PART else EPOCHS_PER_HOUR) for name, mean in means.items())
    milliseconds = None
    if profile.clock_hz is not None:
        factor = profile.calibration.factor if profile.calibration else 1.0
        milliseconds = cycles * factor / profile.clock_hz * 1e3
    known = milliseconds is not None and profile.clock_hz is not None and energy.known_at(profile.clock_hz)
    microjoules = energy.estimated_microjoules(milliseconds) if known and milliseconds is not None else None
    return {"answer_every_minutes": minutes, "cycles": cycles, "ms": milliseconds, "energy_uj": microjoules}
