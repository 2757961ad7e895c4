"""From recordings to a feature store, over all cores or a Dask cluster, going on where it stopped."""

from __future__ import annotations

import importlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any

import numpy as np

from sktools.datasets.feature_store import (
    StoreIndex,
    SubjectFeatures,
    is_complete,
    is_store,
    read_index,
    subject_path,
    working_in,
    write_index,
    write_subject,
)
from sktools.datasets.registry import Dataset, find_reader
from sktools.errors import DataError, MissingError, SktoolsError, UsageError
from sktools.features.feature_set import FeatureTable, find_feature_set
from sktools.model_config import EPOCH_SECONDS
from sktools.strict_yaml import suggest

FEATURE_SET = "fs-w-pa-14"
CLUSTER_TIMEOUT = "10s"
OWNER_CHECK_SECONDS = 0.5
VERSION = 1
"""Of the stored numbers; raised when the way they are computed changes, so that older files are made anew."""


@dataclass(frozen=True)
class PrepareProgress:
    """One step. subject: that just ended. done, total: subjects, those of earlier runs included.

    hours: of recording prepared in this run. seconds: since it began. remaining_seconds: expected, None before the
    first subject. skipped: why this subject has no features, empty where it has.
    """

    subject: str
    done: int
    total: int
    hours: float
    seconds: float
    remaining_seconds: float | None
    skipped: str = ""

    @property
    def hours_a_second(self) -> float:
        return self.hours / self.seconds if self.seconds else 0.0


@dataclass(frozen=True)
class PrepareResult:
    """prepared: subjects of this run. kept: subjects that were complete. skipped: subject -> reason. hours, seconds:
    recording prepared and time taken by this run.
    """

    folder: Path
    prepared: tuple[str, ...]
    kept: tuple[str, ...]
    skipped: dict[str, str]
    hours: float
    seconds: float


@dataclass(frozen=True)
class _Outcome:
    """What a worker made of a subject: features, or the reason why not."""

    subject: str
    features: SubjectFeatures | None
    reason: str = ""


ProgressCallback = Callable[[PrepareProgress], None]


def prepare(
    dataset: Dataset,
    out: Path,
    jobs: int = -1,
    dask: str | None = None,
    progress: ProgressCallback | None = None,
    subjects: Iterable[str] | None = None,
    force: bool = False,
) -> PrepareResult:
    """Writes the FS-W-PA-14 store of a data set. Subjects whose file is whole already are left as they are.

    jobs: processes; -1 for one a core. dask: address of a Dask scheduler whose workers see data_dir under the same
    path, instead of this machine's cores. subjects: only these. force: make every file anew.
    A subject that cannot be used is reported and left out; its reason stands in the store's index.
    Raises UsageError (unknown subject, out is a store of another data set), MissingError (absent folder or
    library), DataError (another process works in out; no subject at all can be used), OSError (disk).
    """
    data_dir = dataset.folder
    if is_store(data_dir):
        raise UsageError(f"{data_dir}: is a feature store already; recordings are prepared, not stores")
    if data_dir is not None and out.exists() and out.resolve() == data_dir.resolve():
        raise UsageError(f"{out}: holds the recordings; the features go into a folder of their own", "--output DIR")
    available = dataset.subjects()
    asked = list(available) if subjects is None else list(subjects)
    unknown = [subject for subject in asked if subject not in set(available)]
    if unknown:
        raise UsageError(f"data set '{dataset.name}' has no subject '{unknown[0]}'; {suggest(unknown[0], available)}")
    for subject in asked:
        subject_path(out, subject)
    index = StoreIndex(dataset.name, FEATURE_SET, VERSION, find_feature_set(FEATURE_SET).names, available)
    if is_store(out):
        found = read_index(out)
        if found.dataset != index.dataset:
            raise UsageError(f"{out}: is a feature store of '{found.dataset}'", "--output names another folder")
        index = replace(index, skipped={key: value for key, value in found.skipped.items() if key in set(available)})
    elif out.is_dir() and any(entry for entry in out.iterdir() if not entry.name.startswith(".")):
        raise UsageError(f"{out}: is not empty and no feature store", "--output names another folder")
    with working_in(out):
        return _prepare(index, data_dir, out, asked, jobs, dask, progress, force)


