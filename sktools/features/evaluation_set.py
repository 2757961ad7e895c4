"""The frames that a model is scored on: subjects that it was not trained on, unless asked otherwise."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sktools.datasets.recording import Recording, person_of
from sktools.datasets.registry import Dataset, Skipped
from sktools.errors import DataError, UsageError
from sktools.features.feature_set import FeatureSet, FeatureTable, find_feature_set
from sktools.features.frames import Night, cut, prepare_night
from sktools.model_config import ModelConfig, bedtime_epoch


@dataclass(frozen=True)
class NightSpan:
    """A night that the frames were cut from. start: clock time of the first epoch, may be empty.

    measured: bool [epochs], whether any feature of the epoch is. bedtime: s from the first epoch.
    """

    subject: str
    start: str
    measured: NDArray[np.bool_]
    bedtime: float = 0.0


@dataclass(frozen=True)
class EvaluationSet:
    """Frames of a data set's nights, each epoch once, in the reader's subject order.

    features: float32 [n, epochs, features], normalised. labels: int64 [n, epochs], -1 where not scored.
    mask: bool [n, epochs]. frame_subjects: subject id of each frame, [n].
    subjects: ids scored. left_out: subjects not scored because the model was trained on them.
    training_included: the ids among `subjects` that the model was trained on (empty unless asked for).
    skipped: subjects whose files are bad. synthetic: True for a generated data set.
    nights: of `subjects`, in their order. missing: groups of the feature set of which no night has a value.
    """

    dataset: str
    features: NDArray[np.float32]
    labels: NDArray[np.int64]
    mask: NDArray[np.bool_]
    frame_subjects: tuple[str, ...]
    subjects: tuple[str, ...]
    left_out: int
    training_included: tuple[str, ...]
    skipped: tuple[Skipped, ...]
    synthetic: bool
    nights: tuple[NightSpan, ...] = ()
    missing: tuple[str, ...] = ()

    def epochs_since_bedtime(self) -> NDArray[np.int64]:
        """Of each row of each frame, int64 [n, epochs]; negative before bedtime."""
        epochs = int(self.labels.shape[1])
        bedtimes = {night.subject: bedtime_epoch(night.bedtime) for night in self.nights}
        reached: dict[str, int] = {}
        first = np.zeros(len(self.frame_subjects), np.int64)
        for index, subject in enumerate(self.frame_subjects):
            first[index] = reached.setdefault(subject, -bedtimes.get(subject, 0))
            reached[subject] += epochs
        return np.asarray(first[:, None] + np.arange(epochs))


def training_subjects(metrics_file: Path, dataset: str) -> frozenset[str] | None:
    """Ids of the subjects that a model was trained on, from its metrics.json; empty if there is no such file.

    dataset: the name of the data set. None if the ids are unknown: the files of a published model name its data sets,
    and no subjects. Raises DataError if the file is there but damaged.
    """
    try:
        document = json.loads(metrics_file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return frozenset()
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{metrics_file}: is not valid JSON, so the training subjects are unknown") from error
    published = _published_data_sets(metrics_file.with_name("configuration.json"))
    if published is not None and not (isinstance(document, dict) and "training_subjects" in document):
        return None if dataset in published else frozenset()
    try:
        return frozenset(map(str, document["training_subjects"].get(dataset, [])))
    except (KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{metrics_file}: holds no 'training_subjects' by data set") from error


def _published_data_sets(configuration: Path) -> frozenset[str] | None:
    """Names under `datasets` in a published model's configuration.json; None where there is no such list."""
    try:
        listed = json.loads(configuration.read_text(encoding="utf-8"))["datasets"]
        return frozenset(str(entry["name"]).lower() for entry in listed)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def load_nights(
    config: ModelConfig,
    dataset: Dataset,
    subjects: Iterable[str] | None = None,
    on_skip: Callable[[Skipped], None] | None = None,
) -> tuple[Night, ...]:
    """Every readable night of a data set (or of some of its subjects), normalised and mapped to classes."""
    feature_set = find_feature_set(config.features.set)
    if len(feature_set.names) != config.network.features:
        raise UsageError(
            f"feature set '{feature_set.name}' has {len(feature_set.names)} features, "
            f"the network of '{config.name}' takes {config.network.features}"
        )
    return tuple(_night(config, feature_set, recording) for recording in dataset.recordings(subjects, on_skip))


