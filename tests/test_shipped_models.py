"""The trained models of the zoo: files that belong together, and figures that can be had again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sktools import zoo
from sktools.datasets.registry import open_dataset
from sktools.datasets.sleep_accel import SleepAccel
from sktools.metrics.clock import read_clock
from sktools.metrics.complexity import parameters
from sktools.model_config import resolved
from sktools.training.causal_cost import causal_scores
from sktools.training.evaluation import evaluate
from tests.support.sleep_accel_files import real_folder

NAMES = ("ss-2-tcn-sm", "ss-3-tcn-sm", "ss-4-tcn-sm", "ss-5-tcn-sm")
NIGHT, WATCH = tuple(f"{name}-night" for name in NAMES), tuple(f"{name}-watch" for name in NAMES)
ALL = (*NAMES, *NIGHT, *WATCH)
SUCCESSORS = {"-hr": "-night", "-causal": "-watch"}
FILES = ("configuration.json", "history.json", "model.keras", "model_float.tflite", "README.md", "metrics.json")
SCORES = ("accuracy", "f1", "kappa", "average_precision", "confusion", "subjects", "intervals")


def shipped(name: str) -> tuple[zoo.ModelRef, dict[str, Any]]:
    entry = next(entry for entry in zoo.entries(local=Path("/nowhere")) if entry.name == name)
    reference = zoo.resolve(name, local=Path("/nowhere"))
    assert reference.folder == entry.folder
    return reference, json.loads((entry.folder / "metrics.json").read_text())


@pytest.mark.parametrize("name", ALL)
def test_the_files_of_a_model_belong_together(name: str) -> None:
    reference, metrics = shipped(name)
    assert all((reference.folder / file).is_file() for file in FILES)
    assert metrics["sha256"] == reference.sha256
    config = reference.config
    assert config is not None and config.name == name
    assert json.loads((reference.folder / "configuration.json").read_text()) == json.loads(json.dumps(resolved(config)))
    history = json.loads((reference.folder / "history.json").read_text())
    assert len(history) == config.training.epochs == metrics["training_epochs"]
    card = (reference.folder / "README.md").read_text()
    assert (
        SleepAccel.attribution in card and "Not a medical device" in card and f"{parameters(config.network):,}" in card
    )
    first = config.training.first
    assert (f"learnt the classes of {first} first" in card) == (first is not None)


@pytest.mark.parametrize("name", ALL)
def test_the_held_out_subjects_are_the_configurations(name: str) -> None:
    reference, metrics = shipped(name)
    assert reference.config is not None
    for dataset, held_out in reference.config.held_out.items():
        assert metrics["held_out"][dataset] == list(held_out) == metrics["int8"][dataset]["subjects"]
        assert not set(held_out) & set(metrics["training_subjects"][dataset])
    assert len(metrics["held_out"]["sleep-accel"]) == 5
    assert metrics["held_out"]["sleep-accel"] == shipped(NAMES[0])[1]["held_out"]["sleep-accel"]


@pytest.mark.parametrize("name", ALL)
def test_quantization_costs_little(name: str) -> None:
    reference, metrics = shipped(name)
    assert reference.config is not None
    assert max(metrics["f1_drop"].values()) <= reference.config.quantization.max_f1_drop
    assert metrics["int8"]["sleep-accel"]["kappa"] > 0.1


@pytest.mark.parametrize("name", NAMES)
def test_the_synthetic_cohort_is_scored_the_same_and_stays_below_the_bound(name: str) -> None:
    _, metrics = shipped(name)
    assert metrics["held_out"] == shipped(NAMES[0])[1]["held_out"]
    assert 0.3 < metrics["int8"]["synthetic"]["kappa"] < metrics["oracle_kappa"]["synthetic"]


@pytest.mark.parametrize("name", NAMES)
def test_the_figures_on_real_nights_can_be_had_again(name: str) -> None:
    folder = real_folder()
    reference, metrics = shipped(name)
    report = evaluate(reference, open_dataset("sleep-accel", folder))
    recorded = metrics["int8"]["sleep-accel"]
    assert {key: report[key] for key in SCORES} == {key: recorded[key] for key in SCORES}
    assert report["left_out"] == len(metrics["training_subjects"]["sleep-accel"])
    assert reference.config is not None
    causal = causal_scores(
        reference.tflite.read_bytes(),
        reference.config,
        open_dataset("sleep-accel", folder),
        metrics["held_out"]["sleep-accel"],
    )
    assert causal == metrics["causal"]["sleep-accel"]
    card = (reference.folder / "README.md").read_text()
    assert f"the same weights reach kappa {causal['kappa']:.3f} instead of {report['kappa']:.3f}" in card


@pytest.mark.parametrize("name", [*NIGHT, *WATCH])
def test_a_night_or_watch_model_has_its_networks_shape_and_classes(name: str) -> None:
    config, other = (shipped(part)[0].config for part in (name, name.rpartition("-")[0]))
    assert config is not None and other is not None
    assert (config.network, config.classes) == (other.network, other.classes)
    assert config.features.set == ("fs-watch-14" if name in WATCH else "fs-night-14")
    assert (config.live is not None) == (name in WATCH)
    assert list(config.held_out) == ["sleep-accel"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("retired", "successor"), SUCCESSORS.items())
def test_a_retired_name_leads_to_the_model_that_took_its_place(name: str, retired: str, successor: str) -> None:
    nowhere = Path("/nowhere")
    assert name + retired not in {entry.name for entry in zoo.entries(nowhere)}
    for asked in (name + retired, name.removesuffix("-tcn-sm") + retired):
        reference = zoo.resolve(asked, nowhere)
        assert reference.name == name + successor
        assert reference.alias_note == f"'{asked}' is retired: {name + successor} takes its place"
        assert zoo.find_config(asked, nowhere)[0].name == name + successor


def test_the_figures_on_the_synthetic_cohort_can_be_had_again() -> None:
    reference, metrics = shipped(NAMES[0])
    report = evaluate(reference, open_dataset("synthetic"), subjects=metrics["held_out"]["synthetic"][:2])
    for subject, scores in report["by_subject"].items():
        assert scores == metrics["int8"]["synthetic"]["by_subject"][subject]


@pytest.mark.parametrize("name", [*NIGHT, *WATCH])
def test_a_night_or_watch_model_beats_the_clock_by_cross_validation(name: str) -> None:
    reference, metrics = shipped(name)
    found = metrics["cross_validation"]
    assert (found["people"], found["folds"]) == (25, 5)
    assert found["ways"]["model"]["above_clock"]["interval"][0] > 0
    clock = read_clock(reference.folder, reference.config.classes.names if reference.config else None)
    assert clock is not None and clock.logit_prior.any()
    assert "## Cross-validation (int8)" in (reference.folder / "README.md").read_text()


@pytest.mark.parametrize("name", [*NIGHT, "ss-3-tcn-sm-watch"])
def test_the_figures_of_a_night_and_a_watch_model_can_be_had_again(name: str) -> None:
    folder = real_folder()
    reference, metrics = shipped(name)
    report = evaluate(reference, open_dataset("sleep-accel", folder))
    recorded = metrics["int8"]["sleep-accel"]
    assert {key: report[key] for key in SCORES} == {key: recorded[key] for key in SCORES}
    assert report["decision"] == recorded["decision"]
