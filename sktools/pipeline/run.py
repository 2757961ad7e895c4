"""`sktools.run` and `sktools.build_fw`: a model measured on a board, or only its firmware image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from sktools.build.build import Build
from sktools.datasets.registry import Dataset
from sktools.pipeline.events import Listener, silent
from sktools.pipeline.options import AOT, VIRTUAL, RunOptions
from sktools.pipeline.stage import carry_out
from sktools.pipeline.stages import BUILD_FW, PROFILE, RUN
from sktools.profiling.bundle import Bundle

MODEL = "model"


def run(
    model: str | Path,
    *,
    board: str | Path = VIRTUAL,
    engine: str = AOT,
    optimize: str = "balanced",
    dataset: str | Dataset | None = None,
    data: str | Path | None = None,
    subjects: Sequence[str] | None = None,
    include_training: bool = False,
    inputs: str | Path | NDArray[Any] | None = None,
    frames: int | None = None,
    live: bool = False,
    stage_prior: bool = True,
    flash: bool = True,
    output: str | Path = "results",
    save_outputs: str | Path | None = None,
    hypnogram: str | Path | None = None,
    hypnogram_format: str | None = None,
    lights_off: str | None = None,
    lights_on: str | None = None,
    name: str | None = None,
    clock: str | int | None = None,
    arena_location: str | None = None,
    model_location: str | None = None,
    max_arena_bytes: int | None = None,
    sdk: str | Path | None = None,
    port: str | None = None,
    baud: int | None = None,
    probe: str | None = None,
    joulescope: bool = False,
    build_folder: str | Path | None = None,
    progress: Listener = silent,
) -> Bundle:
    """Builds a model's firmware, flashes it, measures it on a board, and writes the result: `sktools run`.

    model: a zoo name (ss-2 is short for ss-2-tcn-sm), a model folder, or the path of a .tflite.
    board: a name of `sktools list boards`, or the path of a board's YAML. engine: aot (generated C) or tflm (the SDK's
    interpreter). optimize: balanced, speed, size or none.
    dataset: a name of `sktools list datasets`, or a Dataset with a reader of your own; the default is the synthetic
    cohort, or random frames for a model whose features it lacks. data: the folder of the recordings. subjects: only
    these ids; by default those that the model was not trained on. include_training: score the others too.
    inputs: frames of your own in place of a data set, [n, *model input], an array or a .npy: int8, or float32 already
    normalised. frames: at most so many.
    live: run the frames that a watch has, one per epoch, and score the answers by delay. stage_prior: False leaves out
    what the model adds by the minute of the night.
    flash: False if the board holds the image already: `sktools profile`.
    output: folder of the results. save_outputs: a .npy that gets the raw int8 answers, [n, *model output].
    hypnogram: a file that gets the stages that the board answered, in the format of its suffix (.csv, .edf, .tsv,
    .json) or hypnogram_format. lights_off, lights_on: the time in bed for the sleep statistics, such as "23:05",
    "2024-03-01T23:05", or "12.5min" after the recording began.
    name: of the model in builds and results. clock: MHz, 'hp' or 'lp'. arena_location, model_location: names of the
    board's memories. max_arena_bytes: fail if the arena needs more. sdk: the checkout of the board's SDK.
    port, baud, probe: how the board is reached. joulescope: measure its energy. build_folder: of the firmware project.
    progress: called with each Event (sktools.pipeline.events); `progress=print` shows the run line by line.

    Returns the result, read from `bundle.profile` and written below `bundle.path`. Does not print, does not read
    SKTOOLS_* choices or sktools.yaml, and does not change the working folder. Raises SktoolsError (`.hint` says what to
    try, `.exit_code` what the command line would return), among them ParityError, whose `.bundle` is the result, if a
    byte differs from the reference; OSError if a file cannot be written.
    """
    asked = {key: value for key, value in locals().items() if key not in ("flash", "progress")}
    options = RunOptions(**_typed(asked), command=_as_call("run", asked if flash else {**asked, "flash": False}))
    return carry_out(RUN if flash else PROFILE, options, progress).bundle


def build_fw(
    model: str | Path,
    *,
    board: str | Path = VIRTUAL,
    engine: str = AOT,
    optimize: str = "balanced",
    output: str | Path | None = None,
    name: str | None = None,
    clock: str | int | None = None,
    arena_location: str | None = None,
    model_location: str | None = None,
    max_arena_bytes: int | None = None,
    sdk: str | Path | None = None,
    baud: int | None = None,
    progress: Listener = silent,
) -> Build:
    """Compiles a model to C, renders a firmware project that builds with make, and builds it: `sktools build-fw`.

    It has the command's name because `sktools.build` is the package that it uses.
    output: folder of the project; the default is ./build/<model>/<board>-<engine>. Everything else is as in run().

    Returns the build: `build.folder`, `build.image`, `build.sizes()`, `build.model`. Raises SktoolsError: MissingError
    without compiler or SDK (the project is written all the same), BuildError if the model does not fit or compile,
    ThresholdError if the C differs from the reference on this machine: no image is made. manifest.json in the build's
    folder says whether that was verified.
    """
    asked = {key: value for key, value in locals().items() if key not in ("output", "progress")}
    return carry_out(BUILD_FW, RunOptions(**_typed({**asked, "build_folder": output})), progress).build


_PATHS = frozenset({"data", "output", "save_outputs", "hypnogram", "sdk", "build_folder"})


def _typed(asked: dict[str, Any]) -> dict[str, Any]:
    """Arguments as RunOptions holds them."""
    found = {key: Path(value) if key in _PATHS and value is not None else value for key, value in asked.items()}
    found |= {key: str(found[key]) for key in ("model", "board")}
    if isinstance(found.get("inputs"), str):
        found["inputs"] = Path(found["inputs"])
    return found


def _as_call(function: str, asked: dict[str, Any]) -> tuple[str, ...]:
    """The call as a manifest shows it: what differs from the defaults. An array or a reader is named by its type."""
    defaults = {field.name: field.default for field in fields(RunOptions)} | {"flash": True, "output": "results"}
    named = {key: value for key, value in asked.items() if key != MODEL and not _same(value, defaults[key])}
    words = [repr(str(asked[MODEL])), *(f"{key}={_shown(value)}" for key, value in named.items())]
    return (f"sktools.{function}({', '.join(words)})",)


def _same(value: object, default: object) -> bool:
    return type(value) is type(default) and bool(value == default)


def _shown(value: object) -> str:
    if isinstance(value, Path):
        return repr(str(value))
    if isinstance(value, str | int | float | tuple | list):
        return repr(value)
    return f"<{type(value).__name__}>"
