"""Cross-validation of a model as it answers: int8, with the decision step, everything learned inside each fold.

Each person is answered once per seed, by a model that learned from the people of the other folds. What a fold answered
is kept in a file, so that a run that was cut off goes on with the next fold.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktools.datasets.recording import deal
from sktools.datasets.registry import Dataset, Skipped
from sktools.errors import DataError, UsageError
from sktools.features.feature_set import find_feature_set
from sktools.features.frames import Night, cut
from sktools.features.live import read_late, rolling
from sktools.metrics.decision import decided_logits
from sktools.metrics.live import DELAYS_MINUTES
from sktools.metrics.reference import Outputs, reference_outputs
from sktools.model_config import EPOCH_SECONDS, ModelConfig, bedtime_epoch, config_digest
from sktools.partial import replace_file
from sktools.training.cohort import Cohort, read_cohort
from sktools.training.learning import Learned, learn
from sktools.training.progress import Progress, ProgressCallback, silent
from sktools.training.tensorflow_setup import require_tensorflow
from sktools.training.trees import fit_trees

FOLDS, SEEDS = 5, (42, 7)
ALONE, CLOCK, TREES = "model", "clock", "trees"
HIDDEN = "without {}"
Answers = dict[str, dict[str, NDArray[np.float32]]]
"""Way -> subject -> logits [epochs, classes], whose argmax is the answer."""


@dataclass(frozen=True)
class Validated:
    """One seed's answers. subjects: in the reader's order. labels: subject -> class index per epoch, -1 not scored.
    folds: subjects of each fold. answers: see Answers; the ways are ALONE (at the recommended delay of a model for a
    watch), CLOCK, TREES if asked for, `without SENSOR` if asked for, and `live D` per delay for a watch's model.
    """

    seed: int
    subjects: tuple[str, ...]
    labels: Mapping[str, NDArray[np.int64]]
    folds: tuple[tuple[str, ...], ...]
    answers: Answers


def live_way(minutes: float) -> str:
    """The way of a delay, such as 'live 2.5'."""
    return f"live {minutes:g}"


def validate(
    config: ModelConfig,
    dataset: Dataset,
    folder: Path,
    seeds: Sequence[int] = SEEDS,
    folds: int = FOLDS,
    hide: Sequence[str] = (),
    trees: bool = False,
    subjects: Sequence[str] | None = None,
    progress: ProgressCallback = silent,
) -> list[Validated]:
    """Cross-validate a model, one entry per seed. Subjects are dealt to the folds in turn, in the reader's order.

    folder: of the folds' files; a fold whose configuration and data are the same is not fitted again.
    hide: sensors, by their names in the feature set; the model also answers without each of them.
    trees: fit gradient-boosted trees on the model's own features too.
    subjects: only these, None for all.
    Raises UsageError for an unknown sensor, DataError if there are too few people.
    """
    require_tensorflow()
    groups = find_feature_set(config.features.set).groups
    for sensor in hide:
        if sensor not in groups:
            raise UsageError(f"'{sensor}' is no sensor of {config.features.set}: {', '.join(groups)}")

    def note(item: Skipped) -> None:
        progress(Progress("skip", message=f"{item.dataset} {item.subject}: {item.reason}"))

    progress(Progress("read", message=f"reading {dataset.name}"))
    cohort = read_cohort(dataset, subjects, note)
    people = cohort.subjects
    parts = deal(people, folds)
    if folds < 2 or not all(parts):
        raise DataError(f"data set '{dataset.name}': {len(people)} usable subjects do not make {folds} folds")
    labels = {night.subject: night.labels for night in cohort.nights(config.features, config.classes, people)}
    folder.mkdir(parents=True, exist_ok=True)
    result = []
    for seed in seeds:
        seeded = dataclasses.replace(config, training=dataclasses.replace(config.training, seed=seed))
        answers: Answers = {}
        for fold, held_out in enumerate(parts):
            rest = [subject for subject in people if subject not in held_out]
            step = f"seed {seed}, fold {fold + 1} of {folds}"
            found = _fold(seeded, cohort, rest, held_out, folder, fold, hide, trees, _named(progress, step))
            for way, nights in found.items():
                answers.setdefault(way, {}).update(nights)
        result.append(Validated(seed, people, labels, parts, answers))
    return result


def _named(progress: ProgressCallback, step: str) -> ProgressCallback:
    return lambda found: progress(
        found if found.phase == "skip" else dataclasses.replace(found, message=f"{found.message} {step}".strip())
    )


def _fold(
    config: ModelConfig,
    cohort: Cohort,
    rest: Sequence[str],
    held_out: Sequence[str],
    folder: Path,
    fold: int,
    hide: Sequence[str],
    trees: bool,
    progress: ProgressCallback,
) -> Answers:
    """What a model of `rest` answers to `held_out`, from the fold's file if it is there."""
    path = folder / f"{config.name}-seed-{config.training.seed}-fold-{fold + 1}.npz"
    digest = _digest(config, cohort, rest, held_out)
    kept = _read(path, digest)
    wanted = {ALONE, CLOCK, *(HIDDEN.format(sensor) for sensor in hide), *([TREES] if trees else [])}
    if wanted <= set(kept):
        progress(Progress("read", message="already there:"))
        return kept
    found = dict(kept)
    if not wanted - {TREES} <= set(kept):
        learned = learn(config, cohort, rest, progress, folder)
        found |= answered(learned, cohort, held_out, hide, progress)
    if trees and TREES not in found:
        found[TREES] = _by_trees(config, cohort, rest, held_out)
    _write(path, digest, found)
    return found


