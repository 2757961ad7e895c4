"""Builds and runs the libFuzzer targets of the firmware under ASan and UBSan."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from sktools.build.shipped import firmware_path
from tests.support.fake_model import fake_model

HERE = Path(__file__).parent
CORPUS = HERE / "corpus"

_RUNTIME = {
    "frame": ("crc32", "frame"),
    "server": ("crc32", "frame", "runner", "server"),
}


def clang() -> str | None:
    """A clang that has libFuzzer, None where there is none."""
    found = shutil.which("clang")
    if found is None:
        return None
    done = subprocess.run(
        [found, "-fsanitize=fuzzer,address,undefined", "-x", "c", "-", "-o", "/dev/null"],
        input=b"int LLVMFuzzerTestOneInput(const unsigned char *d, unsigned long n);"
        b"int LLVMFuzzerTestOneInput(const unsigned char *d, unsigned long n) { return (int)(*d && n) * 0; }",
        capture_output=True,
        check=False,
    )
    return found if done.returncode == 0 else None


def build(target: str, folder: Path, compiler: str) -> Path:
    """The program of one target, with the fake model behind the server."""
    (folder / "model.c").write_text(fake_model().sources["model.c"])
    sources = [HERE / f"{target}_fuzz.c", *(firmware_path("runtime", f"sk_{name}.c") for name in _RUNTIME[target])]
    if target == "server":
        sources += [folder / "model.c", firmware_path("boards", "host", "board.c")]
    program = folder / target
    subprocess.run(
        [compiler, "-std=c99", "-g", "-O1", "-Wall", "-Wextra", "-Werror", "-DSK_DEBUG",
         "-fsanitize=fuzzer,address,undefined", "-fno-sanitize-recover=all",
         "-I", HERE, "-I", firmware_path("runtime"), "-o", program, *sources],
        check=True,
    )  # fmt: skip
    return program


@dataclass(frozen=True)
class Campaign:
    """inputs: how many were tried. failure: the report of the first that failed, "" where none did."""

    inputs: int
    failure: str


def run(program: Path, runs: int, seed: int, corpus: Path, timeout_s: float) -> Campaign:
    """`runs` inputs grown from the corpus, which is left as it is.

    The firmware allocates nothing; the limit is on single allocations, since in some containers what libFuzzer reads
    as its resident size is not its own.
    """
    found = program.parent / f"found-{seed}"
    found.mkdir()
    done = subprocess.run(
        [program, f"-runs={runs}", f"-seed={seed}", "-max_len=2048", "-timeout=10", "-malloc_limit_mb=64",
         "-rss_limit_mb=0", "-print_final_stats=1", f"-artifact_prefix={found}/", found, corpus],
        capture_output=True, text=True, errors="replace", timeout=timeout_s, check=False,
    )  # fmt: skip
    counted = re.search(r"stat::number_of_executed_units: (\d+)", done.stderr)
    return Campaign(int(counted[1]) if counted else 0, "" if done.returncode == 0 else done.stderr[-4000:])
