"""`sktools train`: from data sets to a model folder."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sktools import zoo
from sktools.datasets.registry import Dataset, Skipped
from sktools.errors import DataError, ThresholdError, UsageError
from sktools.features.evaluation_set import EvaluationSet, evaluation_set, load_nights
from sktools.features.feature_set import find_feature_set
from sktools.features.frames import Night, cut
from sktools.metrics.clock import CLOCK_FILE, Clock, write_clock
from sktools.model_config import ModelConfig, config_digest, resolved
from sktools.partial import check_writable, partial_folder
from sktools.training.answers import answered, answers
from sktools.training.batches import Sampler
from sktools.training.causal_cost import causal_scores
from sktools.training.evaluation import scored
from sktools.training.first_training import Training, train_in_turn, trainings
from sktools.training.fitting import History, ValidationSet
from sktools.training.model_card import model_card
from sktools.training.progress import Progress, ProgressCallback, silent
from sktools.training.quantize import check_operators, to_float, to_int8
from sktools.training.split import Split, split_subjects
from sktools.training.stage_prior import clock_of
from sktools.training.teachers import Taught, by_classes, teach, teacher_nights
from sktools.training.tensorflow_setup import require_tensorflow
from sktools.training.validation_summary import summary
from sktools.training.yardsticks import people_trees, yardsticks

if TYPE_CHECKING:
    import keras

HISTORY_FILE = "history.json"
CONFIGURATION_FILE = "configuration.json"
CARD_FILE = "README.md"
CHECKPOINT = Path("checkpoint") / "state.npz"
SCHEMA_VERSION = 1


@dataclass(frozen=True)
class TrainingResult:
    """What training wrote. metrics: as in metrics.json. history: one entry a training epoch."""

    folder: Path
    metrics: dict[str, Any]
    history: History


@dataclass(frozen=True)
class _Material:
    """Nights of one data set by their part in training, and the frames that the result is scored on."""

    split: Split
    train: tuple[Night, ...]
    validation: tuple[Night, ...]
    held_out: EvaluationSet


def train(
    config: ModelConfig,
    datasets: Sequence[Dataset],
    output: Path,
    config_file: Path | None = None,
    seed: int | None = None,
    epochs: int | None = None,
    resume: bool = False,
    progress: ProgressCallback = silent,
    cross_validation: Mapping[str, Any] | None = None,
) -> TrainingResult:
    """Fit, quantize and score a model, and write its folder: config.yaml, configuration.json, model.keras,
    model.tflite, model_float.tflite, metrics.json, history.json, clock.json and README.md, each complete or not at all.

    output: the model's folder, such as ./models/ss-2-tcn-sm; the checkpoint stands there while it runs.
    config_file: copied to config.yaml. seed, epochs: instead of the configuration's.
    resume: go on from the checkpoint; the result is that of the uninterrupted run.
    cross_validation: the document of `sktools cross-validate --json` for this configuration; its figures stand in
    metrics.json and on the card.
    Where `training.first` asks for a first training, history.json tells of the second one.
    Raises UsageError, DataError and MissingError for what it is given, ThresholdError (after writing) where int8
    loses more weighted F1 than `quantization.max_f1_drop`.
    """
    if not datasets:
        raise UsageError("no data set given to train on", "--dataset synthetic")
    require_tensorflow()
    recipe = config.training
    recipe = dataclasses.replace(
        recipe, seed=recipe.seed if seed is None else seed, epochs=recipe.epochs if epochs is None else epochs
    )
    config = dataclasses.replace(config, training=recipe)
    plan = trainings(config)
    materials = [_load(config, dataset, progress) for dataset in datasets]
    check_writable(output)
    pairs = list(zip(datasets, materials, strict=True))
    stages = _taught(config, pairs, progress)
    runs = [_run(wanted, [_relabelled(wanted, *pair) for pair in pairs], stages) for wanted in plan[:-1]]
    runs.append(_run(config, materials, stages))

    def tell(number: int, epoch: int, figures: dict[str, float]) -> None:
        names = ", ".join(runs[number].config.classes.names)
        message = f"{number + 1} of {len(runs)}: {names}" if len(runs) > 1 else ""
        progress(Progress("fit", epoch, recipe.epochs, figures, message))

    checkpoint = output / CHECKPOINT
    model, history = train_in_turn(runs, checkpoint, _digest(runs), resume, tell)
    progress(Progress("convert", message="converting to int8"))
    representative = calibration_frames(runs[-1].nights, config)
    int8, single = to_int8(model, representative), to_float(model)
    clock = clock_of(config, runs[-1].nights)
    metrics = _metrics(config, materials, int8, single, clock, history, progress)
    if cross_validation is not None:
        metrics["cross_validation"] = summary(config, cross_validation)
    metrics["causal"] = _causal(config, datasets, materials, int8)
    _publish(config, datasets, materials, output, config_file, model, int8, single, clock, metrics, history)
    shutil.rmtree(checkpoint.parent, ignore_errors=True)
    for dataset, drop in metrics["f1_drop"].items():
        if drop > config.quantization.max_f1_drop:
            raise ThresholdError(
                f"{config.name}: int8 loses {drop:.4f} weighted F1 on '{dataset}', "
                f"at most {config.quantization.max_f1_drop:g} is allowed; the model was written to {output}",
                "raise quantization.calibration_frames or train longer",
            )
    return TrainingResult(output, metrics, history)


def calibration_frames(nights: Sequence[Night], config: ModelConfig) -> NDArray[np.float32]:
    """Frames that activation ranges are taken from: training batches, so that missing sensors are among them."""
    count = config.quantization.calibration_frames
    recipe = dataclasses.replace(config.training, batch=count, steps=1, noise=0.0, frames_per_subject=4)
    sampler = Sampler(
        nights, dataclasses.replace(config, training=recipe), find_feature_set(config.features.set), recipe.seed + 1
    )
    return sampler.epoch(0)[0].features


def _load(config: ModelConfig, dataset: Dataset, progress: ProgressCallback) -> _Material:
    progress(Progress("read", message=f"reading {dataset.name}"))

    def note(item: Skipped) -> None:
        progress(Progress("skip", message=f"{item.dataset} {item.subject}: {item.reason}"))

    nights = {night.subject: night for night in load_nights(config, dataset, None, note)}
    usable = [subject for subject, night in nights.items() if np.any(night.labels >= 0)]
    split = split_subjects(config, dataset.name, usable)
    if not split.held_out:
        raise DataError(f"data set '{dataset.name}': none of the held-out subjects of config.yaml is usable")
    return _Material(
        split,
        tuple(nights[subject] for subject in split.train),
        tuple(nights[subject] for subject in split.validation),
        evaluation_set(config, dataset, subjects=split.held_out),
    )


def _relabelled(config: ModelConfig, dataset: Dataset, material: _Material) -> _Material:
    """The same nights to train on, labelled by the classes of another configuration."""
    split = material.split
    loaded = load_nights(config, dataset, [*split.train, *split.validation])
    nights = {night.subject: night for night in loaded}
    return dataclasses.replace(
        material,
        train=tuple(nights[subject] for subject in split.train),
        validation=tuple(nights[subject] for subject in split.validation),
    )


def _taught(
    config: ModelConfig, pairs: Sequence[tuple[Dataset, _Material]], progress: ProgressCallback
) -> Taught | None:
    """What the teachers say of the base stages in the nights to train on, None without teachers."""
    if config.training.teacher is None:
        return None
    nights = [night for dataset, material in pairs for night in teacher_nights(config, dataset, material.split.train)]
    return teach(nights, progress)


def _run(config: ModelConfig, materials: Sequence[_Material], stages: Taught | None) -> Training:
    return Training(
        config,
        [night for material in materials for night in material.train],
        [_validation(material, config.network.epochs) for material in materials if material.validation],
        None if stages is None else by_classes(stages, config.classes),
    )


def _validation(material: _Material, epochs: int) -> ValidationSet:
    frames = [cut(night, epochs) for night in material.validation]
    return ValidationSet(
        material.split.dataset,
        np.concatenate([part.features for part in frames]),
        np.concatenate([part.labels for part in frames]),
        np.concatenate([part.mask for part in frames]),
    )


def _digest(runs: Sequence[Training]) -> str:
    """Of the configurations and of every number that training sees."""
    digest = hashlib.sha256()
    for run in runs:
        digest.update(config_digest(run.config).encode())
        for night in run.nights:
            digest.update(f"{night.dataset}/{night.subject}".encode())
            digest.update(night.features.tobytes())
            digest.update(night.labels.tobytes())
            if run.taught is not None:
                digest.update(run.taught[night.dataset, night.subject].tobytes())
        for part in run.validation:
            digest.update(part.dataset.encode())
            digest.update(part.features.tobytes())
            digest.update(part.labels.tobytes())
    return digest.hexdigest()


def _metrics(
    config: ModelConfig,
    materials: Sequence[_Material],
    int8: bytes,
    single: bytes,
    clock: Clock,
    history: History,
    progress: ProgressCallback,
) -> dict[str, Any]:
    reports: dict[str, dict[str, Any]] = {"int8": {}, "float": {}}
    for material in materials:
        chosen = material.held_out
        trees, people, why = people_trees(config, [*material.train, *material.validation])
        beside = yardsticks(chosen, config.classes, clock, trees, people, why)
        for kind, content in (("int8", int8), ("float", single)):

            def tell(step: Progress, what: str = f"{kind} on {chosen.dataset}") -> None:
                progress(dataclasses.replace(step, message=what))

            live = config.live is not None and kind == "int8"
            found = answers(content, config, chosen, clock, live, tell)
            score = scored(chosen, found.logits, config.classes, beside)
            reports[kind][chosen.dataset] = {**score, **answered(found, config)}
    selected = max(history, key=lambda row: row.get("kappa", row["epoch"]))
    return {
        "schema_version": SCHEMA_VERSION,
        "model": config.name,
        "sha256": hashlib.sha256(int8).hexdigest(),
        "seed": config.training.seed,
        "training_epochs": len(history),
        "chosen_epoch": int(selected["epoch"]),
        # Subjects that chose the weights are not fresh either: they count as trained on.
        "training_subjects": {part.split.dataset: [*part.split.train, *part.split.validation] for part in materials},
        "validation_subjects": {part.split.dataset: list(part.split.validation) for part in materials},
        "held_out": {part.split.dataset: list(part.split.held_out) for part in materials},
        "held_out_rule": config.held_out_rule,
        "operators": dict(check_operators(int8)),
        **reports,
        "f1_drop": {name: reports["float"][name]["f1"] - report["f1"] for name, report in reports["int8"].items()},
        "oracle_kappa": _oracle(config, materials),
    }


def _causal(
    config: ModelConfig, datasets: Sequence[Dataset], materials: Sequence[_Material], int8: bytes
) -> dict[str, dict[str, float]]:
    """Scores on the held-out subjects by causal normalisation, of a model trained on whole nights."""
    if config.features.prior is None or config.features.normalisation == "causal":
        return {}
    return {
        dataset.name: causal_scores(int8, config, dataset, material.split.held_out)
        for dataset, material in zip(datasets, materials, strict=True)
    }


def _oracle(config: ModelConfig, materials: Sequence[_Material]) -> dict[str, float]:
    from sktools.datasets.oracle import oracle_kappa
    from sktools.datasets.synthetic import Synthetic, cohort_night

    ids = Synthetic().subjects(None)
    return {
        part.split.dataset: oracle_kappa(
            (cohort_night(ids.index(subject)) for subject in part.split.held_out), config.classes.map
        )
        for part in materials
        if part.split.dataset == Synthetic.name
    }


def _publish(
    config: ModelConfig,
    datasets: Sequence[Dataset],
    materials: Sequence[_Material],
    output: Path,
    config_file: Path | None,
    model: keras.Model,
    int8: bytes,
    single: bytes,
    clock: Clock,
    metrics: dict[str, Any],
    history: History,
) -> None:
    """Write everything to a temporary folder beside the model's, then move file by file, metrics first: a reader
    never meets a half-written file, nor a model whose training subjects are not told.
    """
    output.mkdir(parents=True, exist_ok=True)
    with partial_folder(output, "partial") as folder:
        _write_json(folder / zoo.METRICS_FILE, metrics)
        _write_json(folder / CONFIGURATION_FILE, resolved(config))
        _write_json(folder / HISTORY_FILE, history)
        card = model_card(config, datasets, [material.split for material in materials], metrics)
        (folder / CARD_FILE).write_text(card, encoding="utf-8")
        write_clock(folder / CLOCK_FILE, clock)
        (folder / zoo.FLOAT_TFLITE_FILE).write_bytes(single)
        (folder / zoo.TFLITE_FILE).write_bytes(int8)
        model.save(folder / zoo.KERAS_FILE)
        if config_file is not None:
            shutil.copyfile(config_file, folder / zoo.CONFIG_FILE)
        order = [zoo.CONFIG_FILE, zoo.METRICS_FILE, CONFIGURATION_FILE, HISTORY_FILE, CARD_FILE, CLOCK_FILE]
        for file in [*order, zoo.KERAS_FILE, zoo.FLOAT_TFLITE_FILE, zoo.TFLITE_FILE]:
            if (folder / file).exists():
                (folder / file).replace(output / file)


def _write_json(path: Path, document: object) -> None:
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
