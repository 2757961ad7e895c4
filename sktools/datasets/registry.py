"""Data sets by name: a reader registers with a decorator, callers iterate over nights."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import sktools.datasets
from sktools.datasets import feature_store
from sktools.datasets.recording import Recording
from sktools.errors import DataError, UsageError
from sktools.strict_yaml import suggest


class Reader(Protocol):
    """One data set. `needs_folder` tells whether it reads files; `attribution` is printed on model cards."""

    name: str
    title: str
    needs_folder: bool
    synthetic: bool
    attribution: str

    def subjects(self, folder: Path | None) -> tuple[str, ...]:
        """Subject ids in a fixed order. Raises MissingError or DataError where the folder is of no use."""
        ...

    def read(self, folder: Path | None, subject: str) -> Recording:
        """One night. Raises DataError, naming the file, where it cannot be used."""
        ...


@dataclass(frozen=True)
class Skipped:
    """A subject whose files could not be used, and why."""

    dataset: str
    subject: str
    reason: str


_READERS: dict[str, Reader] = {}
ReaderClass = TypeVar("ReaderClass", bound=Callable[[], Reader])


class _WithStore:
    """A reader that also reads, as its data set, the folder that `sktools data prepare` wrote from it."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.name, self.title, self.attribution = reader.name, reader.title, reader.attribution
        self.needs_folder, self.synthetic = reader.needs_folder, reader.synthetic

    def subjects(self, folder: Path | None) -> tuple[str, ...]:
        if folder is not None and feature_store.is_store(folder):
            return feature_store.subjects(folder, self.name)
        return self._reader.subjects(folder)

    def read(self, folder: Path | None, subject: str) -> Recording:
        if folder is not None and feature_store.is_store(folder):
            return feature_store.read_recording(folder, self.name, subject)
        return self._reader.read(folder, subject)


def dataset(reader: ReaderClass) -> ReaderClass:
    """Register a reader class under its `name`."""
    instance = _WithStore(reader())
    _READERS[instance.name] = instance
    return reader


def readers() -> Mapping[str, Reader]:
    """Every registered data set by name. A reader is one module of sktools.datasets."""
    for module in pkgutil.iter_modules(sktools.datasets.__path__):
        importlib.import_module(f"sktools.datasets.{module.name}")
    return dict(sorted(_READERS.items()))


def find_reader(name: str) -> Reader:
    """A data set by name. Raises UsageError, naming the nearest, for an unknown one."""
    known = readers()
    key = name.replace("_", "-").lower()
    if key not in known:
        raise UsageError(f"data set '{name}' is unknown; {suggest(key, known)}", "sktools list datasets")
    return known[key]


@dataclass(frozen=True)
class Dataset:
    """A data set that was looked up: its reader, and the folder of its files.

    folder: None if the reader generates its nights. Raises UsageError if the reader needs a folder and has none.
    """

    reader: Reader
    folder: Path | None = None

    def __post_init__(self) -> None:
        if self.reader.needs_folder and self.folder is None:
            raise UsageError(f"data set '{self.name}' needs the folder of its files", "--data DIR")

    @property
    def name(self) -> str:
        return self.reader.name

    def subjects(self) -> tuple[str, ...]:
        """Subject ids in a fixed order. Raises MissingError or DataError if the folder cannot be used."""
        return self.reader.subjects(self.folder)

    def recordings(
        self, subjects: Iterable[str] | None = None, on_skip: Callable[[Skipped], None] | None = None
    ) -> Iterator[Recording]:
        """Nights in the reader's subject order.

        subjects: only these; all by default. on_skip: called for each subject whose files are bad; the others go on.
        Raises UsageError for an unknown subject, MissingError for an absent folder, DataError if no subject at all can
        be read.
        """
        available = self.subjects()
        wanted = list(available)
        if subjects is not None:
            asked = list(subjects)
            unknown = [subject for subject in asked if subject not in available]
            if unknown:
                raise UsageError(
                    f"data set '{self.name}' has no subject '{unknown[0]}'; {suggest(unknown[0], available)}"
                )
            wanted = [subject for subject in available if subject in set(asked)]
        good = 0
        reasons: list[str] = []
        for subject in wanted:
            try:
                recording = self.reader.read(self.folder, subject)
            except DataError as error:
                reasons.append(error.message)
                if on_skip is not None:
                    on_skip(Skipped(self.name, subject, error.message))
                continue
            good += 1
            yield recording
        if wanted and not good:
            raise DataError(f"data set '{self.name}': none of {len(wanted)} subjects can be read; first: {reasons[0]}")


def open_dataset(name: str, folder: Path | None = None) -> Dataset:
    """Looks a data set up by name.

    Raises UsageError, naming the nearest, for an unknown name, and if the data set needs a folder and none is given.
    """
    return Dataset(find_reader(name), folder)
