"""Published models: fetched into a cache, checked, and put into a model folder whole or not at all.

Nothing that arrives is run or unpickled here. Whoever loads model.keras later loads it in Keras' safe mode.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import secrets
import shutil
import urllib.parse
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sktools import transfer
from sktools.errors import DataError, SktoolsError, UsageError
from sktools.partial import partial_folder
from sktools.strict_yaml import suggest
from sktools.transfer import RemoteFile
from sktools.zoo import CONFIGURATION_FILE, KERAS_FILE, METRICS_FILE, TFLITE_FILE, entries, matching, retired_names
from sktools.zoo.configuration import RECORD_FILE, ZOO_NAME

BASE_URL = "https://ambiqai-model-zoo.s3.us-west-2.amazonaws.com/sleepkit/stage"
"""Where the page "Sleep Stage Models" has its downloads: BASE_URL/<name>/latest/<file>."""

RELEASE = "latest"
LIMITS: Mapping[str, int] = {
    CONFIGURATION_FILE: 1 << 20,
    METRICS_FILE: 16 << 20,
    TFLITE_FILE: 32 << 20,
    KERAS_FILE: 256 << 20,
}
"""File -> bytes that it may have at most, the small files first."""


@dataclass(frozen=True)
class PulledFile:
    """url: where it came from. sha256: hex digest. size: bytes."""

    name: str
    url: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Pulled:
    """folder: the model's. fetched: ISO time, UTC, at which the files came. origin: 'network', 'cache' or 'folder'."""

    name: str
    folder: Path
    source: str
    fetched: str
    files: tuple[PulledFile, ...]
    origin: str

    def record(self) -> dict[str, Any]:
        """The content of RECORD_FILE."""
        return {
            "schema_version": 1,
            "name": self.name,
            "source": self.source,
            "fetched": self.fetched,
            "files": {file.name: {"url": file.url, "size": file.size, "sha256": file.sha256} for file in self.files},
        }


@dataclass(frozen=True)
class PullProgress:
    """One step: the file under way, files complete of all, bytes there of this file."""

    name: str
    files_done: int
    files: int
    bytes_done: int


def full_name(model: str, anything: bool = False) -> str:
    """The name that a server knows a model by; `ss-4` is short for `ss-4-tcn-sm`.

    anything: take names that the zoo does not know, for a server of the user's own.
    Raises UsageError for what is no such name.
    """
    if not ZOO_NAME.fullmatch(model):
        raise UsageError(f"'{model}' cannot be the name of a model: small letters, digits and . _ - are taken")
    # A server may still have what this zoo has retired.
    known = [*(entry.name for entry in entries()), *retired_names()]
    matches = matching(model, known)
    if len(matches) == 1:
        return matches[0]
    if len(matches) > 1:
        raise UsageError(f"model '{model}' is ambiguous: {', '.join(matches)}", "sktools zoo list")
    if anything:
        return model
    raise UsageError(f"model '{model}' is not among the published ones; {suggest(model, known)}", "sktools zoo list")


def pull(
    name: str,
    base_url: str,
    output: Path,
    cache: Path,
    force: bool = False,
    progress: Callable[[PullProgress], None] = lambda step: None,
) -> Pulled:
    """The four files of a published model in `output`, with RECORD_FILE beside them.

    cache: folder in which files wait until all are there, and from which a later call takes them. force: fetch anew
    and replace a model that was pulled before. A call that was cut off goes on where it stopped.
    Raises UsageError (`output` holds something else; no HTTP address), MissingError (no connection, no such model),
    DataError (what arrives is not what it should be), OSError (disk).
    """
    base = base_url.rstrip("/")
    transfer.check_url(base)
    there = _may_replace(output, force)
    if there is not None and (there.name, there.source) == (name, base) and not force:
        return there
    store = cache / "zoo" / hashlib.sha256(base.encode()).hexdigest()[:16] / name
    if force:
        (store / RECORD_FILE).unlink(missing_ok=True)
    kept = _read_record(store, "cache")
    pulled = kept or _fetch(name, base, store, progress)
    _place(store, output, pulled)
    return Pulled(name, output, pulled.source, pulled.fetched, pulled.files, pulled.origin)


def is_pulled(folder: Path) -> bool:
    """Whether a model folder was pulled rather than trained here."""
    return (folder / RECORD_FILE).is_file()


