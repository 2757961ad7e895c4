from __future__ import annotations

import dataclasses
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sktools.cli import main
from sktools.model_config import ClassesConfig, FeaturesConfig, ModelConfig, NetworkConfig, PriorConfig
from sktools.profiling.bundle import Bundle
from sktools.profiling.profile import Profile
from sktools.reports.slamss import slamss_metrics
from sktools.reports.zoo_page import AGREEMENTS, PAGE, ZooModel, choose_results, class_rows, nights, zoo_page
from tests.profiling import fakes
from tests.support.browser import Browser

ROOT = Path(__file__).resolve().parent.parent.parent

CONFIG = ModelConfig(
    "ss-2-tcn-sm",
    "sleep and wake",
    NetworkConfig(5, (24, 32, 48, 64), (1, 1, 1, 1), (1, 2, 4, 8), 2),
    ClassesConfig(("WAKE", "SLEEP"), {0: 0, 1: 1, 2: 1, 3: 1, 5: 1}),
)
SLEEP = {
    "true": {"SE": 80.0, "TST": 360.0},
    "predicted": {"SE": 90.0, "TST": 405.0},
}
SCORE = {
    **fakes.accuracy(),
    "dataset": "sleep-accel",
    "synthetic": False,
    "by_subject": {"a": {"sleep": SLEEP}, "b": {"sleep": SLEEP}},
    "epochs": 20,
    "intervals": {"accuracy": [0.7, 0.8], "kappa": [0.45, 0.55]},
    "sleep": {"TST": {"subjects": 2, "bias": 45.0, "lower": 40.0, "upper": 50.0}},
}


def _model(*results: Bundle, score: dict[str, object] = SCORE) -> ZooModel:
    return ZooModel(CONFIG, {"int8": {"sleep-accel": score}}, results, {"model.tflite": b"1234"})


def _bundle(profile: Profile, **changes: object) -> Bundle:
    changed = dataclasses.replace(profile, model="ss-2-tcn-sm", **changes)  # type: ignore[arg-type]
    return Bundle(Path(), changed, {}, {})


def test_counts_come_from_the_configuration() -> None:
    text = zoo_page([_model()])[PAGE].decode()
    assert "| SS-2-TCN-SM | 10,397 | 1.68 | sleep-accel | 75.0 | 74.0 | 80.0 | 0.500 |" in text
    assert "2 subjects, 20 epochs: accuracy 75.0 % (70.0 to 80.0), weighted F1" in text
    assert "kappa 0.500 (0.450 to 0.550)." in text


def test_what_no_result_tells_is_empty() -> None:
    text = zoo_page([ZooModel(CONFIG, None, (), {})])[PAGE].decode()
    assert "| SS-2-TCN-SM | 10,397 | 1.68 | | | | | |" in text
    assert "| SS-2-TCN-SM | | | | | | | | |" in text
    assert "Not trained yet" in text


def test_a_causal_model_is_told_to_be_the_one_for_a_watch() -> None:
    prior = PriorConfig((0.0,) * 14, (1.0,) * 14)
    causal = dataclasses.replace(CONFIG, features=FeaturesConfig(normalisation="causal", prior=prior))
    told = "the one for a watch"
    assert told in zoo_page([ZooModel(causal, None, (), {})])[PAGE].decode()
    assert told not in zoo_page([ZooModel(CONFIG, None, (), {})])[PAGE].decode()


def test_scores_without_nights_have_no_sleep_plots() -> None:
    score = {**fakes.accuracy(), "dataset": "sleep-accel", "synthetic": False, "epochs": 20}
    text = zoo_page([_model(score=score)])[PAGE].decode()
    assert "plot-confusion-ss-2" in text and "plot-tst" not in text and "Limits of agreement" not in text


def test_published_figures_are_marked_and_only_there() -> None:
    published = dataclasses.replace(CONFIG, published={"accuracy": 0.888, "average_precision": 0.962})
    text = zoo_page([ZooModel(published, None, (), {})])[PAGE].decode()
    assert "| SS-2-TCN-SM (published) | | | MESA | 88.8 | | 96.2 | |" in text
    assert text.count("88.8") == 1


