"""Our end of the process that runs reference kernels: starts it, asks, and notices when a kernel ended it."""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import IO, Any

from sktools.errors import ModelError, printable
from sktools.reference_child import read, write

_CHILD = Path(__file__).with_name("reference_child.py")


class KernelDiedError(ModelError):
    """The reference kernels ended their process, for example by an assertion."""


class ReferenceProcess:
    """One child for all models, started when it is asked for the first time, and again after it died."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._said: IO[bytes] | None = None

    def ask(self, request: tuple[Any, ...]) -> tuple[Any, ...]:
        """The child's answer; both are described there. Raises KernelDiedError."""
        with self._lock:
            child = self._child or self._start()
            assert child.stdin is not None and child.stdout is not None
            try:
                write(child.stdin, request)
                return tuple(read(child.stdout))
            except (EOFError, BrokenPipeError, ValueError) as error:
                raise KernelDiedError(self._end(child)) from error
            except BaseException:  # Ctrl-C: an answer that nobody waits for would be taken for the next one's
                child.kill()
                self._end(child)
                raise

    def close(self) -> None:
        with self._lock:
            if self._child is not None:
                self._child.kill()
                self._end(self._child)

    def _start(self) -> subprocess.Popen[bytes]:
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 (lives as long as the child)
        # -P: no module of the working directory is imported. A session of its own: Ctrl-C is ours to handle.
        self._child = subprocess.Popen(
            [sys.executable, "-P", str(_CHILD)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            start_new_session=True,
        )
        return self._child

    def _end(self, child: subprocess.Popen[bytes]) -> str:
        """Reaps it, and says how it ended."""
        for stream in (child.stdin, child.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):  # unsent bytes of a request
                    stream.close()
        status = child.wait()
        self._child = None
        how = signal.Signals(-status).name if status < 0 else f"exit status {status}"
        return f"the reference kernels cannot run this model: they end their process ({how}){self._last_words()}"

    def _last_words(self) -> str:
        if self._said is None:
            return ""
        with self._said as said:
            said.seek(max(0, said.seek(0, os.SEEK_END) - 4096))
            lines = [line.strip() for line in said.read().decode(errors="replace").splitlines() if line.strip()]
        self._said = None
        return f": {printable(lines[-1])[:200]}" if lines else ""


@functools.cache
def _process_of(pid: int) -> ReferenceProcess:
    process = ReferenceProcess()
    atexit.register(process.close)
    return process


def reference_process() -> ReferenceProcess:
    """The one of this process; a fork has its own, since two cannot share a pair of pipes."""
    return _process_of(os.getpid())
