"""sktools live as a user calls it: a short night on the host board, its result, and what it refuses."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml

from sktools.cli.live import SENSORS, _drop
from sktools.cli.main import run
from sktools.cli.night_view import OPEN_STAGE, hypnogram
from sktools.errors import UsageError
from sktools.profiling.bundle import load_bundle
from sktools.profiling.live import DELAYS_MINUTES
from sktools.zoo import CONFIG_FILE, TFLITE_FILE, resolve
from tests.profiling.test_live import PRIOR
from tests.support.sleep_accel_files import write_subject
from tests.support.tools import needs_cc

EPOCHS = 60


def live_folder(folder: Path) -> Path:
    """A model folder: the network of ss-2 with the live feature set. Its answers are worth nothing."""
    found = resolve("ss-2")
    folder.mkdir(parents=True)
    shutil.copy(found.tflite, folder / TFLITE_FILE)
    document = yaml.safe_load((found.folder / CONFIG_FILE).read_text())
    prior = {"mean": list(PRIOR.mean), "std": list(PRIOR.std), "epochs": PRIOR.epochs}
    document["features"] = {"set": "fs-watch-14", "normalisation": "causal", "clip": 6.0, "prior": prior}
    (folder / CONFIG_FILE).write_text(yaml.safe_dump({**document, "name": folder.name, "live": {"delay_minutes": 3.0}}))
    return folder


def recordings(folder: Path) -> Path:
    stages = np.random.default_rng(1).choice([0, 2, 5], EPOCHS).tolist()
    for number, subject in enumerate(("1", "2")):
        write_subject(folder, subject, stages, seed=number)
    (folder / "counts").mkdir()
    lines = [f"{30 * epoch} {epoch % 7}" for epoch in range(EPOCHS)]
    (folder / "counts" / "1_counts.txt").write_text("\n".join(lines) + "\n")
    return folder


@needs_cc
def test_a_night_on_the_host_board(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    model, data = live_folder(tmp_path / "ss-2-live"), recordings(tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    asked = ["live", str(model), "--board", "host", "--dataset", "sleep-accel", "--data", str(data), "--json"]
    assert run([*asked, "--events", "events.jsonl", "--what-if", "--drop", "heart_rate@10-16"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [row["delay_minutes"] for row in document["live"]] == list(DELAYS_MINUTES)
    assert {row["epochs"] for row in document["live"]} == {2 * EPOCHS}
    stager, accuracy = document["stager"], document["accuracy"]
    assert stager["delay_minutes"] == 3.0 and stager["state_bytes"] <= 6 * 1024
    assert stager["epochs"] == accuracy["epochs"] == 2 * EPOCHS
    assert stager["against_host"]["bytes_different"] == stager["against_host"]["masks_different"] == 0
    assert stager["against_host"]["stages_same"] >= 0.995
    assert accuracy["unanswered"] == accuracy["host"]["unanswered"] == 2 * 12
    assert stager["parts"] == []  # the host board counts nothing
    assert stager["replay"]["drops"] == [{"signal": "heart_rate", "first": 10.0, "last": 16.0}]
    assert [row["name"] for row in stager["what_if"]][:1] == ["as replayed"]
    events = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    epochs = [event for event in events if event["event"] == "epoch"]
    assert [event["epoch"] for event in epochs] == 2 * list(range(EPOCHS))
    assert {event["stage"] for event in epochs[20:32]} == {None}
    bundle = load_bundle(next((tmp_path / "results" / "ss-2-live" / "host-aot").glob("*/profile.json")))
    assert bundle.profile.to_json() == document
    assert [len(night["device"]) for night in bundle.metrics["nights"]] == [EPOCHS, EPOCHS]
    assert run(["report", "results/ss-2-live/host-aot"]) == 0
    assert "answers 3 min late" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ss-3"], "has no live feature set"),
        (["ss-3", "--engine", "tflm"], "is built with the engine aot only"),
        (["ss-3", "--frames", "3"], "has no --frames"),
        (["ss-3", "--drop", "heart_rate"], "expected SENSOR@FROM-TO"),
    ],
)
def test_what_cannot_be_replayed_is_refused(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["live", *arguments]) == 2
    assert message in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_sensor_is_dropped_between_two_minutes() -> None:
    drop = _drop("counts@1.5-20")
    assert (drop.signal, drop.first, drop.last) == (SENSORS["counts"], 1.5, 20.0)
    for wrong in ("counts@20-10", "counts@-", "spo3@1-2", "counts"):
        with pytest.raises(UsageError):
            _drop(wrong)


def test_the_hypnogram_has_a_line_per_class_and_the_hours() -> None:
    stages = [0] * 120 + [1] * 120 + [-1] * 60 + [OPEN_STAGE] * 60
    assert hypnogram(stages, ("WAKE", "SLEEP"), 6) == [
        " WAKE ██  ·",
        "SLEEP   ██·",
        "    h 0 1 2 3",
    ]
