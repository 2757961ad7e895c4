"""A disk that is full or read-only ends in one line, and nothing half-written stays."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sktools.build.build import load_build
from tests.soak.interruption import check_bundles, hidden
from tests.soak.table import Amount, Figures
from tests.support.random_network import Family, random_network
from tests.support.tools import needs_qemu

_CAN_MOUNT = (
    shutil.which("unshare") is not None
    and subprocess.run(["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True).returncode == 0
)

pytestmark = [
    needs_qemu,
    pytest.mark.skipif(not _CAN_MOUNT, reason="this user may mount no file system of a namespace's own"),
    pytest.mark.timeout(3600),
]

# In a mount namespace: a small disk with the model on it, the command line, and a copy of what the disk holds then.
_SCRIPT = """\
mount -t tmpfs -o size=32m tmpfs "$1" && cp "$2" "$1/m.tflite" && mount -o remount,"$3" "$1" && cd "$1" || exit 99
shift 3
left="$1"; shift
"$@"
status=$?
cp -r . "$left"
exit $status
"""


def run_on(disk: str, folder: Path, *arguments: str) -> tuple[int, str, Path]:
    """disk: mount options. Returns the exit status, standard error, and what was on the disk afterwards."""
    model = folder / "m.tflite"
    model.write_bytes(random_network(Family(frames=32, filters=(8,), depths=(1,), dilations=(1,))))
    place, left = folder / "disk", folder / "left"
    place.mkdir()
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", _SCRIPT, "sh", place, model, disk, left,
         sys.executable, "-m", "sktools.cli.main", *arguments],
        capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode != 99, done.stderr
    return done.returncode, done.stderr, left


def error_lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.lower().startswith("error")]


COMMANDS = {
    "build-fw": ("build-fw", "m.tflite", "--board", "virtual"),
    "run": ("run", "m.tflite", "--frames", "1"),
    "export": ("export", "m.tflite", "--as", "c-library", "--output", "out"),
}


LARGEST_KB = {"build-fw": 1600, "run": 8000, "export": 500}
"""More than the command writes, the model's file included."""


@pytest.mark.parametrize("command", COMMANDS)
def test_a_read_only_disk_is_one_error(command: str, tmp_path: Path) -> None:
    status, error, _ = run_on("ro", tmp_path, *COMMANDS[command])
    assert status == 1, error
    assert len(error_lines(error)) == 1 and "ead-only file system" in error_lines(error)[0]
    assert "Traceback" not in error


@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_disk_is_one_error(command: str, tmp_path: Path, amount: Amount, figures: Figures) -> None:
    """The disk ends at many places, from the first file to the last."""
    steps = amount(2, 40)
    failed = done = 0
    for number in range(steps):
        size = 16 + round(
            LARGEST_KB[command] * ((number + 0.5) / steps) ** 2
        )  # closer together where most files are small
        folder = tmp_path / str(size)
        folder.mkdir()
        status, error, left = run_on(f"size={size}k", folder, *COMMANDS[command])
        assert "Traceback" not in error and "internal error" not in error
        bundles = check_bundles(left / "results")
        assert not hidden(left)
        for build in (left / "build").glob("*/*"):
            assert load_build(build).sizes().flash_bytes > 1000
        if status == 0:
            assert bundles == (command == "run")
            done += 1
            continue
        failed += 1
        assert status == 1, error
        assert len(error_lines(error)) == 1, error
    figures(f"sktools {command} on a full disk", disks=steps, full=failed, one_line_each=failed, left_half_done=0)
    assert failed and (done or steps < 10)
