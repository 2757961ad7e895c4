"""`sktools live`: nights replayed into a board's stager, epoch by epoch, and its answers held against the host's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from sktools.boards.driver import driver_for
from sktools.build.stager import is_live
from sktools.compiler.reference import Reference
from sktools.datasets.registry import Skipped
from sktools.errors import DataError, UsageError
from sktools.features.evaluation_set import training_subjects
from sktools.features.feature_set import find_feature_set
from sktools.metrics.clock import read_clock
from sktools.metrics.quantized import dequantize
from sktools.pipeline import door
from sktools.pipeline.events import EpochDone
from sktools.pipeline.measure import ParityError, bundle_line, check_outputs, check_parity, write
from sktools.pipeline.options import AOT
from sktools.pipeline.stage import Stage, Work
from sktools.pipeline.stages import only
from sktools.profiling.inputs import FrameSet
from sktools.profiling.live import (
    Costs,
    EpochReport,
    Judge,
    by_lag,
    compare_nights,
    frame_now,
    host_accuracy,
    replay,
)
from sktools.profiling.live_model import live_decision, stager_facts
from sktools.profiling.live_night import LiveNight, Replay, live_night
from sktools.profiling.live_report import Replayed, night_metrics, with_live
from sktools.profiling.run import Request, Result, profile_board
from sktools.zoo import METRICS_FILE

LAYER_FRAMES = 4
"""Frames of the nights that the network's layers are measured with; its cycles hardly depend on the data."""

WHAT_IF: dict[str, Callable[[Replay], Replay]] = {
    "put on an hour after bedtime": lambda how: replace(how, late_start=60.0),
    "without the time": lambda how: replace(how, clock=False),
}
"""Other ways of replaying the same nights, scored on the host."""


def check_live(work: Work) -> None:
    """Raises UsageError if the model cannot answer from samples, or another engine than the compiler's is asked for."""
    config = work.model.config
    if config is None:
        raise UsageError(
            f"{work.model.tflite}: no config.yaml beside it, so its features are not known",
            "sktools profile MODEL measures the network alone",
        )
    if work.options.engine != AOT:
        raise UsageError(f"the stager is built with the engine {AOT} only", f"--engine {AOT}")
    if not is_live(config):
        raise UsageError(
            f"{config.name} has no live feature set: {config.features.set} cannot be computed on the chip",
            "sktools profile MODEL measures the network alone; sktools zoo list shows the models for a watch",
        )


def read_nights(work: Work) -> None:
    """The nights as the watch meets them. Raises DataError if none can be used, UsageError for an unknown subject."""
    config, dataset, options = work.model.config, work.dataset, work.options
    assert config is not None
    if dataset is None:
        raise UsageError("sktools live needs recordings", "--dataset NAME --data DIR")
    work.live_left_out, work.live_skipped, found = 0, [], []
    wanted = options.subjects
    trained = training_subjects(work.model.folder / METRICS_FILE, dataset.name)
    if wanted is None and not options.include_training:
        available = dataset.subjects()
        wanted = [subject for subject in available if trained is not None and subject not in trained]
        work.live_left_out = len(available) - len(wanted)
        if not wanted:
            raise DataError(
                f"the model was trained on all {len(available)} subjects of data set '{dataset.name}'",
                "--include-training replays them all the same",
            )
        if work.live_left_out:
            work.note(f"{work.live_left_out} subjects that the model was trained on are left out")

    def skipped(item: Skipped) -> None:
        work.live_skipped.append({"subject": item.subject, "reason": item.reason})
        work.caution(f"{item.dataset} {item.subject}: {item.reason}")

    for recording in dataset.recordings(wanted, skipped):
        try:
            found.append(live_night(recording, config, work.build.model.input, options.replay))
        except DataError as error:
            skipped(Skipped(dataset.name, recording.subject, error.message))
    if not found:
        raise DataError(f"data set '{dataset.name}': no night can be replayed", "sktools list datasets")
    work.live_nights = tuple(found)
    work.live_trained = tuple(night.subject for night in found if trained is None or night.subject in trained)
    if work.live_trained:
        work.caution(f"{len(work.live_trained)} subjects that the model was trained on are replayed too")


def nights_begin(work: Work) -> str:
    return f"reading the data set {work.dataset.name}" if work.dataset is not None else ""


