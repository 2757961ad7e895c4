from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from sktools.model_config import ClassesConfig, ModelConfig, NetworkConfig
from sktools.profiling.bundle import Bundle
from sktools.profiling.profile import Profile
from sktools.reports.zoo_page import PAGE, ZooModel, choose_result, class_rows, nights, zoo_page
from tests.profiling import fakes
from tests.support.browser import Browser

CONFIG = ModelConfig(
    "ss-2-tcn-sm",
    "sleep and wake",
    NetworkConfig(5, (24, 32, 48, 64), (1, 1, 1, 1), (1, 2, 4, 8), 2),
    ClassesConfig(("WAKE", "SLEEP"), {0: 0, 1: 1, 2: 1, 3: 1, 5: 1}),
)
SCORE = {**fakes.accuracy(), "dataset": "sleep-accel", "synthetic": False}
NIGHTS = {"nights": [{"subject": "a", "true": [0] * 120 + [1] * 240 + [-1] * 9, "device": [0] * 60 + [1] * 309}]}


def _model(result: Bundle | None = None) -> ZooModel:
    return ZooModel(CONFIG, {"int8": {"sleep-accel": SCORE}}, result, {"model.tflite": b"1234"})


def _bundle(profile: Profile, **changes: object) -> Bundle:
    accuracy = {**SCORE, "host": {}}
    changed = dataclasses.replace(profile, model="ss-2-tcn-sm", accuracy=accuracy, **changes)  # type: ignore[arg-type]
    return Bundle(Path(), changed, NIGHTS, {})


def test_counts_come_from_the_configuration() -> None:
    text = zoo_page([_model()])[PAGE].decode()
    assert "| SS-2-TCN-SM | 2 | 10,397 | 1.68 M | sleep-accel | 75.0 % | 74.0 % | 80.0 % | 0.500 |" in text


def test_what_no_result_tells_is_empty() -> None:
    text = zoo_page([ZooModel(CONFIG, None, None, {})])[PAGE].decode()
    assert "| SS-2-TCN-SM | 2 | 10,397 | 1.68 M | | | | | |" in text
    assert "| SS-2-TCN-SM | | | | | | | | |" in text
    assert "Not trained yet" in text


def test_the_hardware_row_is_the_bundle(profile: Profile) -> None:
    text = zoo_page([_model(_bundle(profile))])[PAGE].decode()
    row = next(line for line in text.splitlines() if line.startswith("| SS-2-TCN-SM | virtual"))
    assert "(predicted)" in row and "(estimated)" in row and f"| {profile.totals.cycles / 2:,.0f} |" in row  # type: ignore[operator]


def test_a_measured_result_stands_before_a_predicted_one(profile: Profile) -> None:
    predicted = _bundle(profile, created="2026-02-01T00:00:00Z")
    measured = _bundle(profile, totals=dataclasses.replace(profile.totals, latency_kind="measured"))
    stale = _bundle(profile, model_sha256="cd" * 32)
    uncounted = _bundle(profile, totals=dataclasses.replace(profile.totals, latency_kind=None))
    digest = profile.model_sha256
    assert choose_result([predicted, measured, stale], "ss-2-tcn-sm", digest) is measured
    assert choose_result([predicted, stale, uncounted], "ss-2-tcn-sm", digest) is predicted
    assert choose_result([stale, uncounted], "ss-2-tcn-sm", digest) is None


def test_classes_of_the_map() -> None:
    assert class_rows(CONFIG) == [("0-WAKE", 0, "WAKE"), ("1-N1, 2-N2, 3-N3, 5-REM", 1, "SLEEP")]


def test_nights_in_hours(profile: Profile) -> None:
    (night,) = nights(_bundle(profile))
    assert (night.scored, night.slept, night.slept_device) == (3.0, 2.0, 2.5)


def test_published_rows_are_marked() -> None:
    text = zoo_page([_model()])[PAGE].decode()
    assert "(published) | MESA | 79.1 | 80.0 | 78.0 | 81.8 | 70.9 |" in text


def test_hostile_names_stay_text() -> None:
    evil = dataclasses.replace(CONFIG, description="a | b <script>alert(1)</script>")
    text = zoo_page([ZooModel(evil, None, None, {})])[PAGE].decode()
    assert "<script>alert" not in text and "a \\| b" in text


def test_a_browser_draws_the_page(profile: Profile, tmp_path: Path, chromium: Browser) -> None:
    files = zoo_page([_model(_bundle(profile))])
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    page = tmp_path / "page.html"
    body = "".join(line for line in files[PAGE].decode().splitlines() if line.startswith(("<div", "<script")))
    page.write_text(f"<!doctype html><meta charset=utf-8><body>{body}</body>")
    chromium.open(page)
    assert chromium.complaints == []
    assert chromium.run("document.querySelectorAll('.js-plotly-plot .main-svg').length") >= 3


def test_downloads_are_the_files() -> None:
    files = zoo_page([_model()])
    assert files["assets/zoo/ss-2-tcn-sm/model.tflite"] == b"1234"
    assert "(assets/zoo/ss-2-tcn-sm/model.tflite) | 4 |" in files[PAGE].decode()


@pytest.mark.parametrize("name", ["plotly.min.js", "plots.js"])
def test_scripts_are_local(name: str) -> None:
    files = zoo_page([_model()])
    assert f'src="assets/zoo/{name}"' in files[PAGE].decode()
    assert f"assets/zoo/{name}" in files
    assert json.dumps(SCORE["confusion"][0][0]) in files["assets/zoo/plots.js"].decode()  # type: ignore[index]
