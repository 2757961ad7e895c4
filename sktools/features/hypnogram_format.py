"""File formats of hypnograms. Each is one module hypnogram_<name>.py that registers itself; nothing lists them."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import sktools.features
from sktools.errors import UsageError
from sktools.features.hypnogram import HypnogramEpoch
from sktools.strict_yaml import suggest

MODULES = "hypnogram_"


@dataclass(frozen=True)
class HypnogramFormat:
    """One format. suffix: of its files. title: what it is, for help and errors. one_night: whether a file holds one
    night only. write: the epochs of a file and the model's class names -> its bytes. check: raises UsageError if the
    format has no words for these classes.
    """

    name: str
    suffix: str
    title: str
    one_night: bool
    write: Callable[[Sequence[HypnogramEpoch], Sequence[str]], bytes]
    check: Callable[[Sequence[str]], None] = lambda classes: None


_FORMATS: dict[str, HypnogramFormat] = {}


def register_format(found: HypnogramFormat) -> HypnogramFormat:
    """Makes a format known by its name."""
    _FORMATS[found.name] = found
    return found


def hypnogram_formats() -> Mapping[str, HypnogramFormat]:
    """Every format by name."""
    for module in pkgutil.iter_modules(sktools.features.__path__):
        if module.name.startswith(MODULES):
            importlib.import_module(f"sktools.features.{module.name}")
    return dict(sorted(_FORMATS.items()))


def choose_format(path: Path, name: str | None = None) -> HypnogramFormat:
    """The format of a name, else the one whose files have the suffix of `path`.

    Raises UsageError for an unknown name, and for a suffix that no format has.
    """
    known = hypnogram_formats()
    if name is not None:
        if name not in known:
            raise UsageError(f"hypnogram format '{name}' is unknown; {suggest(name, known)}")
        return known[name]
    for found in known.values():
        if path.suffix.lower() == found.suffix:
            return found
    suffixes = ", ".join(f"{found.suffix} ({found.title})" for found in known.values())
    raise UsageError(
        f"{path}: no hypnogram format has the suffix '{path.suffix}'; known: {suffixes}", "--hypnogram-format"
    )


def files_of(path: Path, subjects: Sequence[str], found: HypnogramFormat) -> dict[Path, tuple[str, ...]]:
    """Which nights go into which file.

    A format with one night per file gets files of their own: {subject} in the name stands for the night, and if it is
    not there and the nights are several, the night follows the name. Characters that a file name cannot have become _.
    """
    if not found.one_night or len(subjects) < 2:
        only = _plain(subjects[0]) if found.one_night and subjects else ""
        return {path.with_name(path.name.replace("{subject}", only)): tuple(subjects)}
    name = path.name if "{subject}" in path.name else f"{path.stem}_{{subject}}{path.suffix}"
    return {path.with_name(name.replace("{subject}", _plain(subject))): (subject,) for subject in subjects}


def _plain(subject: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in subject)
