"""The stages at the door of a run: every name that was given is looked up once, before anything is built or flashed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sktools import zoo
from sktools.boards.board import Board, load_board
from sktools.boards.configure import ENGINES, ImageOptions, clock_of, configured
from sktools.datasets.feature_store import is_store
from sktools.datasets.registry import Dataset, find_reader
from sktools.errors import UsageError
from sktools.features.evaluation_set import supplies
from sktools.features.hypnogram_format import choose_format
from sktools.pipeline.stage import Work
from sktools.strict_yaml import suggest

BUILD_FOLDER = "build"
DEFAULT_DATASET = "synthetic"


def find_model(work: Work) -> None:
    """Raises UsageError for an unknown model or a name that no folder can have."""
    options = work.options
    found = zoo.resolve(options.model)
    if found.alias_note:
        work.caution(found.alias_note)
    if options.name is not None:
        found = replace(found, name=_folder_name(options.name))
    work.model = found


def model_line(work: Work) -> str:
    return f"{work.model.tflite} ({work.model.place}, sha256 {work.model.sha256[:16]})"


def find_board(work: Work) -> None:
    """The board at the clock, rate and probe that were asked for, and the folder of its build.

    Raises UsageError for an unknown board or engine, or what the board does not have.
    """
    options = work.options
    if options.engine not in ENGINES:
        raise UsageError(f"there is no engine '{options.engine}'; {suggest(options.engine, ENGINES)}")
    work.image = ImageOptions(
        clock_mhz=clock_of(load_board(options.board), str(options.clock)) if options.clock else None,
        baud=options.baud,
        arena_location=options.arena_location,
        model_location=options.model_location,
        max_arena_bytes=options.max_arena_bytes,
        sdk=options.sdk,
    )
    work.board = configured_board(options.board, work.image, options.probe)
    named = f"{work.board.name}-{options.engine}"
    work.folder = options.build_folder or Path(BUILD_FOLDER) / work.model.name / named


def configured_board(name: str, image: ImageOptions, probe: str | None = None) -> Board:
    """A board at the clock, rate and probe that were asked for. Raises UsageError if there is none."""
    board = configured(load_board(name), image)
    if probe is not None and board.jlink is not None:
        board = replace(board, jlink=replace(board.jlink, probe=probe))
    return board


def find_meter(work: Work) -> None:
    """The instrument, if one is asked for.

    Raises UsageError for a board that has no supply to measure, MissingError without instrument or package.
    """
    work.meter = None
    if not work.options.joulescope:
        return
    from sktools.profiling.power import Joulescope

    if work.board.jlink is None:
        raise UsageError(
            f"--joulescope needs a physical board; '{work.board.name}' is emulated", "--board apollo4p_evb"
        )
    work.meter = Joulescope()


def find_dataset(work: Work) -> None:
    """The data set that the frames come from; None if they are the user's own, or random ones.

    If none was named, that is the synthetic cohort, unless it holds other features than the model's.
    Raises UsageError for options that exclude each other or an unknown data set, MissingError for an absent folder.
    """
    options, model = work.options, work.model
    work.dataset = None
    check_lights(work)
    check_hypnogram(work)
    if options.inputs is not None and (options.dataset is not None or options.data is not None):
        raise UsageError("--inputs and --dataset exclude each other")
    if options.inputs is None and model.config is None and options.dataset is not None:
        raise UsageError(
            f"{model.tflite}: no config.yaml beside it, so its features and classes are not known",
            "--inputs FILE.npy, or a model folder with a config.yaml",
        )
    if options.inputs is not None or model.config is None:
        if options.hypnogram is not None:
            frames = "random" if options.inputs is None else "your own"
            raise UsageError(f"--hypnogram needs the nights of a data set; these frames are {frames}", "--dataset NAME")
        return
    opened = open_for(work)
    opened.subjects()
    asked = options.dataset or options.default_dataset or options.hypnogram
    if asked or supplies(model.config, opened):
        work.dataset = opened


def check_lights(work: Work) -> None:
    """Raises UsageError for what is no time of lights off or on: before the nights are run, not after."""
    _ = work.options.lights


def check_hypnogram(work: Work) -> None:
    """Raises UsageError for a file that no hypnogram format is for, or classes that the format has no words for."""
    options, config = work.options, work.model.config
    if options.hypnogram is None:
        return
    found = choose_format(options.hypnogram, options.hypnogram_format)
    if config is not None:
        found.check(config.classes.names)


def open_for(work: Work) -> Dataset:
    """The data set that was asked for. A folder that it cannot use is left out, and the user is warned."""
    dataset, data = work.options.dataset, work.options.data
    if isinstance(dataset, Dataset):
        return dataset
    if dataset is None and work.options.default_dataset is not None:
        return work.options.default_dataset()
    reader = find_reader(dataset or DEFAULT_DATASET)
    if data is not None and not reader.needs_folder and not is_store(data):
        work.caution(f"--data {data} is not used: {reader.name} reads no files (--dataset names another)")
        data = None
    return Dataset(reader, data)


def _folder_name(name: str) -> str:
    if name != zoo.folder_name(name):
        raise UsageError(
            f"--model-name {name!r} cannot be the name of a folder: use up to 80 letters, digits, '.', '_' or '-'",
            f"--model-name {zoo.folder_name(name)}",
        )
    return name