def _night(config: ModelConfig, feature_set: FeatureSet, recording: Recording) -> Night:
    table = _table(feature_set, recording)
    missing = [name for name, columns in feature_set.groups.items() if not table.valid[:, list(columns)].any()]
    night = prepare_night(table, config.features, config.classes)
    return replace(night, start=recording.start, bedtime=recording.bedtime, missing=tuple(missing))


def _table(feature_set: FeatureSet, recording: Recording) -> FeatureTable:
    """Features of a recording. Raises DataError where it holds nothing but features of another set."""
    if not _supplies(recording, feature_set):
        raise DataError(
            f"data set '{recording.dataset}' holds features of another set, none of '{feature_set.name}', here",
            "--dataset NAME --data DIR with the recordings themselves",
        )
    return feature_set.extract(recording)


def _supplies(recording: Recording, feature_set: FeatureSet) -> bool:
    held = set(recording.features)
    return bool(not held or recording.signals or recording.waveforms or held & set(feature_set.names))


def supplies(config: ModelConfig, dataset: Dataset) -> bool:
    """False if a data set holds ready features, and they are of another set than the model's.

    Looks at the first subject that can be read; raises what Dataset.recordings raises.
    """
    return _supplies(next(dataset.recordings()), find_feature_set(config.features.set))


def evaluation_set(
    config: ModelConfig,
    dataset: Dataset,
    metrics_file: Path | None = None,
    include_training: bool = False,
    subjects: Iterable[str] | None = None,
    on_skip: Callable[[Skipped], None] | None = None,
    need_labels: bool = True,
) -> EvaluationSet:
    """The frames to score a model on.

    metrics_file: the model's metrics.json, which names its training subjects.
    include_training: score those as well. subjects: score only these, whether trained on or not.
    need_labels: refuse nights of which no epoch is scored; without it they are frames like others, all masked.
    Raises UsageError (unknown subject), MissingError (absent folder), DataError (nothing to score).
    """
    told = training_subjects(metrics_file, dataset.name) if metrics_file else frozenset()
    # If the ids are unknown, every subject counts as trained on.
    trained = frozenset(dataset.subjects()) if told is None else told
    skipped: list[Skipped] = []

    def note(item: Skipped) -> None:
        skipped.append(item)
        if on_skip is not None:
            on_skip(item)

    left_out = 0
    wanted = None if subjects is None else list(subjects)
    if wanted is None and not include_training and trained:
        available = dataset.subjects()
        people = set(map(person_of, trained))
        wanted = [subject for subject in available if person_of(subject) not in people]
        left_out = len(available) - len(wanted)
        if not wanted:
            why = f"the model was trained on all {left_out} subjects of data set '{dataset.name}'"
            if told is None:
                why = f"the model was trained on data set '{dataset.name}', and does not tell on which of its subjects"
            raise DataError(why, "--include-training scores them all the same")
    nights = load_nights(config, dataset, wanted, note)
    frames = [cut(night, config.network.epochs) for night in nights]
    if not frames or (need_labels and not any(part.mask.any() for part in frames)):
        raise DataError(
            f"data set '{dataset.name}': no scored epoch in {len(nights)} subjects",
            "--hypnogram FILE.csv writes the stages of nights without labels",
        )
    scored = tuple(night.subject for night in nights)
    return EvaluationSet(
        dataset=dataset.name,
        features=np.concatenate([part.features for part in frames]),
        labels=np.concatenate([part.labels for part in frames]),
        mask=np.concatenate([part.mask for part in frames]),
        frame_subjects=tuple(
            night.subject for night, part in zip(nights, frames, strict=True) for _ in range(len(part.features))
        ),
        subjects=scored,
        left_out=left_out,
        training_included=tuple(subject for subject in scored if person_of(subject) in set(map(person_of, trained))),
        skipped=tuple(skipped),
        synthetic=dataset.reader.synthetic,
        nights=tuple(NightSpan(night.subject, night.start, night.measured, night.bedtime) for night in nights),
        missing=tuple(group for group in nights[0].missing if all(group in night.missing for night in nights)),
    )


def by_night(
    chosen: EvaluationSet, answers: NDArray[np.int64]
) -> Iterator[tuple[NightSpan, NDArray[np.int64], NDArray[np.int64]]]:
    """Each night with its labels and answers, [epochs] each, padding left out.

    answers: [n, epochs] of the set's first n frames. Nights beyond them are left out, the last one may be cut short.
    """
    owners = np.array(chosen.frame_subjects[: len(answers)])
    for night in chosen.nights:
        mine = np.flatnonzero(owners == night.subject)
        if len(mine):
            length = len(night.measured)
            yield night, chosen.labels[mine].ravel()[:length], answers[mine].ravel()[:length]
