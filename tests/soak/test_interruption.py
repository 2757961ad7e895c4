"""Runs that are interrupted leave nothing half-done and nothing running, and the next run goes on or starts clean."""

from __future__ import annotations

import os
import random
import shutil
import signal
import struct
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from sktools.build.build import load_build
from tests.soak.interruption import CONFIG, CommandLine, Cut, check_bundles, check_model, check_store, hidden
from tests.soak.table import Amount, Figures
from tests.support import fake_jlink
from tests.support.random_network import Family, random_network
from tests.support.tools import needs_qemu

pytestmark = pytest.mark.timeout(24 * 3600)


def make_model(folder: Path) -> None:
    (folder / "m.tflite").write_bytes(random_network(Family(frames=32, filters=(8,), depths=(1,), dilations=(1,))))


def timed(folder: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> float:
    line = CommandLine(folder, *arguments, environment=environment)
    line.wait_until_ready()
    started = time.monotonic()
    ended = line.wait()
    assert ended.status == 0, ended.error
    return time.monotonic() - started


def judge(how: signal.Signals, cut: Cut) -> str:
    """finished, interrupted or killed. A run that was interrupted says so in one line."""
    if cut.status == 0:
        return "finished"
    if how is signal.SIGKILL:
        assert cut.status == -signal.SIGKILL, cut.error
        return "killed"
    assert "Traceback" not in cut.error
    if cut.status != -signal.SIGINT:  # Python's own exit, all work being done, dies of the signal
        assert cut.status == 130, cut.error
        assert "interrupted" in cut.error.splitlines()[-1]
    return "interrupted"


def campaign(
    folder: Path,
    arguments: list[str],
    count: int,
    figures: Figures,
    check: Callable[[], object],
    clear: Callable[[], None],
    environment: Mapping[str, str] | None = None,
) -> None:
    """Cuts the command line `count` times, checks what is left each time, and lets it end in peace at last."""
    clear()
    full_s = timed(folder, *arguments, environment=environment)
    draw = random.Random(arguments[0])
    verdicts = {"finished": 0, "interrupted": 0, "killed": 0}
    for number in range(count):
        if number % 4 < 2:  # else it goes on from what the last one left
            clear()
        how = signal.SIGINT if number % 2 == 0 else signal.SIGKILL
        before = hidden(folder)  # of a kill, where the run is cut before it could tidy up
        line = CommandLine(folder, *arguments, environment=environment)
        verdicts[judge(how, line.cut(0.05 + draw.random() * full_s, how))] += 1
        left = set(hidden(folder)) - set(before)
        assert how is signal.SIGKILL or not left, f"what it was writing is still there: {left}"
        for path in left:
            os.utime(path, (0, 0))  # as if the kill were long ago: a folder just made is not tidied away
        check()
    timed(folder, *arguments, environment=environment)
    check()
    assert not hidden(folder)
    assert count < 20 or (verdicts["interrupted"] and verdicts["killed"])
    name = " ".join(arguments[: 2 if arguments[0] == "data" else 1])
    figures(f"sktools {name} cut short by Ctrl-C or kill -9", runs=count, **verdicts, left_half_done=0, left_running=0)


def removing(*folders: Path) -> Callable[[], None]:
    def clear() -> None:
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)

    return clear


@needs_qemu
def test_build_fw(tmp_path: Path, amount: Amount, figures: Figures) -> None:
    make_model(tmp_path)
    out = tmp_path / "out"

    def check() -> None:
        if out.exists():
            assert load_build(out).sizes().flash_bytes > 1000

    arguments = ["build-fw", "m.tflite", "--board", "virtual", "--output", "out"]
    campaign(tmp_path, arguments, amount(2, 60), figures, check, removing(out))


@needs_qemu
def test_run(tmp_path: Path, amount: Amount, figures: Figures) -> None:
    """The whole way: build, boot, measure, write the bundle."""
    make_model(tmp_path)
    arguments = ["run", "m.tflite", "--frames", "2"]
    check = lambda: check_bundles(tmp_path / "results")  # noqa: E731
    campaign(tmp_path, arguments, amount(2, 100), figures, check, removing(tmp_path / "build"))
    assert check() >= 2


@needs_qemu
@pytest.mark.soak
def test_profile(tmp_path: Path, amount: Amount, figures: Figures) -> None:
    make_model(tmp_path)
    timed(tmp_path, "build-fw", "m.tflite")
    check = lambda: check_bundles(tmp_path / "results")  # noqa: E731
    arguments = ["profile", "m.tflite", "--frames", "2"]
    campaign(tmp_path, arguments, amount(2, 60), figures, check, lambda: None)
    assert check() >= 2


def test_flash(tmp_path: Path, amount: Amount, figures: Figures) -> None:
    """Through a fake J-Link that takes half a second. What it does to the chip is its own, the next flash is whole."""
    desk, slow = tmp_path / "desk", tmp_path / "slow"
    desk.mkdir()
    slow.mkdir()
    program = fake_jlink.install(tmp_path) / "JLinkExe"
    (slow / "JLinkExe").write_text(f'#!/bin/sh\nsleep 0.5\nexec "{program}" "$@"\n')
    (slow / "JLinkExe").chmod(0o755)
    image = tmp_path / "firmware.bin"
    # A stack in RAM and a Thumb entry in the image, which the board's chip could start from.
    image.write_bytes(struct.pack("<II", 0x10060000, 0x18009) + bytes(range(256)) * 8)
    places = {"PATH": f"{slow}{os.pathsep}{os.environ['PATH']}", "FAKE_JLINK": str(desk), "SKTOOLS_JLINK": ""}
    arguments = ["flash", "--image", str(image), "--board", "apollo4p_evb"]
    campaign(tmp_path, arguments, amount(2, 60), figures, lambda: None, lambda: None, places)
    assert (desk / "flash.bin").read_bytes() == image.read_bytes()


@pytest.mark.soak
def test_train(tmp_path: Path, amount: Amount, figures: Figures) -> None:
    pytest.importorskip("tensorflow", reason="TensorFlow (extra 'train') is not installed")
    count = amount(0, 40)
    (tmp_path / "config.yaml").write_text(CONFIG)
    model = tmp_path / "models" / "small"

    arguments = ["train", "config.yaml", "--output", "models/small", "--resume"]
    campaign(tmp_path, arguments, count, figures, lambda: check_model(model), removing(model))


@pytest.mark.soak
def test_data_prepare(tmp_path: Path, amount: Amount, figures: Figures) -> None:
    pytest.importorskip("h5py", reason="h5py (extra 'train') is not installed")
    count = amount(0, 40)
    subjects = "raw-001,raw-002"
    out = tmp_path / "features"

    arguments = ["data", "prepare", "synthetic-raw", "--output", "features", "--subjects", subjects, "--jobs", "2"]
    campaign(tmp_path, arguments, count, figures, lambda: check_store(out), removing(out))


@needs_qemu
def test_two_runs_side_by_side(tmp_path: Path, amount: Amount, figures: Figures) -> None:
    """Same model, same build folder, same results root, at the same time."""
    make_model(tmp_path)
    count = amount(1, 20)
    for _ in range(count):
        shutil.rmtree(tmp_path / "build", ignore_errors=True)
        lines = [CommandLine(tmp_path, "run", "m.tflite", "--frames", "2") for _ in range(2)]
        for line in lines:
            ended = line.wait()
            assert ended.status == 0, ended.error
    assert check_bundles(tmp_path / "results") == 2 * count
    figures("two sktools run side by side", pairs=count, both_right=count)