def _prepare(
    index: StoreIndex,
    data_dir: Path | None,
    out: Path,
    asked: list[str],
    jobs: int,
    dask: str | None,
    progress: ProgressCallback | None,
    force: bool,
) -> PrepareResult:
    began = time.monotonic()
    kept = [] if force else [subject for subject in asked if is_complete(out, index, subject)]
    todo = [subject for subject in asked if subject not in set(kept)]
    skipped = {subject: reason for subject, reason in index.skipped.items() if subject not in {*asked}}
    write_index(out, replace(index, skipped=skipped))
    prepared: list[str] = []
    failed: dict[str, str] = {}
    hours, total = 0.0, len(asked)
    source = str(data_dir.resolve()) if data_dir is not None else None
    started = time.monotonic()
    with _outcomes(index.dataset, source, todo, jobs, dask) as outcomes:
        for outcome in outcomes:
            if outcome.features is not None:
                write_subject(out, index, outcome.features)
                prepared.append(outcome.subject)
                hours += len(outcome.features.stages) * EPOCH_SECONDS / 3600
            else:
                failed[outcome.subject] = outcome.reason
                subject_path(out, outcome.subject).unlink(missing_ok=True)
                write_index(out, replace(index, skipped=skipped | failed))
            done = len(prepared) + len(failed)
            seconds = time.monotonic() - started
            if progress is not None:
                left = seconds / done * (len(todo) - done)
                progress(
                    PrepareProgress(outcome.subject, len(kept) + done, total, hours, seconds, left, outcome.reason)
                )
    if asked and not prepared and not kept:
        first = next(iter(failed.values()))
        raise DataError(f"data set '{index.dataset}': none of {len(asked)} subjects can be used; first: {first}")
    in_order = [subject for subject in asked if subject in set(prepared)]
    return PrepareResult(out, tuple(in_order), tuple(kept), failed, hours, time.monotonic() - began)


def features_of(table: FeatureTable, start: str = "") -> SubjectFeatures:
    """A feature table as the store holds it."""
    mask = np.asarray(table.valid.any(axis=1))
    values = np.where(table.valid, table.values, np.nan).astype(np.float32)
    return SubjectFeatures(table.subject, values, table.stages, mask, start, table.notes)


def prepare_subject(dataset: str, data_dir: str | None, subject: str) -> _Outcome:
    """One subject's features, or why there are none: what runs in a worker process, here or on another machine."""
    try:
        recording = find_reader(dataset).read(Path(data_dir) if data_dir is not None else None, subject)
        table = find_feature_set(FEATURE_SET).extract(recording)
    except SktoolsError as error:
        return _Outcome(subject, None, error.message)
    except (OSError, ValueError, ArithmeticError, LookupError, MemoryError) as error:
        # Nobody has seen every recording: one that trips a library must not end a night's work on the others.
        text = " ".join(str(error).split())[:200]
        return _Outcome(subject, None, f"{subject}: {type(error).__name__}: {text}")
    if not table.valid.any():
        return _Outcome(subject, None, f"{subject}: no window of {recording.epochs} can be used")
    return _Outcome(subject, features_of(table, recording.start))


def _end_with(owner: int) -> None:
    """Ends this process when its parent has gone: a run that was killed leaves no workers behind.

    joblib's own workers wait for work for minutes, and for the first of it too.
    """

    def watch() -> None:
        while os.getppid() == owner:
            time.sleep(OWNER_CHECK_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def _outcomes(
    dataset: str, source: str | None, subjects: list[str], jobs: int, dask: str | None
) -> Iterator[Iterable[_Outcome]]:
    """Outcomes in the order in which they are ready."""
    if not subjects:
        yield ()
    elif dask is None and jobs == 1:
        yield (prepare_subject(dataset, source, subject) for subject in subjects)
    else:
        joblib = _joblib()
        with _backend(joblib, jobs, dask) as workers:
            parallel = joblib.Parallel(n_jobs=workers, return_as="generator_unordered", batch_size=1)
            with ExitStack() as stack:
                with _deaf_to_ctrl_c():
                    tasks = (joblib.delayed(prepare_subject)(dataset, source, subject) for subject in subjects)
                    outcomes = stack.enter_context(closing(parallel(tasks)))
                yield outcomes


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """Processes that are started here never hear a terminal's Ctrl-C: ours does, then, and ends them.

    One that is still importing would answer with its own traceback.
    """
    resource_tracker.ensure_running()  # the library starts it, and that lets Ctrl-C through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _backend(joblib: Any, jobs: int, dask: str | None) -> Iterator[int]:
    if dask is None:
        # One thread a process: the processes are the parallelism.
        with joblib.parallel_config(
            backend="loky", inner_max_num_threads=1, initializer=_end_with, initargs=(os.getpid(),)
        ):
            yield jobs
        return
    try:
        distributed: Any = importlib.import_module("dask.distributed")
    except ImportError as error:
        raise MissingError(
            "--dask needs dask.distributed, which is not installed", "pip install 'sktools[dask]'"
        ) from error
    try:
        client = distributed.Client(dask, timeout=CLUSTER_TIMEOUT, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise MissingError(f"no Dask scheduler answers at {dask}", "dask scheduler prints its address") from error
    try:
        with joblib.parallel_config(backend="dask", client=client):
            yield -1
    finally:
        client.close()


def _joblib() -> Any:
    try:
        import joblib
    except ImportError as error:
        raise MissingError(
            "preparing features needs joblib, which is not installed", "pip install 'sktools[train]'"
        ) from error
    return joblib
