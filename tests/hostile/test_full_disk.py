"""A disk that is full or read-only ends in one line, and nothing half-written stays."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from sktools.build.build import load_build
from tests.soak.interruption import CONFIG, check_bundles, check_model, check_store, hidden
from tests.soak.table import Amount, Figures
from tests.support import fake_jlink
from tests.support.random_network import Family, random_network
from tests.support.tools import needs_qemu

# In a mount namespace: a small disk with the given files on it, the command line, and a copy of what it holds then.
_SCRIPT = """\
mount -t tmpfs -o size=32m tmpfs "$1" && cp -r "$2"/. "$1" && mount -o remount,"$3" "$1" && cd "$1" || exit 99
shift 3
left="$1"; shift
"$@"
status=$?
cp -r . "$left"
exit $status
"""


def _can_mount() -> bool:
    """Whether disks end here where they are told to: not every container's do."""
    if shutil.which("unshare") is None:
        return False
    with tempfile.TemporaryDirectory() as name:
        for part in ("disk", "files"):
            (Path(name) / part).mkdir()
        for number, (disk, count) in enumerate((("ro", 1), ("size=64k", 1000))):
            fill = f"! dd if=/dev/zero of=file bs=1k count={count} 2>/dev/null"
            command = ["unshare", "-rm", "sh", "-c", _SCRIPT, "sh", "disk", "files", disk, f"left{number}"]
            done = subprocess.run([*command, "sh", "-c", fill], cwd=name, capture_output=True, check=False)
            if done.returncode != 0:
                return False
    return True


pytestmark = [
    needs_qemu,
    pytest.mark.skipif(not _can_mount(), reason="this user may mount no disk that ends where it is told to"),
    pytest.mark.timeout(3600),
]


@dataclass(frozen=True)
class Case:
    """arguments: of the command. largest_kb: more than it writes. needs: what must be there. built: whether a build of
    the model is on the disk beforehand. slow: only in the soak.
    """

    arguments: tuple[str, ...]
    largest_kb: int
    needs: str = "qemu"
    built: bool = False
    slow: bool = False


IMAGE = bytes(range(256)) * 40

CASES = {
    "build-fw": Case(("build-fw", "m.tflite", "--board", "virtual"), 1600),
    "run": Case(("run", "m.tflite", "--frames", "1"), 8000),
    "export": Case(("export", "m.tflite", "--as", "c-library", "--output", "out"), 500),
    "profile": Case(("profile", "m.tflite", "--frames", "1"), 6000, built=True, slow=True),
    "train": Case(("train", "config.yaml", "--output", "models/small"), 300, needs="tensorflow", slow=True),
    "data prepare": Case(
        ("data", "prepare", "synthetic-raw", "--output", "features", "--subjects", "raw-001", "--jobs", "1"),
        160, needs="h5py", slow=True,
    ),
    # The fake J-Link keeps its notes on the disk too, as SEGGER's keeps its settings.
    "flash": Case(("flash", "--image", "firmware.bin", "--board", "apollo4p_evb", "--force"), 40),
}  # fmt: skip


def cases(*, slow: set[str]) -> list[object]:
    """All commands; in `make test` only the quick ones and, of the slow, those named."""
    return [
        pytest.param(name, marks=[pytest.mark.soak] if case.slow and name not in slow else [], id=name)
        for name, case in CASES.items()
    ]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Case], Path]:
    """What is on the disk before the command runs."""
    folders: dict[bool, Path] = {}

    def make(case: Case) -> Path:
        if case.needs != "qemu":
            pytest.importorskip(case.needs, reason=f"{case.needs} (extra 'train') is not installed")
        if case.built not in folders:
            folder = tmp_path_factory.mktemp("files")
            (folder / "m.tflite").write_bytes(
                random_network(Family(frames=32, filters=(8,), depths=(1,), dilations=(1,)))
            )
            (folder / "config.yaml").write_text(CONFIG)
            (folder / "firmware.bin").write_bytes(IMAGE)
            if case.built:
                arguments = CASES["build-fw"].arguments
                command = [sys.executable, "-m", "sktools.cli.main", *arguments, "--quiet"]
                subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=300)
            folders[case.built] = folder
        return folders[case.built]

    return make


