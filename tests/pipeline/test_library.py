"""A run is a library: it does what the command does, and neither prints nor ends nor moves the process."""

from __future__ import annotations

import inspect
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import click
import numpy as np
import pytest

import sktools
from sktools.cli import main
from sktools.errors import EXIT_THRESHOLD, UsageError
from sktools.pipeline.events import Begun, Done, Event, FrameDone
from sktools.pipeline.options import RunOptions
from sktools.pipeline.stages import RUN

ROOT = Path(__file__).resolve().parent.parent.parent
TABLES = {"layers.csv", "blocks.csv", "sleep.csv"}
BUNDLE_FILES = {"profile.json", "metrics.json", "report.html", "manifest.json", *TABLES}


def test_a_call_gives_what_the_command_gives(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    events: list[Event] = []
    bundle = sktools.run("tiny", board="host", subjects=["syn-001"], progress=events.append)
    assert capsys.readouterr() == ("", "")
    assert Path.cwd() == workspace
    assert {path.name for path in bundle.path.iterdir()} >= BUNDLE_FILES
    assert bundle.manifest["command"] == ["sktools.run('tiny', board='host', subjects=['syn-001'])"]
    assert main.run(["run", "tiny", "--board", "host", "--subjects", "syn-001", "--json"]) == 0
    command = json.loads(capsys.readouterr().out)
    call = bundle.profile.to_json()
    assert {**call, "created": ""} == {**command, "created": ""}
    begun = [event.stage for event in events if isinstance(event, Begun)]
    assert begun == [stage.name for stage in RUN]
    assert begun == [event.stage for event in events if isinstance(event, Done)]
    assert sum(isinstance(event, FrameDone) for event in events) == bundle.profile.parity.frames
    assert all(len(str(event).splitlines()) == 1 for event in events)


def test_building_evaluating_and_comparing_are_calls_too(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    build = sktools.build_fw("tiny", board="host", output="project")
    assert build.folder == Path("project") and build.image.is_file() and build.sizes().flash_bytes > 0
    score = sktools.evaluate("tiny", subjects=["syn-001"])
    one = sktools.run("tiny", board="host", subjects=["syn-001"])
    assert one.profile.accuracy is not None and score["kappa"] == one.profile.accuracy["kappa"]
    other = sktools.run("tiny", board="host", subjects=["syn-001"], optimize="size")
    Path("limits.yaml").write_text("flash_bytes: {max: 1}\n")
    found = sktools.compare(one, other.path, limits="limits.yaml")
    assert (found.before["optimize"], found.after["optimize"]) == ("balanced", "size")
    assert len(found.violations) == 1 and "flash_bytes" in found.violations[0]
    assert sktools.compare("tiny", other, board="host").violations == ()
    assert capsys.readouterr() == ("", "")


def test_frames_may_be_an_array(workspace: Path) -> None:
    frames = np.random.default_rng(0).normal(size=(2, 1, 32, 14)).astype(np.float32)
    bundle = sktools.run("tiny", board="host", inputs=frames, save_outputs="out.npy")
    np.save("in.npy", frames)
    again = sktools.run("tiny", board="host", inputs="in.npy", save_outputs="again.npy")
    assert np.array_equal(np.load("out.npy"), np.load("again.npy"))
    assert bundle.metrics["frames_sha256"] == again.metrics["frames_sha256"]
    assert bundle.manifest["command"] == ["sktools.run('tiny', board='host', inputs=<ndarray>, save_outputs='out.npy')"]


def test_an_error_is_raised_with_its_hint_and_code(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UsageError, match="did you mean 'tiny'"):
        sktools.run("tinny")
    with pytest.raises(sktools.SktoolsError) as wrong:
        sktools.run("tiny", dataset="sleep-accel")
    assert wrong.value.exit_code == 2 and wrong.value.hint == "--data DIR"
    with pytest.raises(UsageError, match="exclude each other"):
        sktools.run("tiny", dataset="synthetic", inputs=np.zeros((1, 1, 32, 14), np.int8))
    assert capsys.readouterr() == ("", "")
    assert not Path("build").exists() and not Path("results").exists()


def test_a_wrong_byte_raises_with_the_result(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sktools.boards.driver import Session
    from sktools.link.client import Run

    honest = Session.run

    def lying(self: Session, frame: bytes, *, with_crc: bool = True) -> Run:
        answer = honest(self, frame, with_crc=with_crc)
        return Run(bytes([answer.output[0] ^ 1]) + answer.output[1:], answer.steps)

    monkeypatch.setattr(Session, "run", lying)
    with pytest.raises(sktools.ParityError) as wrong:
        sktools.run("lone.tflite", board="host", frames=1)
    assert wrong.value.exit_code == EXIT_THRESHOLD
    assert wrong.value.bundle.profile.parity.mismatched > 0 and wrong.value.bundle.path.is_dir()


def test_choices_of_the_command_line_do_not_reach_a_call(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("sktools.yaml").write_text("results: elsewhere\n")
    monkeypatch.setenv("SKTOOLS_BOARD", "apollo4p_evb")
    bundle = sktools.run("lone.tflite", board="host", frames=1, output="here")
    assert bundle.path.parts[0] == "here" and not Path("elsewhere").exists()


def test_importing_is_quick_and_the_package_stays_a_package() -> None:
    script = (
        "import sys, sktools; heavy = {'numpy', 'rich', 'yaml', 'click'} & set(sys.modules); assert not heavy, heavy;"
        "from sktools.build.build import load_build; assert sktools.build.build.load_build is load_build;"
        "assert callable(sktools.build_fw) and callable(sktools.run); assert set(sktools.__all__) <= set(dir(sktools))"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT)


def test_every_argument_is_explained_and_reaches_the_options() -> None:
    known = {field.name for field in fields(RunOptions)}
    for function, other in ((sktools.run, {"flash", "progress"}), (sktools.build_fw, {"output", "progress"})):
        arguments = set(inspect.signature(function).parameters)
        assert arguments - other <= known
        assert function.__doc__ is not None
        explained = set(re.findall(r"\w+", (sktools.run.__doc__ or "") + function.__doc__))
        assert arguments <= explained


def test_the_stages_on_the_page_are_the_list() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \|$", page, re.MULTILINE)
    assert rows == [(stage.name, stage.does) for stage in RUN]


@pytest.mark.timeout(300)
def test_the_code_of_the_page_runs(tmp_path: Path) -> None:
    """Every block of docs/library.md, in order, in one process and a folder of its own."""
    for tool in ("arm-none-eabi-gcc", "qemu-system-arm", "make"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    page = (ROOT / "docs" / "library.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert len(blocks) >= 6
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(blocks)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "0 bytes differ from the reference" in done.stdout and "measure: frame 2 of 2" in done.stdout
    assert (tmp_path / "stages.csv").is_file() and (tmp_path / "firmware-ss-2" / "Makefile").is_file()


RENAMED = {"max_arena_size": "max_arena_bytes", "model_name": "name", "no_clock": "stage_prior"}
SHELL_ONLY = {"tflite_filename", "arena_padding", "verbose", "quiet", "json", "events", "trust"}


@pytest.mark.parametrize(
    ("command", "function", "not_there"),
    [
        ("run", sktools.run, set()),
        ("build-fw", sktools.build_fw, {"port", "probe"}),
        ("evaluate", sktools.evaluate, set()),
    ],
)
def test_every_option_of_a_command_is_an_argument_of_its_function(
    command: str, function: Callable[..., object], not_there: set[str]
) -> None:
    """not_there: options that the command accepts for the sake of the others, and does not use."""
    found = main.cli.get_command(click.Context(main.cli), command)
    assert found is not None
    names = {RENAMED.get(str(option.name), str(option.name)) for option in found.params if option.expose_value}
    assert names - SHELL_ONLY - not_there <= set(inspect.signature(function).parameters)
