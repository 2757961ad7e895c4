"""Command lines that are cut short: by Ctrl-C, by kill -9, at any moment."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

_MARK = "SKTOOLS_TEST_MARK"
_READY = "SKTOOLS_TEST_READY"
_GRACE_S = 60.0
_START_S = 120.0

_PROGRAM = """\
import os
from pathlib import Path
from sktools.cli.main import main
Path(os.environ["SKTOOLS_TEST_READY"]).touch()
main()
"""
"""A Ctrl-C before Python has imported the command line is Python's to answer, and how long that takes none can say."""


CONFIG = """\
name: small
description: a network for tests
network: {kind: tcn-sm, kernel: 3, filters: [8], depths: [1], dilations: [1], classes: 2}
classes: {names: [WAKE, SLEEP], map: {0: 0, 1: 1, 2: 1, 3: 1, 5: 1}}
features: {set: fs-w-pa-14}
training: {epochs: 3, steps: 3, batch: 4, checkpoint_every: 1}
quantization: {calibration_frames: 16, max_f1_drop: 0.9}
held_out_rule: two, for a test
held_out: {synthetic: [syn-005, syn-010]}
"""
"""Of a model that trains in seconds."""


@dataclass(frozen=True)
class Cut:
    """How a command line ended. status: its exit status, negative for a signal."""

    status: int
    error: str


def _hear_ctrl_c() -> None:
    """A shell has what it runs in the background ignore Ctrl-C, and that is inherited."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class CommandLine:
    """`sktools` in a folder; its processes are found again by a mark in their environment.

    environment: what else it finds there. Its temporary files go to folder/tmp.
    """

    def __init__(self, folder: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
        if not sys.platform.startswith("linux"):
            pytest.skip("reads /proc")
        self._mark = secrets.token_hex(8)
        self._error = folder.with_name(f"{folder.name}-{self._mark}.err")
        self._ready = self._error.with_suffix(".ready")
        temporary = folder / "tmp"
        temporary.mkdir(exist_ok=True)
        paths = {"TMPDIR": str(temporary), _READY: str(self._ready)}
        with self._error.open("wb") as stream:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _PROGRAM, *arguments],
                cwd=folder,
                env={**os.environ, **paths, _MARK: self._mark, "TF_CPP_MIN_LOG_LEVEL": "3", **(environment or {})},
                stdout=subprocess.DEVNULL,
                stderr=stream,
                start_new_session=True,
                preexec_fn=_hear_ctrl_c,
            )

    def wait_until_ready(self) -> None:
        """Until it has imported the command line, or has ended."""
        deadline = time.monotonic() + _START_S
        while not self._ready.exists() and self._process.poll() is None:
            assert time.monotonic() < deadline, "it does not start"
            time.sleep(0.005)

    def wait(self, timeout_s: float = 600) -> Cut:
        status = self._process.wait(timeout_s)
        return Cut(status, self._error.read_text(errors="replace"))

    def cut(self, after_s: float, how: signal.Signals) -> Cut:
        """Lets it run for a while, ends it, and waits until everything that it started has ended too.

        Ctrl-C reaches the whole foreground group of a terminal; kill -9 the one process.
        """
        self.wait_until_ready()
        deadline = time.monotonic() + after_s
        while time.monotonic() < deadline and self._process.poll() is None:
            time.sleep(0.005)
        if not self.processes() and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            pytest.skip("this system does not show the environment of processes")
        if self._process.poll() is None:
            if how is signal.SIGINT:
                os.killpg(self._process.pid, how)
            else:
                self._process.send_signal(how)
        ended = self.wait(120)
        deadline = time.monotonic() + _GRACE_S
        while (left := self.processes()) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not left, f"still running: {left}"
        return ended

    def processes(self) -> list[str]:
        """Command lines of what still runs of it."""
        found = []
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and f"{_MARK}={self._mark}".encode() in (entry / "environ").read_bytes():
                    found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
            except OSError:
                continue  # it has ended, or is not ours
        return found


def check_bundles(results: Path) -> int:
    """Every result bundle is whole: what its manifest names is there, to the byte. Returns their number."""
    count = 0
    for folder in results.glob("*/*/*/"):
        if folder.name.startswith("."):
            continue
        manifest = json.loads((folder / "manifest.json").read_text())
        for name, digest in manifest["files"].items():
            assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest, folder / name
        assert {"profile.json", "layers.csv", "metrics.json", "report.html"} <= set(manifest["files"])
        count += 1
    for latest in results.glob("*/*/latest"):
        assert (latest.parent / latest.read_text().strip() / "manifest.json").is_file()
    return count


def check_model(model: Path) -> None:
    """Whole or not there: a .tflite stands only beside the metrics of the very same."""
    if (model / "model.tflite").exists():
        digest = hashlib.sha256((model / "model.tflite").read_bytes()).hexdigest()
        assert json.loads((model / "metrics.json").read_text())["sha256"] == digest


def check_store(folder: Path) -> None:
    """Every subject's file in a feature store is whole."""
    from sktools.datasets.feature_store import is_complete, read_index

    if any(folder.glob("*.h5")):
        index = read_index(folder)
        assert all(is_complete(folder, index, path.stem) for path in folder.glob("*.h5"))


def hidden(folder: Path) -> list[Path]:
    """What a run was writing when it was killed."""
    found = [path for name in (".build-*", ".partial-*", ".sktools-*") for path in folder.rglob(name)]
    return [*(path for path in found if path.is_dir()), *folder.rglob("*.partial")]
