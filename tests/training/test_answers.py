"""Live answers against a slow twin that knows one epoch at a time, and their causality."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from sktools import zoo
from sktools.datasets.registry import open_dataset
from sktools.features.evaluation_set import EvaluationSet, evaluation_set
from sktools.features.feature_set import find_feature_set
from sktools.metrics.clock import Clock
from sktools.metrics.live import DELAYS_MINUTES
from sktools.metrics.reference import reference_outputs
from sktools.model_config import FeaturesConfig, LiveConfig, ModelConfig, PriorConfig
from sktools.training.answers import answered, answers
from tests.support.sleep_accel_files import write_subject

MODEL = zoo.resolve("ss-3-watch")
assert MODEL.config is not None
FEATURES = find_feature_set("fs-watch-14")
WATCH = dataclasses.replace(
    MODEL.config,
    features=FeaturesConfig("fs-watch-14", "causal", 6.0, PriorConfig((0.0,) * 14, (1.0,) * 14)),
    live=LiveConfig(2.5, "of a test"),
    temperature=1.0,
)
STAGES = ([0] * 20 + [1] * 10 + [2] * 60 + [5] * 20) * 3
CLOCK = Clock(
    ("WAKE", "NREM", "REM"),
    5,
    np.full((40, 3), 1 / 3),
    np.concatenate([np.linspace([3.0, 0.0, -3.0], [0.0, 0.0, 0.0], 12), np.zeros((28, 3))]),
)


def write_night(folder: Path, change_from: int | None = None, seed: int = 0) -> None:
    """One night with counts. change_from: everything from this epoch on is another recording's."""
    write_subject(folder, "1", STAGES)
    generator = np.random.default_rng(1)
    counts = generator.exponential(5, len(STAGES))
    path = folder / "heart_rate" / "1_heartrate.txt"
    rows = [tuple(map(float, line.split(","))) for line in path.read_text().splitlines()]
    if change_from is not None:
        other = np.random.default_rng(seed)
        counts[change_from:] = other.exponential(50, len(STAGES) - change_from)
        rows = [(time, bpm if time < change_from * 30 else other.uniform(40, 150)) for time, bpm in rows]
    path.write_text("".join(f"{time:.5f},{bpm:.3f}\n" for time, bpm in rows))
    (folder / "counts").mkdir(exist_ok=True)
    lines = [f"{30 * epoch} {count:.4f}" for epoch, count in enumerate(counts)]
    (folder / "counts" / "1_counts.txt").write_text("\n".join(lines))


def frames_of(folder: Path, config: ModelConfig = WATCH) -> EvaluationSet:
    return evaluation_set(config, open_dataset("sleep-accel", folder))


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> EvaluationSet:
    folder = tmp_path_factory.mktemp("night")
    write_night(folder)
    return frames_of(folder)


def test_every_delay_is_what_a_slow_twin_reads(night: EvaluationSet) -> None:
    content = MODEL.tflite.read_bytes()
    found = answers(content, WATCH, night, CLOCK, live=True)
    assert found.by_delay is not None and tuple(found.by_delay) == DELAYS_MINUTES
    features = night.features.reshape(-1, 14)[: len(STAGES)]
    for epoch in (0, 3, 7, 100, 239, 240, len(STAGES) - 2, len(STAGES) - 1):
        for minutes, logits in found.by_delay.items():
            now = min(epoch + int(minutes * 2), len(STAGES) - 1)
            frame = np.zeros((240, 14), np.float32)
            seen = features[max(0, now - 239) : now + 1]
            frame[240 - len(seen) :] = seen
            output = reference_outputs(content, frame[None])
            row = output.values[0, 239 - (now - epoch)].astype(int)
            prior = np.round(CLOCK.logit_prior[min(epoch // 10, 39)] / output.scale).astype(int)
            wanted = np.float32(output.scale) * (row + prior - output.zero_point).astype(np.float32)
            assert np.allclose(logits.reshape(-1, 3)[epoch], wanted, atol=1e-6), (epoch, minutes)


def test_every_labelled_epoch_counts_in_every_row(night: EvaluationSet) -> None:
    found = answers(MODEL.tflite.read_bytes(), WATCH, night, CLOCK, live=True)
    document = answered(found, WATCH)
    assert [row["delay_minutes"] for row in document["live"]] == [0, 1, 2.5, 5, 10, 30]
    for row in document["live"]:
        assert row["epochs"] == len(STAGES)
        assert sum(scores["support"] for scores in row["per_class"].values()) == len(STAGES)
        assert set(row["per_class"]) == {"WAKE", "NREM", "REM"} and 0 <= row["per_class"]["WAKE"]["recall"] <= 1
    assert document["decision"]["delay_minutes"] == 2.5 and not document["decision"]["looks_ahead"]
    assert 0 <= document["decision"]["ece"] <= 1
    # Without --live a watch's model is scored at its recommended delay, and nothing else is said.
    plain = answers(MODEL.tflite.read_bytes(), WATCH, night, CLOCK)
    assert found.by_delay is not None and np.array_equal(plain.logits, found.by_delay[2.5])
    assert set(answered(plain, WATCH)) == {"decision"}


def test_a_model_for_nights_that_are_over_is_said_to_look_ahead(night: EvaluationSet) -> None:
    recorded = dataclasses.replace(
        WATCH, live=None, features=dataclasses.replace(WATCH.features, normalisation="subject")
    )
    assert answers(MODEL.tflite.read_bytes(), recorded, night).live is None
    asked = answers(MODEL.tflite.read_bytes(), recorded, night, live=True)
    assert asked.looks_ahead and asked.live is not None and asked.live.delay_minutes == 5


def test_the_clock_and_the_temperature_change_the_answers(night: EvaluationSet) -> None:
    content = MODEL.tflite.read_bytes()
    plain = answers(content, WATCH, night)
    prior = answers(content, WATCH, night, CLOCK)
    awake = [found.logits.reshape(-1, 3)[:120].argmax(axis=1).tolist().count(0) for found in (plain, prior)]
    assert awake[1] > awake[0]
    assert np.array_equal(prior.logits.reshape(-1, 3)[130:], plain.logits.reshape(-1, 3)[130:])
    softer = answers(content, dataclasses.replace(WATCH, temperature=2.0), night, CLOCK)
    assert np.array_equal(softer.logits.argmax(axis=-1), prior.logits.argmax(axis=-1))
    assert np.allclose(2 * softer.logits, prior.logits)


@pytest.mark.parametrize("now", [4, 150, 290])
def test_what_comes_later_changes_no_answer(night: EvaluationSet, tmp_path: Path, now: int) -> None:
    write_night(tmp_path, change_from=now + 1, seed=now)
    other = frames_of(tmp_path)
    assert not np.array_equal(other.features, night.features)
    content = MODEL.tflite.read_bytes()
    before, after = (answers(content, WATCH, chosen, CLOCK, live=True).by_delay for chosen in (night, other))
    assert before is not None and after is not None
    for minutes in DELAYS_MINUTES:
        known = max(0, now + 1 - int(minutes * 2))
        kept, changed = before[minutes].reshape(-1, 3), after[minutes].reshape(-1, 3)
        assert np.array_equal(kept[:known], changed[:known]), minutes