def test_sleep_measures_are_told(profile: Profile) -> None:
    text = zoo_page([_model()])[PAGE].decode()
    assert "| total sleep time, min | 45.0 | 40.0 to 50.0 |" in text


def test_the_hardware_row_is_the_bundle(profile: Profile) -> None:
    text = zoo_page([_model(_bundle(profile))])[PAGE].decode()
    row = next(line for line in text.splitlines() if line.startswith("| SS-2-TCN-SM | virtual"))
    assert "(predicted)" in row and "(estimated)" in row and f"| {profile.totals.cycles / 2:,.0f} |" in row  # type: ignore[operator]
    assert row.endswith("| exact |")


def test_a_measured_result_stands_before_a_predicted_one(profile: Profile) -> None:
    predicted = _bundle(profile, created="2026-02-01T00:00:00Z")
    measured = _bundle(profile, totals=dataclasses.replace(profile.totals, latency_kind="measured"))
    stale = _bundle(profile, model_sha256="cd" * 32)
    uncounted = _bundle(profile, totals=dataclasses.replace(profile.totals, latency_kind=None))
    interpreter = _bundle(profile, engine="tflm")
    digest = profile.model_sha256
    assert choose_results([predicted, measured, stale], "ss-2-tcn-sm", digest) == [measured]
    assert choose_results([predicted, stale, uncounted], "ss-2-tcn-sm", digest) == [predicted]
    assert choose_results([stale, uncounted], "ss-2-tcn-sm", digest) == []
    both = choose_results([interpreter, predicted], "ss-2-tcn-sm", digest)
    assert both == [predicted, interpreter]
    assert _model(*both).result is predicted and _model(interpreter).result is None


def test_classes_of_the_map() -> None:
    assert class_rows(CONFIG) == [("0-WAKE", 0, "WAKE"), ("1-N1, 2-N2, 3-N3, 5-REM", 1, "SLEEP")]


def test_nights_in_the_units_of_their_plots() -> None:
    found = {agreement.kind: nights(SCORE, agreement) for agreement in AGREEMENTS}
    assert found["efficiency"][0] == ("a", 80.0, 90.0)
    assert found["tst"][0] == ("a", 6.0, 6.75)
    assert found["waso"] == []
    assert nights({"by_subject": {"a": {"accuracy": 1.0}}}, AGREEMENTS[0]) == []


def test_blocks_stand_beside_the_published_ones(profile: Profile) -> None:
    four = dataclasses.replace(CONFIG, name="ss-4-tcn-sm")
    empty = zoo_page([ZooModel(four, None, (), {})])[PAGE].decode()
    assert "| ENC | | 1.261 | |" in empty.replace("  ", " ")
    result = _bundle(profile)
    text = zoo_page([ZooModel(four, None, (result,), {})])[PAGE].decode()
    ours = profile.blocks[0].ms_per_sleep_hour
    assert ours and f"| ENC | {ours:.3f} (predicted) | 1.261 | {1.261 / ours:,.1f} |" in text


def test_slamss_stands_beside_ours_with_its_scores_and_its_work() -> None:
    three = dataclasses.replace(
        CONFIG,
        name="ss-4-tcn-sm",
        network=dataclasses.replace(CONFIG.network, classes=3),
        classes=ClassesConfig(("WAKE", "NREM", "REM"), {0: 0, 1: 1, 2: 1, 3: 1, 5: 2}),
    )
    text = zoo_page([ZooModel(three, None, (), {})])[PAGE].decode()
    metrics = slamss_metrics(3)
    score = metrics["float"]["sleep-accel"]
    recalls = " | ".join(f"{100 * row['recall']:.1f}" for row in score["per_class"].values())
    figures = f"{100 * score['accuracy']:.1f} | {100 * score['f1']:.1f} | {score['kappa']:.3f} | {recalls}"
    assert f"| SLAMSS (measured, float) | sleep-accel | {figures} |" in text
    assert f"{metrics['parameters']:,} parameters, trained here" in text
    assert "| SLAMSS (measured, float) | synthetic (generated) |" in text
    found = re.search(r"\| SLAMSS \(published count\) \| 1,056.00 \| (\d+) \|", text)
    ours = re.search(r"\| SS-4-TCN-SM \| (\d\.\d\d) \| 1 \|", text)
    assert found and ours and float(found[1]) == pytest.approx(1056 / float(ours[1]), rel=0.005)


