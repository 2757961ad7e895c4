"""What profile and run share: choosing frames, measuring, writing the bundle, showing it."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sktools.cli import settings
from sktools.cli.console import console
from sktools.cli.options import Connection, Frames, Results
from sktools.errors import ThresholdError, UsageError

if TYPE_CHECKING:
    from sktools.build.build import Build
    from sktools.cli.job import Job
    from sktools.features.evaluation_set import EvaluationSet
    from sktools.profiling.bundle import Bundle
    from sktools.profiling.inputs import FrameSet
    from sktools.profiling.power import PowerMeter
    from sktools.profiling.run import Result


def measure_and_report(
    job: Job, build: Build, choice: Frames, connection: Connection, results: Results, meter: PowerMeter | None = None
) -> None:
    """Measures a build, writes its bundle, shows it. choice: settled. meter: measures the board's energy too.

    Raises ThresholdError (after writing) where a byte differs from the reference.
    """
    from sktools.boards.configure import AOT
    from sktools.cli.results import results_root
    from sktools.partial import check_file_writable, check_writable

    root = results_root(results.output)
    frames = choose_frames(job, build, choice)
    check_writable(root)
    for path in (results.save_outputs, results.hypnogram):
        if path is not None:
            check_file_writable(path)
    result = measure(job, build, frames, connection, meter)
    bundle = write(job, build, frames, result, root)
    if results.save_outputs is not None:
        _save(results.save_outputs, result)
    if results.hypnogram is not None and frames.labelled is not None:
        _hypnogram(results.hypnogram, job, build, frames.labelled, result)
    _show(bundle)
    parity = bundle.profile.parity
    if parity.mismatched:
        wrong = [layer.name for layer in bundle.profile.layers if layer.parity and layer.parity.mismatched]
        first = wrong[0] if wrong else "the output"
        raise ThresholdError(
            f"{parity.mismatched:,} of {parity.elements:,} activations differ from the reference; first: {first}",
            "sktools profile MODEL --optimize none shows every layer"
            if job.engine == AOT
            else "every layer is shown; convert the model with a fixed batch of 1: interpreters get others wrong",
        )


def settle(job: Job, choice: Frames, results: Results) -> Frames:
    """The choice with its data set and folder from the settings, looked at before anything is built or flashed.

    Without a data set where none was named and the default one holds other features than the model's.

    Raises UsageError for options that exclude each other, or an unknown data set; MissingError for an absent folder.
    """
    if choice.inputs is not None and (choice.dataset is not None or choice.data is not None):
        raise UsageError("--inputs and --dataset exclude each other")
    if choice.inputs is None and job.model.config is None and choice.dataset is not None:
        raise UsageError(
            f"{job.model.tflite}: no config.yaml beside it, so its features and classes are not known",
            "--inputs FILE.npy, or a model folder with a config.yaml",
        )
    if choice.inputs is not None or job.model.config is None:
        if results.hypnogram is not None:
            frames = "random" if choice.inputs is None else choice.inputs
            raise UsageError(f"--hypnogram needs the nights of a data set; these frames are {frames}", "--dataset NAME")
        return choice
    from sktools.cli.folders import data_folders
    from sktools.datasets.registry import find_reader
    from sktools.features.evaluation_set import supplies

    name = settings.text("dataset", choice.dataset)
    folder = data_folders([name], [choice.data] if choice.data else [])[name]
    find_reader(name).subjects(folder)
    unasked = settings.choose("dataset", choice.dataset).source == "default" and results.hypnogram is None
    if unasked and not supplies(job.model.config, name, folder):
        return choice
    return replace(choice, dataset=name, data=folder)


def choose_frames(job: Job, build: Build, choice: Frames) -> FrameSet:
    """The frames of a settled choice: --inputs, else the data set's, else random ones for a model unknown."""
    from sktools.profiling.inputs import from_evaluation, from_file, random_frames

    spec = build.model.input
    if choice.inputs is not None:
        return from_file(choice.inputs, spec, choice.frames)
    config = job.model.config
    if config is None or choice.dataset is None:
        found = random_frames(spec, choice.frames)
        if config is None:
            console.info(f"frames: {found.source}: no config.yaml beside {job.model.tflite}, so no accuracy")
        else:
            console.info(
                f"frames: {found.source}: the data set {settings.text('dataset', None)} has no features "
                f"{config.features.set}, so no accuracy; --dataset NAME --data DIR names recordings"
            )
        return found
    from sktools.features.evaluation_set import evaluation_set
    from sktools.zoo import METRICS_FILE

    with console.waiting(f"reading the data set {choice.dataset}"):
        evaluation = evaluation_set(
            config,
            choice.dataset,
            choice.data,
            job.model.folder / METRICS_FILE,
            choice.include_training,
            choice.subjects.split(",") if choice.subjects else None,
            lambda item: console.warning(f"{item.dataset} {item.subject}: {item.reason}"),
            need_labels=False,
        )
    if evaluation.left_out:
        console.info(f"{evaluation.left_out} subjects that the model was trained on are left out")
    if evaluation.training_included:
        console.warning(f"{len(evaluation.training_included)} subjects that the model was trained on are scored too")
    return from_evaluation(evaluation, spec, choice.frames)


