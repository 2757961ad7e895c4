"""Whether a build is up to date, by what it was made from: known before anything is compiled.

`build.build_project` finds a build that is up to date by the files of its project, which the compiler must make first.
Here the digest is of what the compiler reads, so an unchanged model costs a tenth of a second.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from importlib import resources
from pathlib import Path

from sktools.boards.configure import AOT
from sktools.build import neuralspot
from sktools.build.build import RECEIPT, Build, load_build
from sktools.build.sdk import find_sdk
from sktools.build.stager import is_live
from sktools.build.toolchain import compiler_version, require_tools
from sktools.errors import BuildError, MissingError
from sktools.metrics.clock import CLOCK_FILE
from sktools.partial import replace_file, utf8
from sktools.pipeline.stage import Work

NOTE = "inputs.json"
"""Beside the receipt: digests of what the build was made from, and of the receipt and the image that came of it."""

_SOURCES = (
    *("sktools.compiler", "sktools.build", "sktools.boards", "sktools.firmware", "sktools.templates"),
    *("sktools.features", "sktools.metrics", "sktools.profiling"),  # of a live model's stager
)


def inputs_digest(work: Work, content: bytes, costs: Mapping[str, int], optimize: str) -> str | None:
    """The digest of everything that the build of a model depends on; None if that is not known here.

    content: the .tflite. costs: the table that kernels are chosen by. Raises MissingError without compiler or make.
    """
    board, options = work.board, work.options
    if options.engine != AOT:
        return None
    if board.sdk is None:
        require_tools(board.target)
        tools = compiler_version(board.target.compiler)
    else:
        try:
            root = find_sdk(board.sdk, work.image.sdk)
            tools = f"{compiler_version(neuralspot.COMPILER)} {root}"
        except MissingError:
            return None
    parts = [work.model.name, optimize, tools, sources_digest(), repr(board), repr(work.image)]
    parts += _live(work)
    parts += [json.dumps(dict(costs), sort_keys=True), hashlib.sha256(content).hexdigest()]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _live(work: Work) -> list[str]:
    """What the stager of a live model is made from: its configuration, and the clock.json beside it."""
    config = work.model.config
    if config is None or not is_live(config):
        return []
    clock = work.model.folder / CLOCK_FILE
    return [repr(config), _digest(clock) if clock.is_file() else ""]


@functools.cache
def sources_digest() -> str:
    """Digest of this sktools' own compiler, firmware and templates: another version builds anew."""
    digest = hashlib.sha256()
    for package in _SOURCES:
        root = Path(str(resources.files(package)))
        for path in sorted(path for path in root.rglob("*") if path.is_file() and path.suffix != ".pyc"):
            content = path.read_bytes()
            digest.update(f"\n{package} {path.relative_to(root)} {len(content)}\n".encode())
            digest.update(content)
    return digest.hexdigest()


def unchanged(folder: Path, inputs: str) -> Build | None:
    """The build in a folder, if it was made from just these inputs and its image is still the one that was made."""
    try:
        note = json.loads((folder / NOTE).read_text(encoding="utf-8"))
        if note["inputs"] != inputs or note["receipt"] != _digest(folder / RECEIPT):
            return None
        build = load_build(folder)
        return build if note["image"] == _digest(build.image) else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError, BuildError):
        return None


def remember(build: Build, inputs: str) -> None:
    """Notes what a build was made from. A folder that cannot be written is compiled again the next time."""
    with suppress(OSError):
        note = {"inputs": inputs, "receipt": _digest(build.folder / RECEIPT), "image": _digest(build.image)}
        replace_file(build.folder / NOTE, utf8(json.dumps(note, indent=1) + "\n"))


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
