"""The whole way, on the host board and on the virtual board."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from sktools.errors import EXIT_FAILURE, EXIT_MISSING, EXIT_THRESHOLD, EXIT_USAGE
from sktools.profiling.bundle import load_bundle
from sktools.profiling.profile import validate
from tests.cli.conftest import Command
from tests.support.report_tables import assert_tables_equal


def test_a_lone_model_runs_on_random_frames_without_accuracy(sktools: Command, workspace: Path) -> None:
    ended = sktools("run", "lone.tflite", "--board", "host", "--frames", "4", "--json")
    assert ended.code == 0, ended.err
    document = json.loads(ended.out)
    validate(document)
    assert (document["model"], document["board"], document["accuracy"]) == ("lone", "host", None)
    assert document["parity"]["frames"] == 4 and document["parity"]["mismatched"] == 0
    assert document["parity"]["elements"] == 4 * sum(
        layer["parity"]["elements"] // 4 for layer in document["layers"] if layer["parity"]
    )
    assert document["totals"]["cycles"] is None and document["totals"]["latency_kind"] is None
    assert "random int8" in ended.err


def test_a_model_folder_is_scored_on_the_synthetic_cohort(sktools: Command, workspace: Path) -> None:
    ended = sktools("run", "tiny", "--board", "host", "--subjects", "syn-001", "--events", "events")
    assert ended.code == 0, ended.err
    assert "accuracy on synthetic" in ended.out
    folder = Path(ended.out.rsplit("report: ", 1)[1].strip()).parent
    bundle = load_bundle(folder)
    score = bundle.profile.accuracy
    assert score is not None and score["synthetic"] and score["subjects"] == ["syn-001"]
    assert {name: score[name] for name in score["host"] if name in score} == score["host"]
    (night,) = bundle.metrics["nights"]
    assert len(night["true"]) == len(night["device"]) > 0
    events = [json.loads(line)["event"] for line in Path("events").read_text().splitlines()]
    assert events[0] == "build" and events[-1] == "bundle" and events.count("frame") == score["frames"]
    assert (folder.parent / "latest").read_text().strip() == folder.name
    assert_tables_equal((folder / "report.html").read_text(), json.loads((folder / "profile.json").read_text()))
    assert Path("build/tiny/host-aot/firmware.so").is_file()


def test_a_model_whose_features_the_default_data_set_lacks_runs_on_random_frames(
    sktools: Command, workspace: Path
) -> None:
    with Path("models/tiny/config.yaml").open("a") as config:
        config.write("features: {set: fs-hr-14}\n")
    ended = sktools("run", "tiny", "--board", "host", "--frames", "2", "--json")
    assert ended.code == 0, ended.err
    assert json.loads(ended.out)["accuracy"] is None
    assert "the data set synthetic has no features fs-hr-14" in ended.err
    ended = sktools("run", "tiny", "--board", "host", "--dataset", "synthetic")
    assert ended.code == EXIT_FAILURE
    assert "none of 'fs-hr-14'" in ended.err


def test_own_frames_go_through_the_device_and_come_back(sktools: Command, workspace: Path) -> None:
    frames = np.random.default_rng(1).normal(size=(3, 1, 32, 14)).astype(np.float32)
    np.save("in.npy", frames)
    ended = sktools("profile", "tiny", "--board", "host", "--inputs", "in.npy", "--save-outputs", "out.npy", "--json")
    assert ended.code == 0, ended.err
    outputs = np.load("out.npy")
    assert outputs.dtype == np.int8 and outputs.shape == (3, 1, 32, 2)
    assert json.loads(ended.out)["accuracy"] is None


def test_the_virtual_board_counts_and_two_runs_agree(sktools: Command, workspace: Path, needs_toolchain: None) -> None:
    rows = []
    for _ in range(2):
        ended = sktools("run", "lone.tflite", "--frames", "2")
        assert ended.code == 0, ended.err
        rows.append((Path(ended.out.rsplit("report: ", 1)[1].strip()).parent / "layers.csv").read_bytes())
    assert rows[0] == rows[1]
    assert "predicted" in ended.out and "total" in ended.out
    bundle = load_bundle(next(Path("results/lone/virtual-aot").glob("2*")))
    assert_tables_equal((bundle.path / "report.html").read_text(), bundle.profile.to_json())
    totals = bundle.profile.totals
    assert totals.cycles and totals.instructions and totals.cycles > totals.instructions > totals.macs
    assert totals.latency_kind == "predicted"


def test_a_result_is_shown_again(sktools: Command, workspace: Path) -> None:
    first = sktools("run", "tiny", "--board", "host", "--subjects", "syn-001", "--json")
    again = sktools("report", "tiny", "--board", "host", "--json", "--html", "r.html", "--svg", "r.svg")
    assert json.loads(again.out) == json.loads(first.out)
    assert Path("r.html").read_text().startswith("<!doctype html>")
    assert Path("r.svg").read_text().startswith("<svg ")


def test_flash_wants_the_model_that_was_built(sktools: Command, workspace: Path, needs_toolchain: None) -> None:
    missing = sktools("flash", "tiny")
    assert missing.code == EXIT_FAILURE and "sktools build-fw tiny --board virtual" in missing.err
    assert sktools("build-fw", "tiny").code == 0
    assert "fits" in sktools("flash", "tiny").out
    changed = bytearray(Path("models/tiny/model.tflite").read_bytes())
    changed[-1] ^= 1
    Path("models/tiny/model.tflite").write_bytes(bytes(changed))
    other = sktools("flash", "tiny")
    assert other.code == EXIT_USAGE and "was built from model" in other.err


def test_a_wrong_byte_ends_with_3_and_a_bundle(
    sktools: Command, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sktools.boards.driver import Session
    from sktools.link.client import Run

    honest = Session.run

    def lying(self: Session, frame: bytes, *, with_crc: bool = True) -> Run:
        answer = honest(self, frame, with_crc=with_crc)
        return Run(bytes([answer.output[0] ^ 1]) + answer.output[1:], answer.steps)

    monkeypatch.setattr(Session, "run", lying)
    ended = sktools("run", "lone.tflite", "--board", "host", "--frames", "2", "--optimize", "none")
    assert ended.code == EXIT_THRESHOLD
    assert "differ from the reference" in ended.err
    assert Path("results/lone/host-aot/latest").is_file()


@pytest.mark.parametrize(
    "arguments",
    [("--dataset", "synthetics"), ("--dataset", "sleep-accel"), ("--dataset", "sleep-accel", "--data", "nowhere")],
)
def test_recordings_are_looked_for_before_the_build(
    sktools: Command, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def build(*_: object, **__: object) -> None:
        raise AssertionError("it was built first")

    monkeypatch.setattr("sktools.pipeline.image.compile_model", build)
    assert sktools("run", "tiny", *arguments).code in (EXIT_USAGE, EXIT_MISSING)


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("run", "nothing.tflite"), EXIT_USAGE, "no such file"),
        (("run", "tinny"), EXIT_USAGE, "did you mean 'tiny'?"),
        (("run", "tiny", "--board", "vitual"), EXIT_USAGE, "did you mean 'virtual'?"),
        (("run", "tiny", "--engine", "aott"), EXIT_USAGE, "there is no engine 'aott'"),
        (("run", "tiny", "--optimize", "fast"), EXIT_USAGE, "unknown optimization level"),
        (("run", "tiny", "--dataset", "synthetics"), EXIT_USAGE, "did you mean 'synthetic'?"),
        (("run", "tiny", "--dataset", "sleep-accel"), EXIT_USAGE, "--data DIR"),
        (("run", "tiny", "--dataset", "sleep-accel", "--data", "nowhere"), EXIT_MISSING, "no such folder"),
        (("run", "tiny", "--subjects", "syn-999"), EXIT_USAGE, "has no subject 'syn-999'"),
        (("run", "lone.tflite", "--dataset", "synthetic"), EXIT_USAGE, "no config.yaml beside it"),
        (("run", "tiny", "--frames", "0"), EXIT_USAGE, "--frames"),
        (("report", "tiny"), EXIT_USAGE, "no result of tiny on virtual"),
        (("report", "models/tiny"), EXIT_USAGE, "no result of"),
        (("zoo", "show", "ss-9"), EXIT_USAGE, "sktools zoo list"),
        (("train", "tiny", "--data", "x=y"), EXIT_USAGE, "no data set 'x' was named"),
    ],
)
def test_a_wrong_command_line_is_one_line_and_leaves_nothing(
    sktools: Command, workspace: Path, arguments: tuple[str, ...], code: int, told: str
) -> None:
    before = sorted(path for path in workspace.rglob("*") if "build" not in path.parts)
    ended = sktools(*arguments)
    assert ended.code == code, ended.err
    assert told in ended.err
    assert ended.out == ""
    errors = [line for line in ended.err.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1 and "internal" not in errors[0] and "Traceback" not in ended.err
    assert sorted(path for path in workspace.rglob("*") if "build" not in path.parts) == before


def test_what_is_no_model_is_told(sktools: Command, workspace: Path) -> None:
    Path("junk.tflite").write_bytes(b"\0" * 64)
    ended = sktools("run", "junk.tflite")
    assert ended.code == EXIT_FAILURE
    assert "is not a .tflite" in ended.err


def test_v_shows_where_each_choice_came_from(
    sktools: Command, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("sktools.yaml").write_text("board: host\n")
    monkeypatch.setenv("SKTOOLS_RESULTS", "elsewhere")
    ended = sktools("profile", "lone.tflite", "--frames", "1", "--optimize", "none", "-v")
    assert ended.code == 0, ended.err
    for line in (
        "board: host (sktools.yaml)",
        "engine: aot (default)",
        "optimize: none (option)",
        "results: elsewhere (SKTOOLS_RESULTS)",
    ):
        assert line in ended.err.splitlines()
    assert Path("elsewhere/lone/host-aot/latest").is_file()


def test_size_and_lists_are_json_too(sktools: Command, workspace: Path) -> None:
    document = json.loads(sktools("size", "tiny", "--board", "host", "--json").out)
    assert document["arena_bytes"] >= document["arena_lower_bound"] > 0
    assert sum(section["flash_bytes"] for section in document["sections"]) == document["flash_bytes"]
    assert "arena" in sktools("size", "tiny", "--board", "host").out
    names = {row["name"] for row in json.loads(sktools("list", "boards", "--json").out)}
    assert {"virtual", "host"} <= names
    assert {"name": "tiny", "trained": True, "origin": "local"} in json.loads(sktools("list", "models", "--json").out)
    assert isinstance(json.loads(sktools("list", "ports", "--json").out), list)
    assert "sleep-accel" in sktools("list", "datasets").out
    assert json.loads(sktools("zoo", "show", "tiny", "--json").out)["config"]["name"] == "tiny"
    assert "tiny" in sktools("zoo", "list").out


def test_evaluate_scores_on_the_host(sktools: Command, workspace: Path) -> None:
    ended = sktools("evaluate", "tiny", "--subjects", "syn-001", "--json")
    assert ended.code == 0, ended.err
    evaluated = json.loads(ended.out)
    measured = json.loads(sktools("run", "tiny", "--board", "host", "--subjects", "syn-001", "--json").out)
    for name in ("accuracy", "f1", "kappa", "average_precision", "confusion", "per_class"):
        assert evaluated[name] == measured["accuracy"][name] == measured["accuracy"]["host"][name]


@pytest.mark.skipif(shutil.which("arm-none-eabi-gcc") is None, reason="arm-none-eabi-gcc is not installed")
def test_without_qemu_the_virtual_board_is_missing(
    sktools: Command, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SKTOOLS_QEMU", "no-such-qemu")
    ended = sktools("run", "lone.tflite", "--frames", "1")
    assert ended.code == EXIT_MISSING
    assert "no-such-qemu is not installed" in ended.err and "hint: " in ended.err


def test_doctor_tells_what_a_board_needs(
    sktools: Command, workspace: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ended = sktools("doctor", "--board", "host", "--json")
    checks = {row["name"]: row for row in json.loads(ended.out)["checks"]}
    assert checks["Python"]["found"] and checks["make"]["needed"] and not checks["JLinkExe"]["needed"]
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    monkeypatch.setenv("SKTOOLS_QEMU", "no-such-qemu")
    ended = sktools("doctor")
    assert ended.code == EXIT_MISSING
    assert "arm-none-eabi-gcc" in ended.err and "hint: sudo apt-get install" in ended.err
    assert "MISSING" in ended.out


@pytest.mark.parametrize("option", ["--save-outputs", "--output"])
def test_what_cannot_be_written_is_told_before_anything_is_measured(
    sktools: Command, workspace: Path, option: str
) -> None:
    Path("file").touch()
    ended = sktools("run", "lone.tflite", "--board", "host", "--frames", "1", option, "file/below")
    assert (ended.code, ended.err.splitlines()[-1]) == (EXIT_FAILURE, "error: file/below: Not a directory")
    assert "profiling" not in ended.err
    assert not Path("results").exists() or not list(Path("results").rglob("profile.json"))


@pytest.mark.parametrize("command", ["build-fw", "size", "run"])
def test_a_model_without_a_name_is_none_of_the_zoo(sktools: Command, workspace: Path, command: str) -> None:
    """What a script's empty variable gives."""
    ended = sktools(command, "")
    assert ended.code == EXIT_USAGE
    assert "model '' is neither a .tflite" in ended.err