def find_meter(job: Job, joulescope: bool) -> PowerMeter | None:
    """The instrument where one is asked for; looked for before anything is built or flashed.

    Raises UsageError for a board that has no supply to measure, MissingError without instrument or package.
    """
    if not joulescope:
        return None
    from sktools.profiling.power import Joulescope

    if job.board.jlink is None:
        raise UsageError(f"--joulescope measures a board on the desk, {job.board.name} is none", "--board apollo4p_evb")
    return Joulescope()


def measure(
    job: Job, build: Build, frames: FrameSet, connection: Connection, meter: PowerMeter | None = None
) -> Result:
    """Runs the frames on the board, with a progress bar."""
    from sktools.boards.driver import driver_for
    from sktools.cli.live_view import LiveView
    from sktools.profiling.run import Request, profile_board

    config = job.model.config
    request = Request(
        model=job.model.name,
        build=build,
        board=job.board,
        frames=frames,
        float_tflite=job.model.float_tflite,
        classes=config.classes.names if config else (),
        port=settings.optional("port", connection.port),
        baud=settings.number("baud", connection.baud),
        meter=meter,
    )
    console.event("profile", frames=len(frames.frames), source=frames.source)
    with LiveView(f"profiling {job.model.name} on {job.board.name}", build.model, frames) as view:
        return profile_board(request, driver_for(job.board), view.update)


def write(job: Job, build: Build, frames: FrameSet, result: Result, root: Path) -> Bundle:
    """The result bundle with its report."""
    from sktools.profiling.bundle import write_bundle
    from sktools.profiling.provenance import provenance
    from sktools.reports.page import report_page

    head = provenance(
        image={path.name: _sha256(path) for path in (build.image, build.binary, build.tflite) if path},
        flags=build.flags,
        tools={"compiler": build.compiler, **_board_tools(job)},
        data={"source": frames.source, "frames": len(frames.frames)},
        command=["sktools", *sys.argv[1:]],
    )
    bundle = write_bundle(
        root,
        result.profile,
        result.metrics,
        head,
        lambda profile, metrics, known: {"report.html": report_page(profile, metrics, known)},
    )
    console.event("bundle", path=str(bundle.path))
    return bundle


def _board_tools(job: Job) -> dict[str, str]:
    if job.board.driver != "virtual":
        return {}
    from sktools.boards.qemu import find_qemu, qemu_version

    return {"qemu": qemu_version(find_qemu())}


def _sha256(path: Path) -> str:
    import hashlib

    return hashlib.sha256(path.read_bytes()).hexdigest()


def _save(path: Path, result: Result) -> None:
    import io

    import numpy as np

    from sktools.cli.files import write_bytes

    stream = io.BytesIO()
    np.save(stream, result.measurement.outputs, allow_pickle=False)
    write_bytes(path, stream.getvalue())
    console.info(f"outputs: {path}")


def _hypnogram(path: Path, job: Job, build: Build, evaluation: EvaluationSet, result: Result) -> None:
    """The stages that the device answered."""
    from sktools.cli.hypnogram import write_hypnogram
    from sktools.metrics.quantized import dequantize

    config = job.model.config
    assert config is not None
    spec = build.model.output
    logits = dequantize(result.measurement.outputs, spec.scale, spec.zero_point)
    shape = (len(logits), config.network.epochs, config.network.classes)
    write_hypnogram(path, evaluation, logits.reshape(shape), config.classes.names)


def _show(bundle: Bundle) -> None:
    from sktools.reports.terminal import terminal_report

    document: dict[str, Any] = bundle.profile.to_json()
    console.document(document)
    if console.as_json:
        console.info(f"report: {bundle.path / 'report.html'}")
        return
    for part in terminal_report(bundle.profile):
        console.render(part)
    console.result(f"report: {bundle.path / 'report.html'}")