def test_a_network_that_was_not_trained_has_no_row() -> None:
    assert slamss_metrics(5) == {}


def test_published_rows_are_marked() -> None:
    text = zoo_page([_model()])[PAGE].decode()
    assert "(published) | MESA | 79.1 | 80.0 | | 78.0 | 81.8 | 70.9 |" in text


def test_hostile_names_stay_text() -> None:
    evil = dataclasses.replace(CONFIG, description="a | b <script>alert(1)</script>")
    text = zoo_page([ZooModel(evil, None, (), {})])[PAGE].decode()
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
    assert chromium.run("document.querySelectorAll('.js-plotly-plot > .plot-container').length") == 3


def test_downloads_are_the_files() -> None:
    files = zoo_page([_model()])
    assert files["assets/zoo/ss-2-tcn-sm/model.tflite"] == b"1234"
    assert (
        "(assets/zoo/ss-2-tcn-sm/model.tflite) | TFLite model file | 4 | `03ac674216f3e15c` |" in files[PAGE].decode()
    )


@pytest.mark.parametrize("name", ["plotly.min.js", "plots.js"])
def test_scripts_are_local(name: str) -> None:
    files = zoo_page([_model()])
    assert f'src="assets/zoo/{name}"' in files[PAGE].decode()
    assert f"assets/zoo/{name}" in files
    assert json.dumps(SCORE["confusion"][0][0]) in files["assets/zoo/plots.js"].decode()  # type: ignore[index]


def test_the_site_shows_it(tmp_path: Path, chromium: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """The documentation as `make docs` builds it, with the page of the packaged models."""
    if importlib.util.find_spec("mkdocs") is None:
        pytest.skip("mkdocs is not installed")
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "docs", "build/docs")
    shutil.copy(ROOT / "mkdocs.yml", "mkdocs.yml")
    home = (ROOT / "README.md").read_text(encoding="utf-8").replace("(docs/", "(").replace("(LICENSE)", "(#license)")
    Path("build/docs/index.md").write_text(home, encoding="utf-8")
    assert main.run(["zoo", "page", "--output", "build/docs", "-q"]) == 0
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet"],
        capture_output=True, text=True, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    places = "[...document.querySelectorAll('.sk-plotly-graph-div')]"
    # The theme remembers a reader's colours by the site's address; a second one has none yet.
    shutil.copytree("site", "dark")
    for site, width, dark in (("site", 1200, False), ("site", 390, False), ("dark", 1200, True)):
        chromium.open(Path(site, "sleep-stage-models.html"), width=width, dark=dark)
        assert chromium.complaints == []
        assert chromium.run("document.documentElement.scrollWidth") <= width
        assert chromium.run(f"{places}.length") > 0
        assert chromium.run(f"{places}.filter(e => !e.querySelector('.plot-container')).length") == 0
        paper, ink = (
            chromium.run(f"getComputedStyle({what}).{style}")
            for what, style in (
                ("document.body", "backgroundColor"),
                ("document.querySelector('.sk-plotly-graph-div .xtick text')", "fill"),
            )
        )
        assert paper != ink and (_brightness(paper) < _brightness(ink)) == dark
    assert "SS-5-TCN-SM" in chromium.run("document.body.textContent")


def _brightness(color: str) -> float:
    return sum(float(part) for part in re.findall(r"[\d.]+", color)[:3])
