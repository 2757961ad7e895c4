"""Prepared features on disk: a folder of HDF5 files, one a subject, with store.json beside them.

Each file holds /features float32 [epochs, features], /stage_labels int32 [epochs] (-1 unscored) and /mask int32
[epochs] (1 usable, 0 masked), the layout of the published feature sets. Features of masked rows are 0; a feature that
a usable row lacks is NaN.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktools.datasets.recording import Recording
from sktools.errors import DataError, MissingError, UsageError

INDEX_FILE = "store.json"
KIND = "sktools-feature-store"
SCHEMA_VERSION = 1
SUBJECT_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@+ -]{0,120}")
PARTIAL_END = ".partial"
ARRAYS = ("features", "stage_labels", "mask")
LARGEST_ARRAY = 10_000_000
LARGEST_FILE = 256 * 1024 * 1024
SEAL_BYTES = 512
SEAL = "sktools feature store, sha256 of what follows: {digest}\n"
"""Before the HDF5 content, in its user block, so that any HDF5 reader reads the file. The HDF5 library itself does not
survive every damaged file; it is shown only those whose seal holds.
"""


@dataclass(frozen=True)
class StoreIndex:
    """store.json. subjects: every subject of the source in its order, whether its file is there or not.

    feature_set, version: what the files hold. skipped: subject -> why it has no file.
    """

    dataset: str
    feature_set: str
    version: int
    names: tuple[str, ...]
    subjects: tuple[str, ...]
    skipped: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SubjectFeatures:
    """Features of one subject. features: float32 [epochs, len(names)]. stages: int8 [epochs]. mask: bool [epochs],
    True where usable.
    """

    subject: str
    features: NDArray[np.float32]
    stages: NDArray[np.int8]
    mask: NDArray[np.bool_]
    start: str = ""
    notes: tuple[str, ...] = ()


def is_store(folder: Path | None) -> bool:
    """Whether a folder is a feature store."""
    return folder is not None and (folder / INDEX_FILE).is_file()


def read_index(folder: Path) -> StoreIndex:
    """The index of a store. Raises DataError where it is damaged or of another version."""
    path = folder / INDEX_FILE
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["kind"] != KIND:
            raise DataError(f"{path}: is not the index of a feature store")
        if document["schema_version"] != SCHEMA_VERSION:
            raise DataError(
                f"{path}: schema version {document['schema_version']}, this sktools reads {SCHEMA_VERSION}",
                "prepare the features again into another folder",
            )
        return StoreIndex(
            str(document["dataset"]),
            str(document["feature_set"]),
            int(document["version"]),
            tuple(map(str, document["names"])),
            tuple(map(str, document["subjects"])),
            {str(subject): str(reason) for subject, reason in document["skipped"].items()},
        )
    except FileNotFoundError as error:
        raise DataError(f"{folder}: no {INDEX_FILE}; it is not a feature store") from error
    except (OSError, ValueError, ArithmeticError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise DataError(f"{path}: is damaged", "prepare the features again into another folder") from error


def write_index(folder: Path, index: StoreIndex) -> None:
    """Writes the index, complete or not at all. Raises OSError."""
    document = {
        "kind": KIND,
        "schema_version": SCHEMA_VERSION,
        "dataset": index.dataset,
        "feature_set": index.feature_set,
        "version": index.version,
        "names": list(index.names),
        "subjects": list(index.subjects),
        "skipped": dict(index.skipped),
    }
    partial = _partial(folder, INDEX_FILE)
    try:
        partial.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        partial.replace(folder / INDEX_FILE)
    finally:
        partial.unlink(missing_ok=True)


def subject_path(folder: Path, subject: str) -> Path:
    """Where a subject's features stand. Raises DataError for an id that cannot be a file's name."""
    if not SUBJECT_NAME.fullmatch(subject):
        raise DataError(f"subject id {subject!r} cannot be a file name; letters, digits and _ . @ + - are")
    return folder / f"{subject}.h5"


def write_subject(folder: Path, index: StoreIndex, features: SubjectFeatures) -> Path:
    """Writes one subject's file, complete or not at all. Raises OSError."""
    path = subject_path(folder, features.subject)
    content = _hdf5(index, features)
    digest = hashlib.sha256(content[SEAL_BYTES:]).hexdigest()
    partial = _partial(folder, path.name)
    try:
        with partial.open("wb") as written:
            written.write(SEAL.format(digest=digest).encode().ljust(SEAL_BYTES) + content[SEAL_BYTES:])
            written.flush()
            os.fsync(written.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return path


def _hdf5(index: StoreIndex, features: SubjectFeatures) -> bytes:
    """The file's content, behind an empty seal. Made in memory: the library does not survive a disk that is full."""
    buffer = io.BytesIO()
    with _h5py().File(buffer, "w", userblock_size=SEAL_BYTES) as file:
        for name, values in _arrays(features).items():
            file.create_dataset(name, data=values, compression="gzip", compression_opts=4, shuffle=True)
        file.attrs["dataset"] = index.dataset
        file.attrs["subject"] = features.subject
        file.attrs["feature_set"] = index.feature_set
        file.attrs["version"] = index.version
        file.attrs["names"] = json.dumps(index.names)
        file.attrs["start"] = features.start
        file.attrs["notes"] = json.dumps(features.notes)
    return buffer.getvalue()


def read_subject(folder: Path, index: StoreIndex, subject: str) -> SubjectFeatures:
    """One subject's features. Raises DataError where the file is missing, cut, damaged or of another feature set."""
    path = subject_path(folder, subject)
    if not path.is_file():
        reason = index.skipped.get(subject, "not prepared yet")
        raise DataError(f"{path}: no such file ({reason})", "sktools data prepare goes on where it stopped")
    if not _sealed(path):
        raise DataError(f"{path}: is cut or damaged", "sktools data prepare makes it anew")
    try:
        with _h5py().File(path, "r") as file:
            if max(file[name].size for name in ARRAYS) > LARGEST_ARRAY:
                raise ValueError("an array is larger than any night's")
            arrays = {name: np.asarray(file[name]) for name in ARRAYS}
            attributes: dict[str, Any] = dict(file.attrs)
        names = tuple(json.loads(attributes["names"]))
        found = (str(attributes["dataset"]), str(attributes["subject"]), str(attributes["feature_set"]))
        version = int(attributes["version"])
        notes, start = tuple(map(str, json.loads(attributes["notes"]))), str(attributes["start"])
    except (OSError, KeyError, ValueError, TypeError, RuntimeError) as error:
        raise DataError(f"{path}: is cut or damaged", "sktools data prepare makes it anew") from error
    epochs = arrays["features"].shape[0] if arrays["features"].ndim == 2 else -1
    shapes_fit = arrays["features"].shape[1:] == (len(names),) and all(
        arrays[name].shape == (epochs,) for name in ("stage_labels", "mask")
    )
    if not shapes_fit:
        raise DataError(f"{path}: its arrays do not fit each other", "sktools data prepare makes it anew")
    expected = (index.dataset, subject, index.feature_set)
    if found != expected or names != index.names or version != index.version:
        raise DataError(
            f"{path}: holds {' '.join(found)} version {version}, expected {' '.join(expected)} version {index.version}",
            "sktools data prepare makes it anew",
        )
    return SubjectFeatures(
        subject,
        arrays["features"],
        arrays["stage_labels"].astype(np.int8),
        arrays["mask"].astype(bool),
        start,
        notes,
    )


def is_complete(folder: Path, index: StoreIndex, subject: str) -> bool:
    """Whether a subject's file is there, whole and of the index's feature set."""
    try:
        read_subject(folder, index, subject)
    except DataError:
        return False
    return True


def subjects(folder: Path, dataset: str) -> tuple[str, ...]:
    """Subjects of a store in the source's order, those that were skipped left out.

    Raises UsageError where the store is of another data set.
    """
    index = read_index(folder)
    if index.dataset != dataset:
        raise UsageError(
            f"{folder}: is a feature store of data set '{index.dataset}', not of '{dataset}'",
            f"--dataset {index.dataset}",
        )
    return tuple(subject for subject in index.subjects if subject not in index.skipped)


def read_recording(folder: Path, dataset: str, subject: str) -> Recording:
    """A prepared night as every reader yields it. Raises DataError, UsageError."""
    subjects(folder, dataset)
    index = read_index(folder)
    stored = read_subject(folder, index, subject)
    values = np.where(stored.mask[:, None], stored.features, np.nan).astype(np.float64)
    return Recording(
        dataset,
        subject,
        stored.stages,
        features={name: values[:, column] for column, name in enumerate(index.names)},
        start=stored.start,
        notes=stored.notes,
    )


@contextmanager
def working_in(folder: Path) -> Iterator[None]:
    """The only writer of a store: others are refused meanwhile, and what a killed one left half-written is removed.

    The lock goes with the process, however that ends. Raises DataError where another process works in the folder.
    """
    import fcntl

    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DataError(f"{folder}: another sktools is preparing features here", "wait for it to end") from error
        for left in folder.glob(f".*{PARTIAL_END}"):
            with contextlib.suppress(OSError):
                left.unlink()
        yield
    finally:
        os.close(handle)


def _partial(folder: Path, name: str) -> Path:
    return folder / f".{name}.{secrets.token_hex(3)}{PARTIAL_END}"


def _arrays(features: SubjectFeatures) -> dict[str, NDArray[Any]]:
    return {
        "features": np.where(features.mask[:, None], features.features, 0).astype(np.float32),
        "stage_labels": features.stages.astype(np.int32),
        "mask": features.mask.astype(np.int32),
    }


def _sealed(path: Path) -> bool:
    """Whether a file is whole: its seal is there and fits."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            return False
        content = path.read_bytes()
    except OSError:
        return False
    digest = hashlib.sha256(content[SEAL_BYTES:]).hexdigest()
    return content[:SEAL_BYTES] == SEAL.format(digest=digest).encode().ljust(SEAL_BYTES)


def _h5py() -> Any:
    try:
        import h5py
    except ImportError as error:
        raise MissingError(
            "feature stores need h5py, which is not installed", "pip install 'sktools[train]'"
        ) from error
    return h5py
