"""Runs untrusted work in a process of its own, with a bound on time and memory."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from dataclasses import dataclass

import pytest

MEMORY_BYTES = 1 << 30
"""What reading, planning and emitting one model file may take, whatever the file says."""


_IDLE_BYTES = 200 << 20
"""Far above what an interpreter takes that does nothing."""

_REPORT = """\
import resource, sys
sys.stderr.write(f"\\npeak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}")
"""


@dataclass(frozen=True)
class Ended:
    """How a child process ended. status: exit status, negative for a signal; peak: bytes of resident memory."""

    status: int
    output: str
    error: str
    peak: int


def run_limited(code: str, *arguments: str, seconds: float = 120.0, address_space: int = 6 << 30) -> Ended:
    """Runs Python code in a child. Raises subprocess.TimeoutExpired where it hangs.

    address_space: of the child, far above what it may use: only a runaway meets it.
    """

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (address_space, address_space))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    unit = 1 if sys.platform == "darwin" else 1024
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{_REPORT}", *arguments],
        capture_output=True,
        text=True,
        errors="replace",
        timeout=seconds,
        preexec_fn=limit,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        check=False,
    )
    error, _, peak = done.stderr.rpartition("\npeak ")
    return Ended(done.returncode, done.stdout, error if peak else done.stderr, int(peak or 0) * unit)


def check_memory(ended: Ended) -> None:
    """Fails where a child took more than MEMORY_BYTES; skips where this system cannot tell.

    In some containers what a process is said to hold is not its own: then an idle interpreter holds too much as well.
    """
    if ended.peak < MEMORY_BYTES:
        return
    idle = run_limited("pass").peak
    if idle > _IDLE_BYTES:
        pytest.skip(f"this system says that an idle interpreter holds {idle >> 20} MB")
    raise AssertionError(f"{ended.peak >> 20} MB of memory, at most {MEMORY_BYTES >> 20} are allowed")
