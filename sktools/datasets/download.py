"""Data sets from where they are published: MESA from NSRR (with the user's token), open ones from PhysioNet."""

from __future__ import annotations

import json
import re
import urllib.parse
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Protocol, TextIO

from sktools import transfer
from sktools.datasets.recording import NIGHT_MARK
from sktools.errors import DataError, UsageError
from sktools.strict_yaml import suggest
from sktools.transfer import AccessError, RemoteFile

RECORD_FILE = "downloads.jsonl"
CLIENT = "sktools"


class Source(Protocol):
    """Where a data set is published."""

    name: str
    base_url: str
    needs_token: bool

    def files(self, base_url: str, token: str, subjects: Iterable[str] | None) -> tuple[RemoteFile, ...]:
        """Every file of the data set (or of some subjects) that sktools reads, in a fixed order."""
        ...


@dataclass(frozen=True)
class DownloadProgress:
    """One step. path: file under way. files_done, files: those complete, all. bytes_done: of this file. bytes_total:
    of this file, None where the source does not tell. kept: whether it was there already.
    """

    path: str
    files_done: int
    files: int
    bytes_done: int
    bytes_total: int | None
    kept: bool = False


@dataclass(frozen=True)
class DownloadResult:
    """fetched, kept: relative paths. bytes: fetched by this run."""

    folder: Path
    fetched: tuple[str, ...]
    kept: tuple[str, ...]
    bytes: int


class Nsrr:
    """MESA at the National Sleep Research Resource: recordings and NSRR annotations."""

    name = "mesa"
    base_url = "https://sleepdata.org"
    needs_token = True
    folders: Mapping[str, re.Pattern[str]] = {
        "polysomnography/annotations-events-nsrr": re.compile(r"mesa-sleep-(\d+)-nsrr\.xml"),
        "polysomnography/edfs": re.compile(r"mesa-sleep-(\d+)\.edf"),
    }

    def files(self, base_url: str, token: str, subjects: Iterable[str] | None) -> tuple[RemoteFile, ...]:
        query = urllib.parse.urlencode({"auth_token": token})
        profile = transfer.fetch_json(f"{base_url}/api/v1/account/profile.json?{query}", token)
        if not (isinstance(profile, dict) and profile.get("authenticated") is True):
            raise AccessError(
                "NSRR does not know this token",
                "https://sleepdata.org/token shows yours; NSRR_TOKEN or --token gives it",
            )
        wanted = None if subjects is None else set(subjects)
        found = []
        for folder, pattern in self.folders.items():
            query = urllib.parse.urlencode({"path": folder, "auth_token": token})
            listing = transfer.fetch_json(f"{base_url}/api/v1/datasets/{self.name}/files.json?{query}", token)
            entries = [entry for entry in map(_listed, listing if isinstance(listing, list) else []) if entry]
            if not entries:
                raise AccessError(
                    f"NSRR lists no files in {folder}: this token gives no access to '{self.name}'",
                    f"ask for access at {self.base_url}/datasets/{self.name}",
                )
            for name, size, md5 in sorted(entries):
                match = pattern.fullmatch(name)
                if match and (wanted is None or match.group(1) in wanted):
                    path = f"{folder}/{name}"
                    url = f"{base_url}/datasets/{self.name}/files/a/{urllib.parse.quote(token)}/m/{CLIENT}/{path}"
                    found.append(RemoteFile(path, url, size, ("md5", md5) if md5 else None, token))
        return tuple(found)


class PhysioNet:
    """An open data set at PhysioNet: the SHA256SUMS.txt of a release has the names and the checksums of its files."""

    needs_token = False

    def __init__(self, name: str, release: str, pattern: str, order: Sequence[str]) -> None:
        """release: below physionet.org/files. pattern: of the files that sktools reads; its group `person` is the
        person, its group `night` the night. order: what the paths hold, of those that are fetched first.
        """
        self.name = name
        self.base_url = f"https://physionet.org/files/{release}"
        self._pattern, self._order = re.compile(pattern), tuple(order)

    def files(self, base_url: str, token: str, subjects: Iterable[str] | None) -> tuple[RemoteFile, ...]:
        text = transfer.fetch_bytes(f"{base_url}/SHA256SUMS.txt").decode("utf-8", "replace")
        wanted = None if subjects is None else set(subjects)
        found = []
        for line in text.splitlines():
            digest, _, path = line.strip().partition(" ")
            path = path.strip().removeprefix("*")
            match = self._pattern.fullmatch(path)
            if not match or not re.fullmatch(r"[0-9a-fA-F]{64}", digest):
                continue
            person, night = match["person"], match.groupdict().get("night")
            names = {str(person), f"{person}{NIGHT_MARK}{night}"}
            if wanted is None or person is None or names & wanted:
                found.append(RemoteFile(path, f"{base_url}/{urllib.parse.quote(path)}", None, ("sha256", digest)))
        if not found:
            raise DataError(f"{base_url}/SHA256SUMS.txt: lists no file of {self.name}")
        # The small files first: labels and heart rate alone are of use already.
        return tuple(sorted(found, key=lambda file: (self._rank(file.path), file.path)))

    def _rank(self, path: str) -> int:
        return next((rank for rank, part in enumerate(self._order) if part in path), len(self._order))


