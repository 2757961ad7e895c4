"""The stages that choose the frames, run them on the board, and write what was found."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from sktools.boards.configure import AOT
from sktools.boards.driver import driver_for
from sktools.boards.qemu import find_qemu, qemu_version
from sktools.datasets.registry import Skipped
from sktools.errors import ThresholdError, UsageError
from sktools.features.evaluation_set import evaluation_set
from sktools.metrics.clock import read_clock
from sktools.partial import check_file_writable, check_writable, replace_file
from sktools.pipeline.door import DEFAULT_DATASET
from sktools.pipeline.events import FrameDone
from sktools.pipeline.hypnogram import write_hypnogram
from sktools.pipeline.stage import Work
from sktools.profiling.answers import Answering
from sktools.profiling.bundle import Bundle, write_bundle
from sktools.profiling.inputs import FrameSet, from_array, from_evaluation, from_file, random_frames, rolling_frames
from sktools.profiling.provenance import provenance
from sktools.profiling.run import Request, device_logits, profile_board
from sktools.profiling.session import FrameReport
from sktools.reports.page import report_page
from sktools.training.answers import DEFAULT_DELAY, looks_ahead
from sktools.zoo import METRICS_FILE


class ParityError(ThresholdError):
    """A byte of the board's answers differs from the reference. bundle: the result, which is written all the same."""

    def __init__(self, message: str, hint: str, bundle: Bundle) -> None:
        super().__init__(message, hint)
        self.bundle = bundle


def choose_frames(work: Work) -> None:
    """The user's own frames, else the data set's, else random ones.

    Raises DataError if they cannot be read or do not fit the model, UsageError for an unknown subject.
    """
    options, spec = work.options, work.build.model.input
    if options.live and options.frames is not None:
        raise UsageError("--frames and --live exclude each other", "--subjects ID,ID chooses nights")
    if options.live and work.dataset is None:
        raise UsageError("--live needs the nights of a data set", "--dataset NAME --data DIR")
    if isinstance(options.inputs, Path):
        work.frames = from_file(options.inputs, spec, options.frames)
    elif options.inputs is not None:
        work.frames = from_array(options.inputs, "an array", spec, options.frames)
    elif work.dataset is not None:
        work.frames = _of_dataset(work)
    else:
        work.frames = random_frames(spec, options.frames)
        config = work.model.config
        if config is None:
            why = f"no config.yaml beside {work.model.tflite}, so no accuracy"
        else:
            why = (
                f"the data set {DEFAULT_DATASET} has no features {config.features.set}, so no accuracy; "
                "--dataset NAME --data DIR names recordings"
            )
        work.note(f"frames: {work.frames.source}: {why}")


def _of_dataset(work: Work) -> FrameSet:
    options, config = work.options, work.model.config
    assert work.dataset is not None and config is not None

    def skipped(item: Skipped) -> None:
        work.caution(f"{item.dataset} {item.subject}: {item.reason}")

    evaluation = evaluation_set(
        config,
        work.dataset,
        work.model.folder / METRICS_FILE,
        options.include_training,
        options.subjects,
        skipped,
        need_labels=False,
    )
    if evaluation.left_out:
        work.note(f"{evaluation.left_out} subjects that the model was trained on are left out")
    if evaluation.training_included:
        work.caution(f"{len(evaluation.training_included)} subjects that the model was trained on are scored too")
    if not options.live:
        if config.live is not None:
            work.note(f"{config.name} is for a watch: --live runs the frames that a watch has, one per epoch")
        return from_evaluation(evaluation, work.build.model.input, options.frames)
    if looks_ahead(config):
        work.caution(
            f"the features of {work.model.name} ({config.features.set}, {config.features.normalisation}) look ahead "
            "over the night: a watch cannot have these answers"
        )
    return rolling_frames(evaluation, work.build.model.input)


def frames_begin(work: Work) -> str:
    return f"reading the data set {work.dataset.name}" if work.dataset is not None else ""


