from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from sktools.profiling.comparison import COSTS, FIGURES, Comparison, Delta, compare
from sktools.profiling.profile import Profile
from sktools.reports.comparison import LABELS, change, comparison_page, comparison_tables, kind, number, verdict
from tests.support.browser import Browser
from tests.support.report_tables import Tables


@pytest.fixture
def comparison(profile: Profile) -> Comparison:
    totals = dataclasses.replace(profile.totals, cycles=1000.0, latency_ms=profile.totals.latency_ms)
    memory = dataclasses.replace(profile.memory, arena_bytes=12, flash_bytes=30000)
    return compare(profile, dataclasses.replace(profile, totals=totals, memory=memory))


def test_the_table_is_the_comparison(comparison: Comparison) -> None:
    tables = Tables(comparison_page(comparison))
    told = [delta for delta in comparison.figures if delta.before is not None]
    assert tables.rows["table-figures"] == [
        [
            LABELS[delta.name], kind(comparison, delta), number(delta, delta.before), number(delta, delta.after),
            change(delta),
        ]
        for delta in told
    ]  # fmt: skip
    assert [row[0] for row in tables.rows["table-layers"]] == [delta.name for delta in comparison.layers]
    assert [row[0] for row in tables.rows["table-blocks"]] == [delta.name for delta in comparison.blocks]
    facts = {row[0]: row[1:] for row in tables.rows["table-results"]}
    assert facts["board"] == ["virtual", "virtual"] and facts["latency kind"] == ["predicted", "predicted"]


def test_every_figure_has_a_name_and_a_kind(comparison: Comparison) -> None:
    assert set(LABELS) == set(FIGURES)
    kinds = {delta.name: kind(comparison, delta) for delta in comparison.figures}
    assert kinds["latency_ms"] == kinds["cycles"] == "predicted"
    assert kinds["energy_uj_per_sleep_hour"] == "estimated" and kinds["kappa"] == "measured"


def test_a_figure_of_two_kinds_says_both(profile: Profile) -> None:
    board = dataclasses.replace(
        profile,
        totals=dataclasses.replace(profile.totals, latency_kind="measured"),
        counter=dataclasses.replace(profile.counter, kind="dwt"),
    )
    found = compare(profile, board)
    assert {kind(found, delta) for delta in found.figures if delta.name == "latency_ms"} == {"predicted, then measured"}
    assert "cycles are not compared" in comparison_page(found)


@pytest.mark.parametrize(
    ("delta", "expected"),
    [
        (Delta("cycles", 100, 90), "good"),
        (Delta("cycles", 100, 110), "bad"),
        (Delta("cycles", 1e6, 1e6 + 1), ""),
        (Delta("accuracy", 0.8, 0.9), "good"),
        (Delta("accuracy", 0.8, 0.7), "bad"),
        (Delta("mismatched", 0, 3), "bad"),
        (Delta("mismatched", 0, 0), ""),
        (Delta("cycles", None, 90), ""),
    ],
)
def test_better_and_worse(delta: Delta, expected: str) -> None:
    assert verdict(delta) == expected
    assert "cycles" in COSTS


def test_a_browser_shows_it(comparison: Comparison, chromium: Browser, tmp_path: Path) -> None:
    path = tmp_path / "comparison.html"
    path.write_text(comparison_page(comparison, ("flash_bytes: rose",)), encoding="utf-8")
    for width, dark in ((1200, False), (1200, True), (360, False)):
        chromium.open(path, width=width, dark=dark)
        assert chromium.complaints == []
        assert chromium.run("document.documentElement.scrollWidth") <= width
    assert chromium.run("document.querySelectorAll('#plot-blocks .point path').length") == 2 * len(comparison.blocks)
    assert chromium.run("document.querySelector('.verdict.bad').textContent") == "Limit not met: flash_bytes: rose"
    sort = "document.querySelectorAll('#table-layers th')[1].querySelector('button').click()"
    cells = "[...document.querySelectorAll('#table-layers tbody tr')].map(row => row.cells[1].textContent)"
    assert chromium.run(f"{sort}, {cells}") == ["300", "121", "0"]


def test_the_terminal_tells_kinds_and_the_layers_that_moved_most(profile: Profile) -> None:
    layers = tuple(
        dataclasses.replace(layer, cycles=layer.cycles / 2 if layer.cycles else layer.cycles)
        for layer in profile.layers
    )
    found = compare(profile, dataclasses.replace(profile, layers=layers))
    figures, _, moved = comparison_tables(found)
    assert list(figures.columns[1].cells)[:3] == ["predicted", "measured", "predicted"]
    assert list(moved.columns[0].cells) == ["DEC/conv", "ENC/depthwise"]
    assert [str(cell) for cell in moved.columns[3].cells] == ["-50.0 %", "-50.0 %"]
    assert len(comparison_tables(compare(profile, profile))) == 2


def test_a_phone_tells_the_kind_below_the_figure(comparison: Comparison, chromium: Browser, tmp_path: Path) -> None:
    path = tmp_path / "comparison.html"
    path.write_text(comparison_page(comparison), encoding="utf-8")
    below = "getComputedStyle(document.querySelector('#table-figures td'), '::after').content"
    chromium.open(path, width=360)
    assert chromium.run(below) == '"predicted"'
    chromium.open(path, width=1200)
    assert chromium.run(below) == "none"


def test_the_page_says_when_limits_are_met(comparison: Comparison) -> None:
    assert "All 2 limits are met" in comparison_page(comparison, (), 2)
    assert "met</p>" not in comparison_page(comparison)
