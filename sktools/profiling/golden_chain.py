"""The golden vector of an exported library's whole chain: samples by a formula, and what the host answers to them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sktools.build.export_stager import Chain
from sktools.compiler.compiled import CompiledModel
from sktools.compiler.reference import Reference
from sktools.datasets.recording import Recording, Signal
from sktools.model_config import EPOCH_SECONDS, ModelConfig
from sktools.profiling.live import Judge, by_lag
from sktools.profiling.live_model import live_decision, stager_facts
from sktools.profiling.live_night import START_MS, Replay, live_night

EPOCHS, PER_EPOCH, STEP_MS, FIRST_MS = 30, 6, 5000, 1000
LEAST_MARGIN = 4
"""Steps of the output between the two likeliest classes: a feature that is rounded otherwise does not turn those."""

UNSURE = -2


def heart_rate(k: int) -> float:
    """As in templates/export/chain_selftest.c.j2."""
    return float(56 + (k * 7 + k * k) % 11 + 12 * (k // 50 % 2))


def count(epoch: int) -> float:
    """As in templates/export/chain_selftest.c.j2."""
    return float(epoch * epoch * 5 % 40) if epoch % 3 == 0 else 0.0


def golden_chain(model: CompiledModel, tflite: bytes, config: ModelConfig, folder: Path, clock: bool = True) -> Chain:
    """folder: of the model's files. clock: False leaves the stage prior out.

    Raises UsageError, DataError as with_live_stager() does.
    """
    decision = live_decision(model, config, folder, clock)
    facts = stager_facts(config, decision)
    judge = Judge(decision, model.output.scale, config.temperature, config.classes.names, facts.delay_epochs)
    samples = range(EPOCHS * PER_EPOCH)
    times = [(FIRST_MS + k % PER_EPOCH * STEP_MS) / 1000 + k // PER_EPOCH * EPOCH_SECONDS for k in samples]
    signals = {
        "heart_rate": Signal(np.array(times), np.array([heart_rate(k) for k in samples]), "bpm"),
        "activity_counts": Signal(
            EPOCH_SECONDS * np.arange(EPOCHS, dtype=float), np.array([count(e) for e in range(EPOCHS)]), "counts"
        ),
    }
    recording = Recording("golden", "golden", np.full(EPOCHS, -1, np.int8), signals)
    night = live_night(recording, config, model.input, Replay())
    logits = by_lag(night.rows, model, Reference(tflite), config.network.classes, (facts.delay_epochs,))
    scores = judge.scores(night, logits[0])
    ordered = np.sort(scores, axis=1)
    sure = ordered[:, -1] - ordered[:, -2] >= LEAST_MARGIN
    stages = np.where(sure, scores.argmax(axis=1), UNSURE)
    return Chain(tuple(stages.tolist()), START_MS, PER_EPOCH, STEP_MS, FIRST_MS)