def replay_nights(work: Work) -> None:
    """Replays the nights into the board and works out the host's answers. Raises LinkError, MissingError."""
    config, model, nights = work.model.config, work.build.model, work.live_nights
    assert config is not None and work.dataset is not None
    oracle, classes = Reference(work.build.tflite.read_bytes()), config.network.classes
    decision = live_decision(model, config, work.model.folder)
    judge = Judge(
        decision,
        model.output.scale,
        config.temperature,
        config.classes.names,
        stager_facts(config, decision).delay_epochs,
    )
    costs, device = Costs(), []

    def on_epoch(report: EpochReport) -> None:
        work.report(EpochDone(work.stage, f"{report.subject} epoch {report.epoch + 1} of {report.epochs}", report))

    driver = driver_for(work.board)
    with driver.open(work.build, work.options.port, work.options.baud) as session:
        for night in nights:
            device.append(replay(night, session, model, costs, judge.lags, on_epoch))
    work.note("comparing with the host's answers")
    host = [by_lag(night.rows, model, oracle, classes, judge.lags) for night in nights]
    reference = [
        own if np.array_equal(answered.rows, night.rows) else by_lag(answered.rows, model, oracle, classes, judge.lags)
        for night, answered, own in zip(nights, device, host, strict=True)
    ]
    names = find_feature_set(config.features.set).names
    found = Replayed(
        dataset=work.dataset.name,
        synthetic=work.dataset.reader.synthetic,
        how=work.options.replay,
        nights=nights,
        device=device,
        host=host,
        costs=costs,
        comparison=compare_nights(nights, device, reference, host, names, judge),
        judge=judge,
        clock=read_clock(work.model.folder, config.classes.names),
        missing=_missing(work),
        left_out=work.live_left_out,
        training_included=work.live_trained,
        skipped=work.live_skipped,
        what_if=tuple(_what_if(work, oracle, judge)) if work.options.what_if else (),
    )
    work.frames = _frames(work)
    request = Request(
        model=work.model.name,
        build=work.build,
        board=work.board,
        frames=work.frames,
        float_tflite=work.model.float_tflite,
        classes=config.classes.names,
        port=work.options.port,
        baud=work.options.baud,
        meter=None,
    )
    result = profile_board(request, driver)
    profile = with_live(result.profile, found)
    metrics = {**result.metrics, "accuracy": profile.accuracy, "nights": night_metrics(found)}
    work.result = Result(profile, metrics, result.measurement)


def _missing(work: Work) -> tuple[str, ...]:
    """Groups of the feature set of which no night has a value."""
    assert work.model.config is not None
    groups = find_feature_set(work.model.config.features.set).groups
    return tuple(
        name
        for name, columns in groups.items()
        if not any(night.valid[:, list(columns)].any() for night in work.live_nights)
    )


def _frames(work: Work) -> FrameSet:
    """Frames that end where two hours of a night are full, the first few of all nights."""
    spec, length = work.build.model.input, work.build.model.input.shape[1]
    frames = [
        frame_now(night.rows, epoch, length, spec.zero_point).reshape(spec.shape)
        for night in work.live_nights
        for epoch in range(min(length, night.epochs) - 1, night.epochs, length)
    ][:LAYER_FRAMES]
    values = np.stack(frames)
    assert work.dataset is not None
    return FrameSet(values, dequantize(values, spec.scale, spec.zero_point), f"nights of {work.dataset.name}, replayed")


def _what_if(work: Work, oracle: Reference, judge: Judge) -> Iterator[dict[str, Any]]:
    """The host's kappa of the nights replayed in other ways, beside the way that was asked for."""
    config, model, how = work.model.config, work.build.model, work.options.replay
    assert config is not None and work.dataset is not None
    ways: dict[str, Replay] = {"as replayed": how, **{name: way(how) for name, way in WHAT_IF.items()}}
    subjects = [night.subject for night in work.live_nights]
    for name, way in ways.items():
        nights: list[LiveNight] = []
        for recording in work.dataset.recordings(subjects):
            try:
                nights.append(live_night(recording, config, model.input, way))
            except DataError as error:
                work.caution(f"{name}: {error.message}")
        logits = [by_lag(night.rows, model, oracle, config.network.classes, judge.lags) for night in nights]
        score = host_accuracy(nights, logits, judge, work.dataset.name) if nights else None
        if score is not None:
            yield {"name": name, "kappa": score["kappa"], "epochs": score["epochs"]}


def replay_begins(work: Work) -> str:
    return f"replaying {len(work.live_nights)} nights into {work.model.name} on {work.board.name}"


def check_live_parity(work: Work) -> None:
    """Raises ParityError if a byte that the board's network answered differs from the reference."""
    check_parity(work)
    stager = work.bundle.profile.stager or {}
    against = stager["against_host"]
    if against["bytes_different"]:
        raise ParityError(
            f"{against['bytes_different']:,} of {against['bytes']:,} bytes of the network's answers differ from the "
            "reference",
            "sktools profile MODEL names the first layer that differs",
            work.bundle,
        )


LIVE: tuple[Stage, ...] = (
    *only("model"),
    Stage("live model", "check that the model's features can be computed as the samples come", check_live),
    *only("board"),
    Stage("dataset", "look up the data set and its folder", door.find_dataset),
    *only("build", "flash"),
    Stage("nights", "read the nights as a watch meets them", read_nights, nights_begin),
    Stage("outputs", "check that the results can be written", check_outputs),
    Stage(
        "replay", "give the samples to the board's stager, epoch by epoch, and compare", replay_nights, replay_begins
    ),
    Stage("bundle", "write the result bundle and its report", write, ends=bundle_line),
    Stage("parity", "fail if a byte differs from the reference", check_live_parity),
)
"""A run of `sktools live`."""
