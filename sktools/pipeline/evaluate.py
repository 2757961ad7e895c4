"""`sktools.evaluate`: a model scored on recordings, on this machine, by the reference kernels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sktools.datasets.registry import Dataset, open_dataset
from sktools.errors import MissingError, UsageError
from sktools.metrics.clock import read_clock
from sktools.partial import check_file_writable
from sktools.pipeline import door
from sktools.pipeline.events import Advanced, Listener, silent
from sktools.pipeline.hypnogram import write_hypnogram
from sktools.pipeline.options import RunOptions
from sktools.pipeline.stage import Stage, Work, carry_out
from sktools.pipeline.stages import only
from sktools.training.answers import answered
from sktools.training.evaluation import answer, scored
from sktools.training.progress import Progress, ProgressCallback
from sktools.training.trees import Trees
from sktools.training.yardsticks import NO_TREES, training_data_sets, training_trees, yardsticks
from sktools.zoo import METRICS_FILE


def evaluate(
    model: str | Path,
    *,
    dataset: str | Dataset | None = None,
    data: str | Path | None = None,
    subjects: Sequence[str] | None = None,
    include_training: bool = False,
    baselines: bool = False,
    training_data: Sequence[Dataset] = (),
    lights_off: str | None = None,
    lights_on: str | None = None,
    live: bool = False,
    stage_prior: bool = True,
    hypnogram: str | Path | None = None,
    hypnogram_format: str | None = None,
    progress: Listener = silent,
) -> dict[str, Any]:
    """Scores a model with the reference kernels on recordings: `sktools evaluate`. Needs no board and no TensorFlow.

    dataset, data, subjects, include_training, progress: as in run(); the default is the synthetic cohort.
    baselines: score gradient-boosted trees on the same features too, fitted on the people that the model was trained
    on. training_data: the data sets that hold these people, each opened with its folder; by default `dataset`.
    lights_off, lights_on: the time in bed for the sleep statistics, such as "23:05", "2024-03-01T23:05", or "12.5min"
    after the recording began.
    live: score the answers as a watch has them, with a row for each delay (`live`); a model for a watch is always
    scored so, at its recommended delay. stage_prior: False leaves out what the model adds by the minute of the night.
    hypnogram: a file that gets the stages, in the format of its suffix (.csv, .edf, .tsv, .json) or hypnogram_format.

    Returns what `sktools evaluate --json` prints: accuracy, f1, kappa, average_precision, per_class, confusion,
    by_subject, intervals, sleep, yardsticks and more. Nights without labels get predicted sleep statistics, under
    `unlabelled`; if no night has labels, `epochs` is 0 and there are no scores.
    Raises SktoolsError; OSError if the file cannot be written.
    """

    def training(names: Sequence[str]) -> Sequence[Dataset]:
        known = [*training_data, *([dataset] if isinstance(dataset, Dataset) else [])]
        found = [opened for opened in known if opened.name in names]
        try:
            return found or [open_dataset(name, None if data is None else Path(data)) for name in names]
        except UsageError as error:
            raise MissingError(f"{error.message} (training_data=)") from error

    options = RunOptions(
        model=str(model),
        dataset=dataset,
        data=None if data is None else Path(data),
        subjects=subjects,
        include_training=include_training,
        baselines=baselines or bool(training_data),
        open_training=training,
        lights_off=lights_off,
        lights_on=lights_on,
        live=live,
        stage_prior=stage_prior,
        hypnogram=None if hypnogram is None else Path(hypnogram),
        hypnogram_format=hypnogram_format,
    )
    return carry_out(EVALUATE, options, progress).score


def answer_and_score(work: Work) -> None:
    """Answers every frame, writes the hypnogram that was asked for, and scores the nights."""
    options, config = work.options, work.model.config
    assert work.dataset is not None
    listen = _listener(work)
    given = answer(
        work.model,
        work.dataset,
        options.include_training,
        options.subjects,
        listen,
        need_labels=False,
        clock=options.stage_prior,
        live=options.live,
    )
    assert config is not None
    chosen, logits = given.chosen, given.logits
    if given.looks_ahead:
        work.caution(
            f"the features of {work.model.name} ({config.features.set}, {config.features.normalisation}) look ahead "
            "over the night: a watch cannot have these answers"
        )
    if options.hypnogram is not None:
        files = write_hypnogram(options.hypnogram, chosen, logits, config.classes.names, options.hypnogram_format)
        work.note(f"hypnogram: {', '.join(map(str, files))}")
    beside = {}
    if chosen.mask.any():
        trees, people, why = _trees(work, listen) if options.baselines else (None, "", NO_TREES)
        clock = read_clock(work.model.folder, config.classes.names)
        beside = yardsticks(chosen, config.classes, clock, trees, people, why)
    score = scored(chosen, logits, config.classes, beside, options.lights)
    work.score = {**score, **answered(given, config)}


def _trees(work: Work, listen: ProgressCallback) -> tuple[Trees | None, str, str]:
    """The trees of a model, the people that they were fitted on, and why there are none."""
    config, opener = work.model.config, work.options.open_training
    assert config is not None and opener is not None
    metrics = work.model.folder / METRICS_FILE
    names = training_data_sets(metrics)
    if not names:
        return None, "", f"no {METRICS_FILE} beside {work.model.tflite} names the people that the model was trained on"
    try:
        opened = opener(names)
    except MissingError as error:
        return None, "", error.message
    return *training_trees(config, metrics, opened, listen), ""


def _listener(work: Work) -> ProgressCallback:
    """What training and scoring report, as events of the stage."""

    def listen(step: Progress) -> None:
        if step.phase == "skip":
            work.caution(step.message)
        elif step.total:
            work.report(Advanced(work.stage, step.message, step.done, step.total))
        else:
            work.note(step.message)

    return listen


def _find_recordings(work: Work) -> None:
    work.dataset = door.open_for(work)


def _check_output(work: Work) -> None:
    door.check_lights(work)
    door.check_hypnogram(work)
    if work.options.hypnogram is not None:
        check_file_writable(work.options.hypnogram)


EVALUATE: tuple[Stage, ...] = (
    *only("model"),
    Stage("dataset", "look up the data set and its folder", _find_recordings),
    Stage("outputs", "check that the hypnogram can be written", _check_output),
    Stage("evaluate", "run every frame on the reference and score the answers", answer_and_score),
)
"""The stages of an evaluation, in order."""