def check_outputs(work: Work) -> None:
    """Raises OSError if what the run is to write cannot be written: better now than after hours of work."""
    check_writable(work.options.output)
    for path in (work.options.save_outputs, work.options.hypnogram):
        if path is not None:
            check_file_writable(path)


def measure(work: Work) -> None:
    """Runs the frames on the board and on the reference. Raises LinkError, MissingError."""
    config = work.model.config
    clock = read_clock(work.model.folder, config.classes.names) if config else None

    def on_frame(report: FrameReport) -> None:
        work.report(FrameDone(work.stage, f"frame {report.index + 1} of {report.total}", report))

    work.request = request = Request(
        model=work.model.name,
        build=work.build,
        board=work.board,
        frames=work.frames,
        float_tflite=work.model.float_tflite,
        classes=config.classes.names if config else (),
        wake=config.classes.map[0] if config else 0,
        clock=clock,
        answering=Answering(
            prior=clock if work.options.stage_prior else None,
            temperature=config.temperature if config else 1.0,
            live=(config.live if config else None) or DEFAULT_DELAY if work.frames.rolling else None,
        ),
        lights=work.options.lights,
        port=work.options.port,
        baud=work.options.baud,
        meter=work.meter,
    )
    work.result = profile_board(request, driver_for(work.board), on_frame)


def measure_begins(work: Work) -> str:
    return f"profiling {work.model.name} on {work.board.name}"


def write(work: Work) -> None:
    """The result bundle with its report, and the files that were asked for beside it."""
    built = work.build
    head = provenance(
        image={path.name: _sha256(path) for path in (built.image, built.binary, built.tflite) if path},
        flags=built.flags,
        tools={"compiler": built.compiler, **_board_tools(work)},
        data={"source": work.frames.source, "frames": len(work.frames.frames)},
        command=work.options.command,
    )
    work.bundle = write_bundle(
        work.options.output,
        work.result.profile,
        work.result.metrics,
        head,
        lambda profile, metrics, known: {"report.html": report_page(profile, metrics, known)},
    )
    if work.options.save_outputs is not None:
        _save_outputs(work, work.options.save_outputs)
    if work.options.hypnogram is not None and work.frames.labelled is not None:
        _write_hypnogram(work, work.options.hypnogram)


def bundle_line(work: Work) -> str:
    return str(work.bundle.path)


def check_parity(work: Work) -> None:
    """Raises ParityError if a byte differs from the reference."""
    profile = work.bundle.profile
    parity = profile.parity
    if not parity.mismatched:
        return
    wrong = [layer.name for layer in profile.layers if layer.parity and layer.parity.mismatched]
    first = wrong[0] if wrong else "the output"
    raise ParityError(
        f"{parity.mismatched:,} of {parity.elements:,} activations differ from the reference; first: {first}",
        "sktools profile MODEL --optimize none shows every layer"
        if work.options.engine == AOT
        else "every layer is shown; convert the model with a fixed batch of 1: interpreters get others wrong",
        work.bundle,
    )


def _board_tools(work: Work) -> Mapping[str, str]:
    return {"qemu": qemu_version(find_qemu())} if work.board.driver == "virtual" else {}


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _save_outputs(work: Work, path: Path) -> None:
    stream = io.BytesIO()
    np.save(stream, work.result.measurement.outputs, allow_pickle=False)
    replace_file(path, stream.getvalue())
    work.note(f"outputs: {path}")


def _write_hypnogram(work: Work, path: Path) -> None:
    """The stages that the device answered."""
    config, evaluation = work.model.config, work.frames.labelled
    assert config is not None and evaluation is not None
    logits = device_logits(work.request, work.result.measurement)
    names, form = config.classes.names, work.options.hypnogram_format
    files = write_hypnogram(path, evaluation, logits, names, form)
    work.note(f"hypnogram: {', '.join(map(str, files))}")
