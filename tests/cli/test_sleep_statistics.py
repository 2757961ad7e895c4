"""Sleep statistics and yardsticks of evaluate and profile: the same on both, shown, and written to the bundle."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from sktools.errors import EXIT_USAGE
from sktools.metrics.clock import fit_clock, write_clock
from tests.cli.conftest import Command
from tests.support.csv_files import write_declaration, write_night


@pytest.fixture
def nights(workspace: Path) -> tuple[str, ...]:
    write_declaration(workspace / "nights")
    write_night(workspace / "nights", "anna", epochs=40)
    write_night(workspace / "nights", "ben", epochs=32, seed=1, labelled=False)
    return "--dataset", "csv", "--data", str(workspace / "nights")


def test_lights_off_moves_the_latency(sktools: Command, nights: tuple[str, ...]) -> None:
    def statistics(*lights: str) -> dict[str, float]:
        ended = sktools("evaluate", "tiny", *nights, "--json", *lights)
        assert ended.code == 0, ended.err
        found: dict[str, float] = json.loads(ended.out)["by_subject"]["anna"]["sleep"]["true"]
        return found

    plain, early = statistics("--lights-off", "23:30"), statistics("--lights-off", "23:25")
    assert early["SOL"] == plain["SOL"] + 5 and early["TIB"] == plain["TIB"] + 5 and early["TST"] == plain["TST"]
    refused = sktools("evaluate", "tiny", *nights, "--lights-off", "soon")
    assert refused.code == EXIT_USAGE and "'soon' is no time" in refused.err


def test_the_clock_stands_beside_the_model(sktools: Command, nights: tuple[str, ...], workspace: Path) -> None:
    ended = sktools("evaluate", "tiny", *nights)
    assert ended.code == 0 and "the clock alone: not computed; the model has no clock.json" in ended.out
    labels = np.array([0] * 10 + [1] * 30)
    write_clock(workspace / "models" / "tiny" / "clock.json", fit_clock([labels], ("WAKE", "SLEEP")))
    ended = sktools("evaluate", "tiny", *nights, "--json")
    found = json.loads(ended.out)["yardsticks"]
    assert found["clock"]["learned_on"].startswith("1 night of") and found["majority"]["kappa"] == 0
    assert "not_computed" in found["trees"]


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler for the host board")
def test_the_device_has_the_statistics_of_the_reference(
    sktools: Command, nights: tuple[str, ...], workspace: Path
) -> None:
    score = json.loads(sktools("evaluate", "tiny", *nights, "--json").out)
    ended = sktools("profile", "tiny", "--board", "host", *nights)
    assert ended.code == 0, ended.err
    assert "TST: total sleep time" in ended.out and "sleep statistics by night, true / predicted" in ended.out
    (file,) = (workspace / "results").glob("tiny/host-aot/*/metrics.json")
    found = json.loads(file.read_text())
    assert found["sleep"]["agreement"] == score["sleep"]
    anna, ben = found["sleep"]["nights"]
    assert {side: anna[side] for side in ("true", "predicted")} == score["by_subject"]["anna"]["sleep"]
    assert ben["true"] is None and ben["predicted"] == score["unlabelled"]["ben"]["sleep"]["predicted"]
    accuracy = found["accuracy"]
    assert (accuracy["subjects"], accuracy["unlabelled_subjects"]) == (["anna"], ["ben"])
    assert accuracy["yardsticks"]["majority"] == score["yardsticks"]["majority"]
    page = file.with_name("report.html").read_text()
    assert 'id="table-sleep"' in page and "REM_latency" in page and "always" in page
    with file.with_name("sleep.csv").open(newline="") as table:
        rows = list(csv.DictReader(table))
    assert [(row["subject"], row["stages"]) for row in rows] == [
        ("anna", "true"), ("anna", "predicted"), ("ben", "predicted"),
    ]  # fmt: skip
    assert float(rows[0]["TST"]) == score["by_subject"]["anna"]["sleep"]["true"]["TST"]