def kilobytes(folder: Path) -> int:
    """What a folder takes on a disk of 4 KB blocks."""
    return 4 * sum(2 + path.stat().st_size // 4096 for path in folder.rglob("*"))


def disks(case: Case, there: Path, count: int) -> list[int]:
    """Sizes of small disks in KB, all different, closer together where most files are small."""
    sizes: list[int] = []
    for number in range(count):
        size = kilobytes(there) + 8 + round(case.largest_kb * ((number + 0.5) / count) ** 2)
        sizes.append(max(size, sizes[-1] + 4) if sizes else size)
    return sizes


def run_on(disk: str, files: Path, folder: Path, *arguments: str) -> tuple[int, str, Path]:
    """disk: mount options. Returns the exit status, standard error, and what was on the disk afterwards.

    Temporary files go to the disk as well.
    """
    place, left = folder / "disk", folder / "left"
    place.mkdir()
    found = {
        "PATH": f"{fake_jlink.install(folder)}{os.pathsep}{os.environ['PATH']}",
        "SKTOOLS_JLINK": "",
        "FAKE_JLINK": ".",
        "TMPDIR": str(place),
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", _SCRIPT, "sh", place, files, disk, left,
         sys.executable, "-m", "sktools.cli.main", *arguments],
        capture_output=True, text=True, timeout=600, check=False, env={**os.environ, **found},
    )  # fmt: skip
    assert done.returncode != 99, done.stderr
    return done.returncode, done.stderr, left


def error_lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.lower().startswith("error")]


@pytest.mark.parametrize("command", cases(slow={"train", "profile"}))
def test_a_read_only_disk_is_one_error(command: str, files: Callable[[Case], Path], tmp_path: Path) -> None:
    case = CASES[command]
    status, error, _ = run_on("ro", files(case), tmp_path, *case.arguments)
    assert status == 1, error
    assert len(error_lines(error)) == 1 and "ead-only file system" in error_lines(error)[0], error
    assert "Traceback" not in error


@pytest.mark.soak
def test_flash_writes_nothing(files: Callable[[Case], Path], tmp_path: Path) -> None:
    status, error, _ = run_on("ro", files(CASES["profile"]), tmp_path, "flash", "m.tflite")
    assert status == 0, error


@pytest.mark.parametrize("command", cases(slow=set()))
def test_a_full_disk_is_one_error(
    command: str, files: Callable[[Case], Path], tmp_path: Path, amount: Amount, figures: Figures
) -> None:
    """The disk ends at many places, from the first file to the last."""
    case = CASES[command]
    there = files(case)
    steps = amount(2, 40)
    failed = done = 0
    for size in disks(case, there, steps):
        folder = tmp_path / str(size)
        folder.mkdir()
        status, error, left = run_on(f"size={size}k", there, folder, *case.arguments)
        assert "Traceback" not in error and "internal error" not in error, error
        bundles = check_bundles(left / "results")
        check_model(left / "models" / "small")
        check_store(left / "features")
        assert not hidden(left)
        for build in (left / "build").glob("*/*"):
            assert load_build(build).sizes().flash_bytes > 1000
        if status == 0:
            assert bundles == (command in ("run", "profile"))
            assert command != "flash" or (left / "flash.bin").read_bytes() == IMAGE
            done += 1
            continue
        failed += 1
        assert status == 1, error
        assert len(error_lines(error)) == 1, error
    figures(f"sktools {command} on a full disk", disks=steps, full=failed, one_line_each=failed, left_half_done=0)
    assert failed and (done or steps < 10)
