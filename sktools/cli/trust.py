"""Whether the sktools.yaml of the working folder may name programs, boards, SDKs, servers or folders outside.

A folder may come from a stranger: an archive, a repository. What its sktools.yaml names would run as the user, so the
user has to say `--trust` first. That word holds for one path and one content: of the file and of every file that it
names, and those name.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sktools.errors import SktoolsError, UsageError
from sktools.partial import replace_file
from sktools.strict_yaml import read_yaml

MOST_FILES = 1000
LARGEST_FILE = 64 << 20


def trusted_file() -> Path:
    """Where the trusted files are remembered. Raises SktoolsError if this user has no home folder."""
    named = os.environ.get("XDG_CONFIG_HOME")
    try:
        return (Path(named) if named else Path.home() / ".config") / "sktools" / "trusted.json"
    except RuntimeError as error:
        raise SktoolsError("this user has no home folder", "export HOME=DIR, or XDG_CONFIG_HOME=DIR") from error


def powers(document: Mapping[str, str], folder: Path) -> list[str]:
    """The entries of a sktools.yaml that need the user's word, as 'key: value'."""
    found = [f"sdk: {document['sdk']}"] if "sdk" in document else []
    if "zoo_url" in document:
        # A password that does not belong there must not reach a log either.
        found.append("zoo_url: " + re.sub(r"//[^/]*@", "//...@", document["zoo_url"]))
    if document.get("board", "").endswith(".yaml"):
        found.append(f"board: {document['board']}")
    home = folder.resolve()
    for key in ("data", "results"):
        if key in document and not (home / Path(document[key]).expanduser()).resolve().is_relative_to(home):
            found.append(f"{key}: {document[key]}")
    return found


def check(path: Path, document: Mapping[str, str]) -> None:
    """Asks for the user's word if a sktools.yaml needs it: on a terminal by a question, else by an error.

    Raises UsageError if the file is not trusted.
    """
    needed = powers(document, path.parent)
    if not needed or _trusted().get(str(path.resolve())) == digest(path):
        return
    if sys.stdin.isatty() and sys.stderr.isatty():
        import click

        if click.confirm(f"{path} names {'; '.join(needed)}. Trust it, and the files that it names?", err=True):
            grant(path)
            return
    raise UsageError(
        f"{path} names {'; '.join(needed)}, and you have not trusted it",
        "read the file and what it names, then run the same command with --trust",
    )


def grant(path: Path) -> None:
    """Remembers that a sktools.yaml, as it and the files that it names are now, is trusted.

    Raises UsageError if there is no such file, SktoolsError if this cannot be remembered.
    """
    if not path.is_file():
        raise UsageError(f"{path}: there is no such file to trust")
    known = {**_trusted(), str(path.resolve()): digest(path)}
    try:
        replace_file(trusted_file(), (json.dumps(known, indent=2, sort_keys=True) + "\n").encode())
    except OSError as error:
        raise SktoolsError(
            f"{trusted_file()}: cannot be written ({error.strerror})", "export XDG_CONFIG_HOME=DIR that can be written"
        ) from error


def digest(path: Path) -> str:
    """SHA-256 over the path and content of a file and of every file that it names, recursively.

    Raises UsageError if that are too many or too large files.
    """
    digests: dict[str, str] = {}
    waiting = [path.resolve()]
    while waiting:
        file = waiting.pop()
        if str(file) in digests:
            continue
        if len(digests) >= MOST_FILES or file.stat().st_size > LARGEST_FILE:
            raise UsageError(f"{path}: names more than {MOST_FILES} files, or a file above {LARGEST_FILE >> 20} MiB")
        digests[str(file)] = hashlib.sha256(file.read_bytes()).hexdigest()
        waiting += _named_in(file, path.resolve().parent)
    return hashlib.sha256(json.dumps(digests, sort_keys=True).encode()).hexdigest()


def _named_in(file: Path, folder: Path) -> Iterator[Path]:
    """Files that a YAML file names, relative to itself or to the working folder: any word of any of its strings."""
    if file.suffix not in (".yaml", ".yml"):
        return
    try:
        texts = list(_strings(read_yaml(file)))
    except UsageError:
        return  # what cannot be read is not used either
    for text in texts:
        for word in {text, *re.split(r"[\s,=]+", text), *(re.sub(r"^-[A-Za-z]", "", w) for w in text.split())}:
            for base in (file.parent, folder):
                try:
                    found = (base / Path(word).expanduser()).resolve()
                    if word and found.is_file():
                        yield found
                except (OSError, RuntimeError, ValueError):
                    continue


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _strings(key)
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


def _trusted() -> Mapping[str, str]:
    """Path -> digest. A damaged file is as if nothing were trusted."""
    try:
        document = json.loads(trusted_file().read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
