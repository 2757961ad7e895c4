from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

from sktools.profiling.assemble import assemble
from sktools.profiling.profile import Profile
from sktools.profiling.session import measure
from sktools.reports.figures import count, cycles_per_mac, decimal, headline
from sktools.reports.page import report_page
from tests.profiling import fakes
from tests.reports.conftest import NIGHTS


class Tables(HTMLParser):
    """Cell texts of every table body by the table's id."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: dict[str, list[list[str]]] = {}
        self._rows: list[list[str]] = []
        self._in_body = self._in_cell = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._rows = self.tables.setdefault(dict(attrs).get("id") or "", [])
        elif tag == "tbody":
            self._in_body = True
        elif tag == "tr" and self._in_body:
            self._rows.append([])
        elif tag == "td" and self._in_body:
            self._rows[-1].append("")
            self._in_cell = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "tbody":
            self._in_body = False
        elif tag == "td":
            self._in_cell = False

    def handle_data(self, data: str) -> None:
        if self._in_cell:
            self._rows[-1][-1] += data


def _plots(page: str) -> dict[str, dict[str, object]]:
    found = re.search(r"^const plots = (\{.*\});$", page, re.MULTILINE)
    assert found
    plots: dict[str, dict[str, object]] = json.loads(found.group(1))
    return plots


def test_the_tables_equal_the_profile(profile: Profile) -> None:
    parser = Tables()
    parser.feed(report_page(profile, NIGHTS, {}).split("<script>")[0])
    blocks = [row[:6] for row in parser.tables["table-blocks"]]
    assert blocks == [
        [
            block.name,
            count(block.macs),
            count(block.cycles),
            decimal(cycles_per_mac(block.cycles, block.macs)),
            decimal(block.latency_ms, 3),
            decimal(block.ms_per_sleep_hour, 3),
        ]
        for block in profile.blocks
    ]
    layers = [(row[1], row[6]) for row in parser.tables["table-layers"]]
    assert layers == [(layer.name, count(layer.cycles)) for layer in profile.layers]


def test_every_plot_has_a_place(profile: Profile) -> None:
    page = report_page(profile, NIGHTS, {})
    plots = _plots(page)
    assert set(plots) == {"blocks", "cost", "memory", "sqnr", "confusion", "night"}
    assert all(f'id="plot-{name}"' in page for name in plots)


def test_a_run_without_counts_or_labels_has_a_page(profile: Profile) -> None:
    found = measure(fakes.model(), fakes.Device(counted=False), fakes.Oracle(), fakes.frames(1))
    page = report_page(assemble(fakes.setting(), fakes.model(), found, None), {}, {})
    assert set(_plots(page)) == {"memory"}


def test_nothing_is_loaded_from_elsewhere(profile: Profile) -> None:
    page = report_page(profile, NIGHTS, {})
    assert not re.search(r"<(script|img|link|iframe)[^>]+(src|href)=", page.split("<script>")[0])
    assert page.count("<script>") == 2


def test_hostile_names_are_text(profile: Profile) -> None:
    evil = '</script><img src=x onerror=alert(1)>"{{ 7 * 7 }}'
    layers = tuple(dataclasses.replace(layer, name=evil) for layer in profile.layers)
    page = report_page(dataclasses.replace(profile, model=evil, layers=layers), NIGHTS, {"command": [evil]})
    assert "<img src=x" not in page
    assert "{{ 7 * 7 }}" in page


def test_every_headline_figure_says_what_it_is(profile: Profile) -> None:
    kinds = {figure.name: figure.kind for figure in headline(profile)}
    assert kinds["Latency a frame"] == "predicted"
    assert kinds["Energy an hour of sleep"] == "estimated"
    assert kinds["Accuracy"] == "measured"
    assert set(kinds.values()) <= {"measured", "predicted", "estimated", "exact"}


def test_published_bars_stand_beside_ss_4_only(profile: Profile) -> None:
    assert len(_plots(report_page(profile, {}, {}))["blocks"]["data"]) == 1  # type: ignore[arg-type]
    other = dataclasses.replace(profile, model="ss-4-tcn-sm")
    bars = _plots(report_page(other, {}, {}))["blocks"]["data"]
    assert bars[1]["y"] == [1.261, 3.0385]  # type: ignore[index]


def test_a_browser_draws_every_plot_and_sorts(
    profile: Profile, tmp_path: Path, open_page: Callable[[Path, str], tuple[str, str]]
) -> None:
    path = tmp_path / "report.html"
    path.write_text(report_page(profile, NIGHTS, {}))
    click = (
        "const head = document.querySelectorAll('#table-layers th')[6]; head.querySelector('button').click();"
        "const rows = [...document.querySelectorAll('#table-layers tbody tr')];"
        "document.title = rows.map(row => row.cells[6].textContent).join(' ');"
    )
    dom, errors = open_page(path, click)
    assert errors == ""
    assert dom.count('class="main-svg"') >= 6
    assert "<title>300 121 0</title>" in dom
