"""One measuring session from a build to a profile: opens the board, runs the frames, scores the answers."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktools.boards.board import Board
from sktools.boards.driver import Driver, Session
from sktools.build.build import Build
from sktools.compiler.compiled import CompiledModel
from sktools.compiler.reference import Reference
from sktools.metrics.clock import Clock
from sktools.metrics.lights import NO_LIGHTS, LightsTimes
from sktools.metrics.sleep import stages_of
from sktools.profiling.answers import PLAIN, Answering, placed
from sktools.profiling.assemble import Setting, assemble
from sktools.profiling.device import BoardDevice
from sktools.profiling.float_reference import float_reference
from sktools.profiling.inputs import FrameSet
from sktools.profiling.power import PowerMeter, measure_energy
from sktools.profiling.profile import AppliedCalibration, MemoryUse, Profile
from sktools.profiling.scoring import nights, score, sleep
from sktools.profiling.session import FrameReport, Measurement, measure

EPOCHS_PER_HOUR = 120


@dataclass(frozen=True)
class Request:
    """What to measure.

    model: its name in results. float_tflite: the float model beside it, or None. classes: names of the output
    classes, empty if they are not known; wake: the index of the one that means awake. clock: of the model, a yardstick.
    answering: how outputs become answers.
    lights: off and on, for the sleep statistics. port, baud: None for the board's own. meter: measures the board's
    supply, None if nothing does.
    """

    model: str
    build: Build
    board: Board
    frames: FrameSet
    float_tflite: Path | None = None
    classes: Sequence[str] = ()
    wake: int = 0
    clock: Clock | None = None
    answering: Answering = PLAIN
    lights: LightsTimes = NO_LIGHTS
    port: str | None = None
    baud: int | None = None
    meter: PowerMeter | None = None


@dataclass(frozen=True)
class Result:
    """metrics: the content of metrics.json."""

    profile: Profile
    metrics: Mapping[str, Any]
    measurement: Measurement


def profile_board(
    request: Request, driver: Driver, on_frame: Callable[[FrameReport], None] = lambda report: None
) -> Result:
    """Measures a build on its board.

    Raises MissingError for a missing tool or board, LinkError where it does not answer as it must.
    """
    model = request.build.model
    oracle = Reference(request.build.tflite.read_bytes())
    real = float_reference(oracle.graph, request.float_tflite)
    with driver.open(request.build, request.port, request.baud) as session:
        clock_hz = _clock(request.board, session)
        measurement = measure(
            model,
            BoardDevice(session, model.output),
            oracle,
            request.frames.frames,
            real=request.frames.real,
            float_activations=real.activations,
            on_frame=on_frame,
        )
        memory = _memory(request.build, session)
        energy = measure_energy(session, request.frames.frames[0].tobytes(), request.meter) if request.meter else None
        counter = session.counter
    accuracy = _accuracy(request, model, measurement)
    setting = Setting(
        model=request.model,
        engine=request.build.engine,
        board=request.board.name,
        clock_hz=clock_hz,
        created=_now(),
        frame_hours=_frame_hours(model),
        sqnr_reference=real.kind,
        counter=counter,
        calibration=_calibration(request.board),
        memory=memory,
        energy=energy,
        notes=_notes(request, measurement),
    )
    labelled = request.frames.labelled
    staged = nights(labelled, device_logits(request, measurement)) if labelled is not None and request.classes else []
    stages = stages_of(request.classes, request.wake)
    metrics = {
        "frames": request.frames.source,
        "frames_sha256": request.frames.sha256,
        "accuracy": accuracy,
        "classes": list(request.classes),
        "nights": staged,
        "sleep": sleep(labelled, staged, stages, request.lights) if labelled is not None and staged else None,
    }
    return Result(assemble(setting, model, measurement, accuracy), metrics, measurement)


def _accuracy(request: Request, model: CompiledModel, measurement: Measurement) -> dict[str, Any] | None:
    if request.frames.labelled is None or not request.classes:
        return None
    return score(
        request.frames.labelled,
        measurement.outputs,
        measurement.host_outputs,
        model.output,
        request.classes,
        request.clock,
        request.answering,
    )


def device_logits(request: Request, measurement: Measurement) -> NDArray[np.float32]:
    """Logits [n, epochs, classes] of the device's answers, placed like the frames of the data set."""
    labelled = request.frames.labelled
    assert labelled is not None
    answers = placed(labelled, measurement.outputs, len(request.classes), request.answering.delay_minutes)
    return request.answering.logits(labelled, answers, request.build.model.output)


def _clock(board: Board, session: Session) -> float | None:
    """A predicted board's clock, or what the running firmware says of its own."""
    if board.calibration is not None or board.clock_hz is None:
        return board.clock_hz
    return float(session.client.hello().clock_hz)


def _calibration(board: Board) -> AppliedCalibration | None:
    known = board.calibration
    return (
        None if known is None else AppliedCalibration(known.factor, known.error_percent, known.error, known.fitted_on)
    )


def _memory(build: Build, session: Session) -> MemoryUse:
    sizes = build.sizes()
    stack = session.client.memory().stack_used
    return MemoryUse(
        arena_bytes=build.model.plan.written_bytes,
        flash_bytes=sizes.flash_bytes,
        ram_bytes=sizes.ram_bytes,
        model_bytes=build.model.model_bytes,
        stack_bytes=stack or None,
    )


def _frame_hours(model: CompiledModel) -> float:
    """Hours of sleep that a frame covers: its 30 s epochs, the longest extent of the input [1, epochs, features]."""
    epochs = model.input.shape[1] if len(model.input.shape) == 3 else 2 * EPOCHS_PER_HOUR
    return epochs / EPOCHS_PER_HOUR


def _notes(request: Request, measurement: Measurement) -> tuple[str, ...]:
    notes = [*request.build.model.notes, f"input frames: {request.frames.source}"]
    labelled = request.frames.labelled
    if labelled is not None and labelled.synthetic:
        notes.append("the data are synthetic: their accuracy says nothing of real nights")
    if measurement.cycles_by_frame and min(measurement.cycles_by_frame) != max(measurement.cycles_by_frame):
        notes.append(
            f"cycles vary with the data: {min(measurement.cycles_by_frame):,} to {max(measurement.cycles_by_frame):,} "
            "a frame; the mean is shown"
        )
    return tuple(notes)


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
