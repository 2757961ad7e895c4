"""The cycle model of the virtual board: builds its QEMU plugin on this machine and reads what it counted."""

from __future__ import annotations

import atexit
import functools
import hashlib
import os
import re
import shlex
import shutil
import struct
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sktools.boards.qemu import MACHINE, qemu_version
from sktools.build.cache import NoHomeError, cache_folder
from sktools.build.shipped import firmware_path
from sktools.errors import LinkError, MissingError
from sktools.partial import partial_folder, temporary_folder

SOURCES = ("plugin.c", "thumb2_cost.c")
HEADERS = ("qemu_plugin_api.h", "thumb2_cost.h")
NEWEST_KNOWN_API = 7
_ANY_TOO_NEW_API = 9999
_RECORD = struct.Struct("=IIQQQ")
_BEGIN, _END = 1, 2
WINDOW_BYTES = 2 * _RECORD.size
"""Of one window in the plugin's records."""


@dataclass(frozen=True)
class StepWindow:
    """What ran between one begin marker and the end marker after it, neither included.

    sequence: position of the window since the board was started.
    instructions: executed (conditional ones count whether or not their condition held).
    cycles: by the cost table of firmware/cycle_model/thumb2_cost.h.
    cycles_high: an upper bound, with one cycle more per run of three or more wide instructions at 2 mod 4.
    """

    sequence: int
    instructions: int
    cycles: int
    cycles_high: int


def read_windows(records: bytes, first_window: int = 0) -> tuple[StepWindow, ...]:
    """Pairs the plugin's marker records into windows.

    Raises LinkError where a begin lacks its end or the other way round: the image was left in the middle of a step.
    """
    usable = len(records) - len(records) % _RECORD.size
    rows = list(_RECORD.iter_unpack(records[:usable]))
    windows = []
    for position in range(0, len(rows), 2):
        pair = rows[position : position + 2]
        if [row[1] for row in pair] != [_BEGIN, _END]:
            raise LinkError(f"the cycle model's markers do not pair up at record {pair[0][0]}", "run it again")
        begin, end = pair
        counts = [last - first for first, last in zip(begin[2:], end[2:], strict=True)]
        windows.append(StepWindow(first_window + position // 2, *counts))
    return tuple(windows)


def plugin_arguments(plugin: Path, records: Path) -> list[str]:
    """QEMU options that load the plugin and have it append its records to a file."""
    for path in (plugin, records):
        if "," in str(path):
            raise LinkError(f"QEMU cannot take a path with a comma: {path}", "set XDG_CACHE_HOME or TMPDIR elsewhere")
    return ["-plugin", f"{plugin},records={records}"]


@functools.cache
def build_plugin(qemu: Path) -> Path:
    """The plugin for this QEMU, compiled with the machine's C compiler unless a build of the same sources is cached.

    A cached file is named after its content, so a damaged one is built again. If the cache folder cannot be written,
    the plugin is built for this process alone.

    Raises MissingError if there is no compiler, or if the QEMU was built without plugins or has no known plugin API.
    """
    compiler = shlex.split(os.environ.get("CC") or "") or ["cc"]
    if shutil.which(compiler[0]) is None:
        raise MissingError(f"the cycle model needs a C compiler for this machine; {compiler[0]} is not installed",
                           "sudo apt-get install gcc")  # fmt: skip
    try:
        folder = cache_folder()
        folder.mkdir(parents=True, exist_ok=True)
        return _cached(folder, qemu, compiler)
    except (OSError, MissingError) as error:
        if isinstance(error, MissingError) and not isinstance(error, NoHomeError):
            raise
        return _cached(_folder_of_this_process(), qemu, compiler)


def _cached(folder: Path, qemu: Path, compiler: Sequence[str]) -> Path:
    """The plugin in a folder, compiled if it is not there or damaged. Raises OSError if it cannot be written there."""
    name = f"cycle-model-{_key(qemu, compiler)}-"
    for found in sorted(folder.glob(f"{name}*.so")):
        if found.name == name + _digest(found):
            return found
        found.unlink(missing_ok=True)
    api = _api_version(qemu, compiler)
    with partial_folder(folder, "build") as partial:
        fresh = partial / "plugin.so"
        _compile(compiler, api, fresh)
        _check_loads(qemu, fresh)
        return fresh.replace(folder / (name + _digest(fresh)))


def _digest(plugin: Path) -> str:
    return f"{hashlib.sha256(plugin.read_bytes()).hexdigest()[:16]}.so"


def _folder_of_this_process() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="sktools-cycle-model-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _key(qemu: Path, compiler: Sequence[str]) -> str:
    digest = hashlib.sha256()
    for name in SOURCES + HEADERS:
        digest.update(firmware_path("cycle_model", name).read_bytes())
    digest.update(f"{qemu_version(qemu)}|{qemu.resolve()}|{shlex.join(compiler)}".encode())
    return digest.hexdigest()[:16]


def _compile(compiler: Sequence[str], api: int, target: Path) -> None:
    undefined = ["-undefined", "dynamic_lookup"] if sys.platform == "darwin" else []
    sources = [str(firmware_path("cycle_model", name)) for name in SOURCES]
    command = [*compiler, "-std=c99", "-O2", "-fPIC", "-shared", "-fvisibility=hidden", f"-DSK_QEMU_API={api}",
               *undefined, "-o", str(target), *sources]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["no message"])[0]
        raise MissingError(f"the cycle model's plugin does not compile: {reason}", "sktools doctor")


def _load(qemu: Path, plugin: Path, folder: Path) -> str:
    """What QEMU says to the plugin on a machine that does not exist, so that nothing is booted."""
    command = [str(qemu), "-machine", MACHINE, "-display", "none", "-monitor", "none", "-serial", "none",
               "-kernel", str(folder / "no-image"), *plugin_arguments(plugin, folder / "records")]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    return done.stderr


def _api_version(qemu: Path, compiler: Sequence[str]) -> int:
    """The newest plugin API this QEMU speaks: it names it when it turns away a plugin that wants a later one."""
    with temporary_folder() as folder:
        probe = folder / "probe.so"
        _compile(compiler, _ANY_TOO_NEW_API, probe)
        answer = _load(qemu, probe, folder)
    found = re.search(r"supports only up to version (\d+)", answer)
    if found is None:
        raise MissingError(f"this QEMU takes no plugins ({qemu_version(qemu)})", "install the distribution's QEMU")
    return min(int(found[1]), NEWEST_KNOWN_API)


def _check_loads(qemu: Path, plugin: Path) -> None:
    answer = _load(qemu, plugin, plugin.parent)
    if "Could not load plugin" in answer:
        reason = answer.strip().splitlines()[0]
        raise MissingError(f"QEMU refuses the cycle model's plugin: {reason}", "sktools doctor")
