"""The fast kernels compiled for this machine with ASan and UBSan, fed through a pipe."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.kernels.cases import Case

ROOT = Path(__file__).resolve().parents[2]
KERNELS = ROOT / "firmware" / "kernels"
DRIVER = Path(__file__).with_name("driver.c")
FLAGS = ("-std=c99", "-g", "-O1", "-Wall", "-Wextra", "-Werror")
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")


def fast_sources() -> list[Path]:
    return sorted((KERNELS / "fast").glob("*.c"))


def build_host_driver(folder: Path) -> Path:
    program = folder / "driver"
    command = ["cc", *FLAGS, *SANITIZERS, f"-I{KERNELS}", str(DRIVER), *map(str, fast_sources()), "-o", str(program)]
    subprocess.run(command, check=True, capture_output=True)
    return program


class HostDriver:
    """A running driver. A sanitizer's first error ends it; it is then started anew for the next case."""

    def __init__(self, program: Path) -> None:
        self._program = program
        self._process = self._start()

    def run(self, case: Case) -> NDArray[np.generic]:
        """The kernel's output, shaped as the expected one. AssertionError with the report where it died."""
        assert self._process.stdin is not None and self._process.stdout is not None
        words = case.words()
        try:
            self._process.stdin.write(np.array([words.size], np.uint32).tobytes() + words.tobytes())
            self._process.stdin.flush()
            header = self._process.stdout.read(4)
        except BrokenPipeError:
            header = b""
        if len(header) < 4:
            _, report = self._process.communicate()
            self._process = self._start()
            raise AssertionError(f"the driver died in {case.kernel} {case.scalars}:\n{report.decode(errors='replace')}")
        data = self._process.stdout.read(int.from_bytes(header, "little"))
        return np.frombuffer(data, case.expected.dtype).reshape(case.expected.shape)

    def close(self) -> None:
        self._process.communicate(timeout=10)

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [str(self._program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