SLEEP_ACCEL = PhysioNet(
    "sleep-accel",
    "sleep-accel/1.0.0",
    r"(?:labels|heart_rate|motion)/(?P<person>\w+)_(?:labeled_sleep|heartrate|acceleration)\.txt|LICENSE\.txt",
    ("LICENSE.txt", "labels/", "heart_rate/", "motion/"),
)
BIDSLEEP = PhysioNet(
    "bidsleep",
    "bidsleep-dataset/1.0.1",
    r"(?P<person>\w+)/(?P<night>\d+)/(?:labels\.mat|hr\.csv|motion\.csv)|LICENSE\.txt|README\.md",
    ("LICENSE.txt", "README.md", "labels.mat", "hr.csv", "motion.csv"),
)
SOURCES: Mapping[str, Source] = {source.name: source for source in (Nsrr(), SLEEP_ACCEL, BIDSLEEP)}


def download(
    dataset: str,
    output: Path,
    token: str | None = None,
    subjects: Iterable[str] | None = None,
    base_url: str | None = None,
    progress: Callable[[DownloadProgress], None] | None = None,
) -> DownloadResult:
    """Fetches what sktools reads of a data set into `output`, laid out as its reader expects; goes on where it stopped.

    token: of the user at NSRR. subjects: only these. base_url: of a mirror.
    RECORD_FILE in `output` holds path, size, SHA-256 and the source's own checksum of each complete file, one JSON
    object a line; a file recorded there and still of that size is not fetched again.
    Raises UsageError (unknown data set, no token), AccessError, MissingError (no connection), DataError, OSError.
    """
    if dataset not in SOURCES:
        raise UsageError(f"data set '{dataset}' cannot be downloaded; {suggest(dataset, SOURCES)}")
    source = SOURCES[dataset]
    if source.needs_token and not token:
        raise UsageError(
            f"data set '{dataset}' needs a token of yours", "https://sleepdata.org/token shows it; set NSRR_TOKEN to it"
        )
    base = (base_url or source.base_url).rstrip("/")
    transfer.check_url(base)
    asked = None if subjects is None else list(subjects)
    files = source.files(base, token or "", asked)
    if not files:
        raise UsageError(f"data set '{dataset}' has none of the subjects {', '.join(asked or [])}")
    output.mkdir(parents=True, exist_ok=True)
    recorded = read_record(output)
    fetched, kept, total = [], [], 0
    with (output / RECORD_FILE).open("a+", encoding="utf-8") as record:
        _end_line(record)
        for number, file in enumerate(files):
            target = output / _inside(file.path)

            def tell(done: int, kept: bool = False, complete: int = number, current: RemoteFile = file) -> None:
                if progress is not None:
                    progress(DownloadProgress(current.path, complete, len(files), done, current.size, kept))

            if _have(target, file, recorded.get(file.path)):
                kept.append(file.path)
                tell(target.stat().st_size, kept=True, complete=number + 1)
                continue
            tell(0)
            got = transfer.fetch(file, target, tell)
            line = {
                "path": file.path,
                "size": got.size,
                "sha256": got.sha256,
                "source_checksum": ":".join(file.checksum) if file.checksum else None,
            }
            record.write(json.dumps(line) + "\n")
            record.flush()
            fetched.append(file.path)
            total += got.size - got.resumed_from
            tell(got.size, complete=number + 1)
    return DownloadResult(output, tuple(fetched), tuple(kept), total)


def read_record(folder: Path) -> dict[str, dict[str, Any]]:
    """Recorded downloads by path; a last line that was cut is left out."""
    try:
        lines = (folder / RECORD_FILE).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    found = {}
    for line in lines:
        try:
            entry = json.loads(line)
            found[str(entry["path"])] = entry
        except (ValueError, KeyError, TypeError):
            continue
    return found


def _end_line(record: TextIO) -> None:
    """A line that a killed run left half-written must not swallow the next one."""
    record.seek(0)
    if not record.read().endswith("\n"):
        record.write("\n")


def _have(target: Path, file: RemoteFile, entry: Mapping[str, Any] | None) -> bool:
    if entry is None or not target.is_file() or target.stat().st_size != entry.get("size"):
        return False
    return file.checksum is None or entry.get("source_checksum") == ":".join(file.checksum)


def _listed(entry: object) -> tuple[str, int | None, str] | None:
    """Name, size and MD5 of a file in NSRR's listing; None for folders and what is not understood."""
    if not isinstance(entry, dict) or entry.get("is_file") is not True:
        return None
    name, size, md5 = entry.get("file_name"), entry.get("file_size"), entry.get("file_checksum_md5")
    if not isinstance(name, str) or "/" in name:
        return None
    known = isinstance(md5, str) and re.fullmatch(r"[0-9a-fA-F]{32}", md5)
    return name, size if isinstance(size, int) else None, str(md5) if known else ""


def _inside(path: str) -> Path:
    """A relative path that stays inside the folder; the names come from a server."""
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or any(part in ("..", ".") or "\\" in part for part in parts):
        raise DataError(f"the source lists a file {path!r} outside its folder")
    return Path(*parts)
