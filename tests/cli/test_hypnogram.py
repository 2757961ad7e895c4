"""--hypnogram: stages of a user's own nights, from the host's answers and from a board's."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest

from sktools.errors import EXIT_USAGE
from tests.cli.conftest import Command
from tests.support.csv_files import write_declaration, write_night


@pytest.fixture
def nights(workspace: Path) -> Path:
    write_declaration(workspace / "nights")
    write_night(workspace / "nights", "anna", epochs=40, labelled=False)
    write_night(workspace / "nights", "ben", epochs=32, seed=1, labelled=False)
    return workspace / "nights"


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_nights_without_labels_become_a_hypnogram(sktools: Command, nights: Path, workspace: Path) -> None:
    ended = sktools("evaluate", "tiny", "--dataset", "csv", "--data", str(nights), "--hypnogram", "out/h.csv", "--json")
    assert ended.code == 0, ended.err
    score = json.loads(ended.out)
    assert (score["subjects"], score["unlabelled_subjects"], score["epochs"]) == ([], ["anna", "ben"], 0)
    assert score["unlabelled"]["anna"]["sleep"]["predicted"]["TIB"] == 20.0 and "kappa" not in score
    rows = _rows(workspace / "out" / "h.csv")
    assert [row["subject"] for row in rows] == ["anna"] * 40 + ["ben"] * 32
    assert {row["stage"] for row in rows} <= {"WAKE", "SLEEP"} and not any(row["true"] for row in rows)
    assert rows[0]["time"] == "2024-03-01T23:30:00" and rows[39]["seconds"] == "1170"


def test_labelled_nights_are_scored_and_written(sktools: Command, nights: Path, workspace: Path) -> None:
    write_night(nights, "anna", epochs=40)
    ended = sktools("evaluate", "tiny", "--dataset", "csv", "--data", str(nights), "--hypnogram", "h.csv", "--json")
    assert ended.code == 0, ended.err
    score, rows = json.loads(ended.out), _rows(workspace / "h.csv")
    assert (score["subjects"], score["unlabelled_subjects"]) == (["anna"], ["ben"])
    right = [row["true"] == row["stage"] for row in rows if row["true"]]
    assert score["epochs"] == len(right) and score["accuracy"] == pytest.approx(sum(right) / len(right))


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler for the host board")
def test_a_board_writes_what_the_reference_writes(sktools: Command, nights: Path, workspace: Path) -> None:
    chosen = ("--dataset", "csv", "--data", str(nights))
    assert sktools("evaluate", "tiny", *chosen, "--hypnogram", "reference.csv").code == 0
    ended = sktools("profile", "tiny", "--board", "host", *chosen, "--hypnogram", "device.csv", "--json")
    assert ended.code == 0, ended.err
    assert _rows(workspace / "device.csv") == _rows(workspace / "reference.csv")
    assert json.loads(ended.out)["accuracy"] is None


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler for the host board")
def test_random_frames_have_no_hypnogram(sktools: Command) -> None:
    ended = sktools("profile", "lone.tflite", "--board", "host", "--frames", "1", "--hypnogram", "h.csv")
    assert ended.code == EXIT_USAGE and "needs the nights of a data set" in ended.err
