"""Training end to end on a small network: files, split, determinism, resume, thresholds."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from sktools import zoo
from sktools.datasets.registry import open_dataset
from sktools.errors import DataError, ThresholdError, UsageError
from sktools.metrics.reference import reference_logits
from sktools.model_config import ModelConfig, PriorConfig, resolved
from sktools.training.causal_cost import causal_scores
from sktools.training.evaluation import evaluate
from sktools.training.progress import Progress
from sktools.training.trainer import train

SYNTHETIC = [open_dataset("synthetic")]
FILES = {
    *("config.yaml", "configuration.json", "model.keras", "model.tflite", "model_float.tflite"),
    *("metrics.json", "history.json", "README.md", "clock.json"),
}


def write_config(config: ModelConfig, path: Path) -> Path:
    import yaml

    document = resolved(config)
    document["classes"]["map"] = {int(stage): target for stage, target in document["classes"]["map"].items()}
    path.write_text(yaml.safe_dump(document))
    return path


def frames() -> np.ndarray:
    return np.random.default_rng(5).normal(size=(3, 240, 14)).astype(np.float32)


def test_a_trained_model_is_complete_and_evaluates(small_config: ModelConfig, tmp_path: Path) -> None:
    steps: list[Progress] = []
    output = tmp_path / "small"
    prior = PriorConfig((60.0, *[0.0] * 13), (5.0, *[1.0] * 13))
    config = dataclasses.replace(small_config, features=dataclasses.replace(small_config.features, prior=prior))
    source = write_config(config, tmp_path / "config.yaml")
    result = train(config, SYNTHETIC, output, source, progress=steps.append)
    assert {path.name for path in output.iterdir()} == FILES
    assert [step.done for step in steps if step.phase == "fit"] == [1, 2, 3, 4]
    metrics = json.loads((output / "metrics.json").read_text())
    assert metrics == json.loads(json.dumps(result.metrics))
    held_out, trained = metrics["held_out"]["synthetic"], metrics["training_subjects"]["synthetic"]
    assert held_out == ["syn-005", "syn-010"] and len(trained) == 58 and not set(held_out) & set(trained)
    assert set(metrics["validation_subjects"]["synthetic"]) < set(trained)
    assert set(metrics["int8"]["synthetic"]["by_subject"]) == set(held_out)
    assert 0.5 < metrics["oracle_kappa"]["synthetic"] < 1
    reference = zoo.resolve(str(output))
    assert reference.sha256 == metrics["sha256"] and reference.config is not None
    report = evaluate(reference, open_dataset("synthetic"))
    assert report["subjects"] == held_out and report["left_out"] == 58 and report["synthetic"]
    for key in ("accuracy", "f1", "kappa", "average_precision", "confusion"):
        assert report[key] == metrics["int8"]["synthetic"][key]
    content = reference.tflite.read_bytes()
    assert metrics["causal"] == {"synthetic": causal_scores(content, config, open_dataset("synthetic"), held_out)}
    assert metrics["causal"]["synthetic"]["kappa"] != report["kappa"]
    card = (output / "README.md").read_text()
    assert "Normalised causally" in card
    assert "Not a medical device" in card and "syn-005, syn-010" in card and "Synthetic cohort" in card


def test_training_learns(small_config: ModelConfig, tmp_path: Path) -> None:
    recipe = dataclasses.replace(small_config.training, epochs=12, steps=20, batch=8, learning_rate=1e-2)
    config = dataclasses.replace(small_config, training=recipe)
    result = train(config, SYNTHETIC, tmp_path / "small")
    report = result.metrics["int8"]["synthetic"]
    assert 0.2 < report["kappa"] < result.metrics["oracle_kappa"]["synthetic"]
    assert result.history[-1]["loss"] < result.history[0]["loss"]


def test_the_same_seed_gives_the_same_model_and_another_another(small_config: ModelConfig, tmp_path: Path) -> None:
    logits = []
    for folder, seed in (("a", 1), ("b", 1), ("c", 2)):
        train(small_config, SYNTHETIC, tmp_path / folder, seed=seed, epochs=2)
        logits.append(reference_logits((tmp_path / folder / "model.tflite").read_bytes(), frames()))
    assert np.array_equal(logits[0], logits[1]) and not np.array_equal(logits[0], logits[2])


def test_a_resumed_run_ends_where_an_uninterrupted_one_ends(small_config: ModelConfig, tmp_path: Path) -> None:
    whole = train(small_config, SYNTHETIC, tmp_path / "whole")

    class Interrupted(Exception):
        pass

    def interrupt(step: Progress) -> None:
        # After the checkpoint of epoch 2, in the middle of what epoch 4 would save.
        if step.phase == "fit" and step.done == 3:
            raise Interrupted

    broken = tmp_path / "broken"
    with pytest.raises(Interrupted):
        train(small_config, SYNTHETIC, broken, progress=interrupt)
    assert {path.name for path in broken.iterdir()} == {"checkpoint"}
    fitted: list[int] = []
    again = train(
        small_config,
        SYNTHETIC,
        broken,
        resume=True,
        progress=lambda step: fitted.append(step.done) if step.phase == "fit" else None,
    )
    assert fitted == [3, 4]
    assert again.history == whole.history
    for name in ("model.tflite", "model_float.tflite"):
        one, other = ((tmp_path / folder / name).read_bytes() for folder in ("whole", "broken"))
        assert np.array_equal(reference_logits(one, frames()), reference_logits(other, frames()))


def test_a_checkpoint_of_another_run_is_refused(small_config: ModelConfig, tmp_path: Path) -> None:
    def interrupt(step: Progress) -> None:
        if step.phase == "fit" and step.done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(small_config, SYNTHETIC, tmp_path, progress=interrupt)
    with pytest.raises(DataError, match="another configuration, seed or data"):
        train(small_config, SYNTHETIC, tmp_path, seed=99, resume=True)
    (tmp_path / "checkpoint" / "state.npz").write_bytes(b"PK\x03\x04 not really")
    with pytest.raises(DataError, match="is damaged"):
        train(small_config, SYNTHETIC, tmp_path, resume=True)


def test_quantization_loss_beyond_the_threshold_ends_with_3(small_config: ModelConfig, tmp_path: Path) -> None:
    strict = dataclasses.replace(
        small_config, quantization=dataclasses.replace(small_config.quantization, max_f1_drop=-1.0)
    )
    with pytest.raises(ThresholdError, match=r"loses .* weighted F1 on 'synthetic'") as caught:
        train(strict, SYNTHETIC, tmp_path / "small", epochs=1)
    assert caught.value.exit_code == 3
    assert (tmp_path / "small" / "model.tflite").is_file()


def test_nothing_to_train_on_is_refused(small_config: ModelConfig, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no data set given"):
        train(small_config, [], tmp_path / "small")
    with pytest.raises(UsageError, match="did you mean 'synthetic'"):
        train(small_config, [open_dataset("synthetics")], tmp_path / "small")
    assert not (tmp_path / "small").exists()