def answered(
    learned: Learned,
    cohort: Cohort,
    subjects: Sequence[str],
    hide: Sequence[str] = (),
    progress: ProgressCallback = silent,
) -> Answers:
    """What a model answers to the nights of some people; see Validated for the ways."""
    config = learned.config
    result: Answers = {CLOCK: {}}
    groups = find_feature_set(config.features.set).groups
    nights = cohort.nights(config.features, config.classes, subjects)
    for done, night in enumerate(nights):
        progress(Progress("answer", done, len(nights)))
        since = np.arange(len(night.labels)) - bedtime_epoch(night.bedtime)
        result[CLOCK][night.subject] = np.log(learned.clock.shares_of(since)).astype(np.float32)
        for way, logits in _night_answers(learned, night, since).items():
            result.setdefault(way, {})[night.subject] = logits
        for sensor in hide:
            features = night.features.copy()
            features[:, list(groups[sensor])] = 0.0
            hidden = _night_answers(learned, dataclasses.replace(night, features=features), since)
            result.setdefault(HIDDEN.format(sensor), {})[night.subject] = hidden[ALONE]
    progress(Progress("answer", len(nights), len(nights)))
    return result


def _night_answers(learned: Learned, night: Night, since: NDArray[np.int64]) -> dict[str, NDArray[np.float32]]:
    """ALONE, and every delay of a model for a watch -> logits [epochs, classes]."""
    config, epochs, length = learned.config, learned.config.network.epochs, len(night.labels)

    def decided(outputs: Outputs, values: NDArray[Any]) -> NDArray[np.float32]:
        return decided_logits(dataclasses.replace(outputs, values=values), since, learned.clock)

    if config.live is None:
        outputs = reference_outputs(learned.tflite, cut(night, epochs).features)
        return {ALONE: decided(outputs, outputs.values.reshape(-1, outputs.values.shape[-1])[:length])}
    outputs = reference_outputs(learned.tflite, rolling(night.features, epochs))
    found = {
        live_way(minutes): decided(outputs, read_late(outputs.values, round(minutes * 60 / EPOCH_SECONDS)))
        for minutes in DELAYS_MINUTES
    }
    return {ALONE: decided(outputs, read_late(outputs.values, config.live.delay_epochs)), **found}


def _by_trees(
    config: ModelConfig, cohort: Cohort, rest: Sequence[str], held_out: Sequence[str]
) -> dict[str, NDArray[np.float32]]:
    fitted = fit_trees(cohort.nights(config.features, config.classes, rest), len(config.classes.names))
    return {
        night.subject: np.log(np.maximum(fitted.probabilities(night.features), 1e-9))
        for night in cohort.nights(config.features, config.classes, held_out)
    }


def _digest(config: ModelConfig, cohort: Cohort, rest: Sequence[str], held_out: Sequence[str]) -> str:
    """Of the configuration and of every number that a fold's model sees or answers."""
    digest = hashlib.sha256(config_digest(config).encode())
    for people in (rest, held_out):
        digest.update(",".join(people).encode())
        for table in cohort.tables(config.features.set, people):
            digest.update(table.values.tobytes() + table.valid.tobytes() + table.stages.tobytes())
    return digest.hexdigest()


def _write(path: Path, digest: str, answers: Answers) -> None:
    arrays = {f"{way}/{subject}": logits for way, nights in answers.items() for subject, logits in nights.items()}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, meta=np.array(json.dumps({"digest": digest})), **arrays)  # type: ignore[arg-type]
    replace_file(path, buffer.getvalue())


def _read(path: Path, digest: str) -> Answers:
    """The answers in a fold's file; none if it is of another configuration or of other data, or damaged."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            if json.loads(str(archive["meta"]))["digest"] != digest:
                return {}
            found: Answers = {}
            for name in archive.files:
                if name != "meta":
                    way, subject = name.rsplit("/", 1)
                    found.setdefault(way, {})[subject] = archive[name]
            return found
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
        return {}
