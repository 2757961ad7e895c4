"""A model's answers on an evaluation set: the network's output, read when it is due, and the decision step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktools.features.evaluation_set import EvaluationSet
from sktools.features.feature_set import find_feature_set
from sktools.features.live import into_frames, live_nights, read_late
from sktools.metrics.calibration import expected_calibration_error, probabilities
from sktools.metrics.clock import Clock
from sktools.metrics.decision import decided_logits
from sktools.metrics.live import DELAYS_MINUTES, live_row
from sktools.metrics.reference import Outputs, reference_outputs
from sktools.model_config import EPOCH_SECONDS, LiveConfig, ModelConfig
from sktools.training.progress import Progress, ProgressCallback, silent

DEFAULT_DELAY = LiveConfig(5.0, "no delay is recommended for this model")

Logits = NDArray[np.float32]


@dataclass(frozen=True)
class Answers:
    """logits: float32 [n, epochs, classes] of `chosen`, whose argmax is the decision.

    live: None if each answer comes from a frame of the night that is over. by_delay: the logits at other delays in
    minutes; empty if the model was not asked for them. clock: whether a stage prior was added.
    looks_ahead: the features use more of the night than a watch has.
    """

    chosen: EvaluationSet
    logits: Logits
    clock: bool
    live: LiveConfig | None = None
    by_delay: Mapping[float, Logits] | None = None
    looks_ahead: bool = False


def answers(
    content: bytes,
    config: ModelConfig,
    chosen: EvaluationSet,
    clock: Clock | None = None,
    live: bool = False,
    progress: ProgressCallback = silent,
) -> Answers:
    """What a .tflite answers, by LiteRT's reference kernels.

    clock: of its stage prior, None for none. live: at every delay, also if the model is for nights that are over;
    a model with a recommended delay answers live in any case. Raises ModelError if the .tflite cannot be run.
    """
    has_prior = clock is not None and clock.has_prior
    recommended = config.live or (DEFAULT_DELAY if live else None)

    def tell(done: int, total: int) -> None:
        progress(Progress("evaluate", done, total, message=chosen.dataset))

    def decided(outputs: Outputs) -> Logits:
        return decided_logits(outputs, chosen.epochs_since_bedtime(), clock, config.temperature)

    if recommended is None:
        return Answers(chosen, decided(reference_outputs(content, chosen.features, tell)), has_prior)
    delays = {recommended.delay_minutes, *(DELAYS_MINUTES if live else ())}
    by_delay = {
        minutes: decided(outputs) for minutes, outputs in late_outputs(content, chosen, sorted(delays), tell).items()
    }
    return Answers(
        chosen,
        by_delay[recommended.delay_minutes],
        has_prior,
        recommended,
        by_delay if live else None,
        looks_ahead(config),
    )


def looks_ahead(config: ModelConfig) -> bool:
    """Whether a model's features use more of the night than a watch has at the end of an epoch."""
    causal = find_feature_set(config.features.set).look_ahead_epochs == 0
    return not (causal and config.features.normalisation == "causal")


def late_outputs(
    content: bytes, chosen: EvaluationSet, delays: list[float], progress: Callable[[int, int], None] | None = None
) -> dict[float, Outputs]:
    """Outputs [n, epochs, classes] of an evaluation set by delay in minutes, each epoch read from a rolling frame.

    progress: called with (frames done, frames in all).
    """
    nights = live_nights(chosen)
    total = sum(len(night.frames) for night in nights)
    read: dict[float, list[NDArray[Any]]] = {minutes: [] for minutes in delays}
    outputs, done = Outputs(np.zeros(0, np.int8)), 0
    for night in nights:

        def tell(ran: int, _: int, before: int = done) -> None:
            if progress is not None:
                progress(before + ran, total)

        outputs = reference_outputs(content, night.frames, tell)
        done += len(night.frames)
        for minutes in delays:
            read[minutes].append(read_late(outputs.values, round(minutes * 60 / EPOCH_SECONDS)))
    return {minutes: replace(outputs, values=into_frames(chosen, parts)) for minutes, parts in read.items()}


def answered(found: Answers, config: ModelConfig) -> dict[str, Any]:
    """Keys of the `accuracy` object that say how the answers came about: `decision`, and `live` if asked for.

    decision: clock, temperature, ece (of the scored epochs), and the recommended delay of a live model.
    live: one row per delay, all on every labelled epoch.
    """
    chosen = found.chosen
    decision: dict[str, Any] = {"clock": found.clock, "temperature": config.temperature}
    if chosen.mask.any():
        shares = probabilities(found.logits[chosen.mask])
        decision["ece"] = expected_calibration_error(shares, chosen.labels[chosen.mask])
    if found.live is not None:
        decision |= {
            "delay_minutes": found.live.delay_minutes,
            "delay_reason": found.live.reason,
            "looks_ahead": found.looks_ahead,
        }
    if found.by_delay is None or not chosen.mask.any():
        return {"decision": decision}
    return {
        "decision": decision,
        "live": [
            live_row(minutes, logits, chosen.labels, chosen.mask, config.classes.names)
            for minutes, logits in found.by_delay.items()
        ],
    }