def _fetch(name: str, base: str, store: Path, progress: Callable[[PullProgress], None]) -> Pulled:
    files = []
    for number, (file, limit) in enumerate(LIMITS.items()):
        url = f"{base}/{urllib.parse.quote(name)}/{RELEASE}/{file}"

        def tell(done: int, file: str = file, number: int = number) -> None:
            progress(PullProgress(file, number, len(LIMITS), done))

        got = transfer.fetch(RemoteFile(f"{name}/{file}", url, limit=limit), store / file, tell)
        try:
            _check(store / file)
        except SktoolsError:
            (store / file).unlink()
            raise
        files.append(PulledFile(file, url, got.size, got.sha256))
        progress(PullProgress(file, number + 1, len(LIMITS), got.size))
    now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    pulled = Pulled(name, store, base, now, tuple(files), "network")
    _write_record(store, pulled)
    return pulled


def _check(path: Path) -> None:
    """Raises DataError where a file is not of the kind that its name says."""
    if path.suffix == ".json":
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except (ValueError, RecursionError) as error:
            raise DataError(f"{path.name}: what arrived is not JSON") from error
        if path.name == CONFIGURATION_FILE and not isinstance(document, dict):
            raise DataError(f"{path.name}: what arrived is no JSON object")
    elif path.suffix == ".tflite":
        with path.open("rb") as content:
            if content.read(8)[4:] != b"TFL3":
                raise DataError(f"{path.name}: what arrived is not a .tflite")
    elif not _is_keras(path):
        raise DataError(f"{path.name}: what arrived is not a Keras 3 model")


def _is_keras(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return {"config.json", "metadata.json"} <= set(archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError):  # not implemented: a later zip's
        return False


def _may_replace(output: Path, force: bool) -> Pulled | None:
    """What an earlier pull left in a folder, None where it is free. Raises UsageError where it is taken."""
    if not output.exists():
        return None
    if not output.is_dir():
        raise UsageError(f"{output}: is a file, not a folder", "--output DIR")
    if not any(output.iterdir()):
        return None
    if not is_pulled(output):
        raise UsageError(f"{output}: holds something that was not pulled, and is left alone", "--output DIR")
    there = _read_record(output, "folder")
    strange = {path.name for path in output.iterdir()} - {*LIMITS, RECORD_FILE}
    if (there is None or strange) and not force:
        raise UsageError(
            f"{output}: was changed since it was pulled, and is left alone", "--output DIR, or --force to replace it"
        )
    return there


def _read_record(folder: Path, origin: str) -> Pulled | None:
    """The record of a complete folder; None where a file is not what the record says."""
    try:
        document = json.loads((folder / RECORD_FILE).read_text(encoding="utf-8"))
        files = tuple(
            PulledFile(name, str(entry["url"]), int(entry["size"]), str(entry["sha256"]))
            for name, entry in document["files"].items()
        )
        pulled = Pulled(str(document["name"]), folder, str(document["source"]), str(document["fetched"]), files, origin)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    complete = {file.name for file in files} == set(LIMITS)
    return pulled if complete and all(_sha256(folder / file.name) == file.sha256 for file in files) else None


def _write_record(folder: Path, pulled: Pulled) -> None:
    partial = folder / f".{RECORD_FILE}.{secrets.token_hex(3)}.partial"
    partial.write_text(json.dumps(pulled.record(), indent=2) + "\n", encoding="utf-8")
    partial.replace(folder / RECORD_FILE)


def _place(store: Path, output: Path, pulled: Pulled) -> None:
    """Puts copies of the files at `output`, which a reader never meets half-filled."""
    output.parent.mkdir(parents=True, exist_ok=True)
    with partial_folder(output.parent, "pull") as folder:
        complete, old = folder / "new", folder / "old"
        complete.mkdir()
        _copy(store, complete, (file.name for file in pulled.files))
        _write_record(complete, pulled)
        if output.exists():
            output.rename(old)
        try:
            complete.rename(output)
        except OSError:
            if old.exists():
                old.rename(output)
            raise


def _copy(source: Path, target: Path, names: Iterable[str]) -> None:
    for name in names:
        shutil.copyfile(source / name, target / name)
        with (target / name).open("rb") as written:
            os.fsync(written.fileno())


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
