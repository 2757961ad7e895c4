from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import pytest

from sktools.profiling.assemble import assemble
from sktools.profiling.profile import Profile
from sktools.profiling.session import measure
from sktools.reports.figures import duration, headline, subjects_told
from sktools.reports.night_plots import hypnogram, night_label, stage_order
from sktools.reports.page import report_page
from sktools.reports.profile_plots import memory_plan, step_costs
from tests.profiling import fakes
from tests.reports.conftest import NIGHTS
from tests.support.browser import Browser
from tests.support.report_tables import Tables, assert_tables_equal, number, share

PROVENANCE = {
    "sktools": "0.1.0", "git": "0123abcd", "python": "3.11.7", "system": "Linux x86_64", "packages": {"numpy": "2.0"},
    "tools": {"compiler": "gcc 12.2"}, "flags": ["-O2"], "image": {"firmware.elf": "ef" * 32},
    "data": {"source": "data set synthetic"}, "command": ["sktools", "run", "ss-2"],
}  # fmt: skip


def _plots(page: str) -> dict[str, dict[str, Any]]:
    found = re.search(r"^const plots = (\{.*\});$", page, re.MULTILINE)
    assert found
    plots: dict[str, dict[str, Any]] = json.loads(found.group(1))
    return plots


def test_the_tables_equal_the_profile(profile: Profile) -> None:
    assert_tables_equal(report_page(profile, NIGHTS, {}), profile.to_json())


def test_the_tables_equal_a_profile_with_gaps_and_differences(profile: Profile) -> None:
    found = measure(fakes.model(), fakes.Device(counted=False, flip=1), fakes.Oracle(), fakes.frames(2))
    uncounted = assemble(fakes.setting(), fakes.model(), found, None)
    page = report_page(uncounted, {}, {})
    assert_tables_equal(page, uncounted.to_json())
    assert "bytes differ from the reference kernels; first in DEC/conv" in page


def test_every_plot_has_a_place(profile: Profile) -> None:
    page = report_page(profile, NIGHTS, {})
    plots = _plots(page)
    assert set(plots) == {"blocks", "cost", "use", "memory", "sqnr", "confusion", "night"}
    assert all(f'id="plot-{name}"' in page for name in plots)


def test_a_run_without_counts_or_labels_has_a_page() -> None:
    found = measure(fakes.model(), fakes.Device(counted=False), fakes.Oracle(), fakes.frames(1))
    page = report_page(assemble(fakes.setting(), fakes.model(), found, None), {}, {})
    assert set(_plots(page)) == {"memory", "use"}


def test_nothing_is_loaded_from_elsewhere(profile: Profile) -> None:
    page = report_page(profile, NIGHTS, {})
    assert not re.search(r"<(script|img|link|iframe)[^>]+(src|href)=", page.split("<script>")[0])
    assert page.count("<script>") == 2


def test_hostile_names_are_text(profile: Profile) -> None:
    evil = '</script><img src=x onerror=alert(1)>"{{ 7 * 7 }}'
    layers = tuple(dataclasses.replace(layer, name=evil) for layer in profile.layers)
    nights = {"nights": [{**NIGHTS["nights"][0], "subject": evil}]}
    page = report_page(dataclasses.replace(profile, model=evil, layers=layers), nights, {"command": [evil]})
    assert "<img src=x" not in page
    assert "{{ 7 * 7 }}" in page


def test_every_headline_figure_says_what_it_is(profile: Profile) -> None:
    kinds = {figure.name: figure.kind for figure in headline(profile)}
    assert kinds["Latency a frame"] == kinds["Duty cycle"] == "predicted"
    assert kinds["Energy an hour of sleep"] == "estimated"
    assert kinds["Accuracy"] == "measured"
    assert set(kinds.values()) == {"measured", "predicted", "estimated"}
    page = report_page(profile, NIGHTS, {})
    cards = re.findall(r'<div class="card">.*?</div>\s*</div>|<div class="card">.*?</p></div>', page, re.DOTALL)
    assert len(cards) == len(kinds)
    assert all(re.search(r'class="kind (measured|predicted|estimated)"', card) for card in cards)
    captions = re.findall(r"<figcaption>(.*?)</figcaption>", page, re.DOTALL)
    assert len(captions) == 7
    assert all(re.search("measured|predicted|estimated", caption, re.IGNORECASE) for caption in captions)


def test_frames_of_less_than_an_hour_are_told_in_minutes(profile: Profile) -> None:
    assert (duration(2.0), duration(32 / 60), duration(1.5)) == ("2 h", "32 min", "90 min")
    page = report_page(dataclasses.replace(profile, frame_hours=32 / 60), {}, {})
    assert "frames of 32 min" in page and "0.533" not in page


def test_the_duty_cycle_is_the_time_an_hour_takes(profile: Profile) -> None:
    figure = next(figure for figure in headline(profile) if figure.name == "Duty cycle")
    assert figure.value == f"{1e6 * (profile.totals.ms_per_sleep_hour or 0) / 3.6e6:.2f} ppm"


def test_published_bars_stand_beside_ss_4_only(profile: Profile) -> None:
    page = report_page(profile, {}, {})
    assert len(_plots(page)["blocks"]["data"]) == 1 and "published" not in Tables(page).heads["table-blocks"][-1]
    other = dataclasses.replace(profile, model="ss-4-tcn-sm")
    page = report_page(other, {}, {})
    assert _plots(page)["blocks"]["data"][1]["y"] == [1.261, 3.0385]
    encoder = Tables(page).rows["table-blocks"][0]
    ours = other.blocks[0].ms_per_sleep_hour
    assert ours and encoder[8:] == ["1.261", f"{1.261 / ours:,.1f} \N{MULTIPLICATION SIGN}"]
    assert "Apollo4 Plus, interpreter runtime" in page


def test_fused_layers_share_the_cost_of_their_step(profile: Profile) -> None:
    first, second = step_costs(profile)
    assert (first.name, first.macs) == ("ENC/depthwise", 40)
    assert (second.name, second.macs, second.cycles) == ("DEC/conv", 72, 300)
    assert first.share + second.share == pytest.approx(1)


def test_a_box_of_the_plan_tells_what_fits_into_it(profile: Profile) -> None:
    wide = dataclasses.replace(
        profile.plan[0], name="a/long/name/of/a/buffer", offset=0, size=64, first_step=0, last_step=3
    )
    narrow = dataclasses.replace(wide, first_step=4, last_step=5)
    thin = dataclasses.replace(wide, first_step=39, last_step=39)
    plot = memory_plan(dataclasses.replace(profile, plan=(wide, narrow, thin)))
    assert plot is not None
    texts = plot["data"][-1]["text"]
    assert texts == ["64 bytes", "", ""]
    plot = memory_plan(dataclasses.replace(profile, plan=(wide, narrow)))
    assert plot is not None and plot["data"][-1]["text"] == [
        "a/long/name/of/a/buffer<br>64 bytes",
        "a/long/name/of/a/buffer<br>64 bytes",
    ]


def test_small_buffers_on_a_large_one_are_drawn_enlarged(profile: Profile) -> None:
    plain = memory_plan(profile)
    assert plain is not None and "yaxis2" not in plain["layout"]
    base, top = profile.plan
    plan = (dataclasses.replace(base, size=1000), dataclasses.replace(top, offset=1000, size=8))
    memory = dataclasses.replace(profile.memory, arena_bytes=1008)
    enlarged = memory_plan(dataclasses.replace(profile, plan=plan, memory=memory))
    assert enlarged is not None
    low, high = enlarged["layout"]["yaxis2"]["range"]
    assert 990 < low < 1000 and 1008 < high < 1020


def test_hypnograms_go_from_wake_through_rem_to_deep_sleep() -> None:
    assert stage_order(["WAKE", "CORE", "DEEP", "REM"]) == [0, 3, 1, 2]
    assert stage_order(["WAKE", "SLEEP"]) == [0, 1]
    night = {"subject": "a", "true": [0, 3, 3, -1, 2], "device": [0, 3, 1, 1, 2]}
    lines = {trace["name"]: trace for trace in hypnogram(night, ["WAKE", "CORE", "DEEP", "REM"], 3600)["data"]}
    assert (lines["true"]["x"], lines["true"]["y"]) == ([0, 1, 1, 3, None, 4, 5], [0, 0, 1, 1, None, 3, 3])
    assert lines["true: REM"]["y"] == [None, 1, 1, None, None]
    assert [x for x in lines["differs"]["x"] if x is not None] == [2, 3]
    assert night_label(night) == "a: 75.0% of 4 epochs right"


def test_the_longest_night_comes_first_and_unscored_ones_not_at_all(profile: Profile) -> None:
    nights = {"nights": [*NIGHTS["nights"], {"subject": "c", "true": [-1] * 9, "device": [0] * 9}]}
    page = report_page(profile, nights, {})
    assert re.findall(r"<option[^>]*>(\w)", page) == ["b", "a"]


def test_a_night_without_labels_is_shown_as_the_device_staged_it(profile: Profile) -> None:
    unscored = dataclasses.replace(profile, accuracy=None)
    night = {"subject": "mine", "true": [-1] * 4, "device": [0, 1, 1, 0]}
    page = report_page(unscored, {"nights": [night], "classes": ["WAKE", "SLEEP"]}, {})
    plot = _plots(page)["night"]
    assert [trace["name"] for trace in plot["data"]] == ["device"] and "yaxis2" not in plot["layout"]
    assert "mine: no labels</option>" in page and "nothing is scored" in page
    assert "table-scores" not in Tables(page).rows and 'id="plot-confusion"' not in page


def test_provenance_tells_tools_flags_and_digests(profile: Profile) -> None:
    facts = dict(Tables(report_page(profile, NIGHTS, PROVENANCE)).rows["table-provenance"])
    assert facts["command"] == "sktools run ss-2"
    assert facts["sktools"] == "0.1.0, revision 0123abcd"
    assert facts["compiler"] == "gcc 12.2" and facts["flags"] == "-O2"
    assert facts["SHA-256 of firmware.elf"] == "ef" * 32
    assert facts[".tflite SHA-256"] == profile.model_sha256


def test_a_class_has_precision_recall_f1_and_epochs(profile: Profile) -> None:
    score = profile.accuracy
    assert score is not None
    assert Tables(report_page(profile, NIGHTS, {})).rows["table-classes"] == [
        [name, *(share(row.get(figure)) for figure in ("precision", "recall", "f1")), number(row.get("support"))]
        for name, row in score["per_class"].items()
    ]


def test_who_was_scored_and_who_was_not_is_told() -> None:
    score = {"subjects": ["a", "b"], "left_out": 3, "training_included": [], "skipped": []}
    assert subjects_told(score) == "2 subjects: a, b. 3 that the model was trained on are left out."
    many = {
        "subjects": [str(number) for number in range(20)],
        "training_included": ["0"],
        "skipped": [{"subject": "x"}],
    }
    assert "11 and 8 more. The model was trained on 1 of them. 1 whose files are bad" in subjects_told(many)


def test_the_digest_of_the_frames_stands_in_the_provenance(profile: Profile) -> None:
    facts = dict(Tables(report_page(profile, {"frames_sha256": "ab" * 32}, PROVENANCE)).rows["table-provenance"])
    assert facts["SHA-256 of the frames"] == "ab" * 32


@pytest.fixture
def report(profile: Profile, tmp_path: Path) -> Path:
    path = tmp_path / "report.html"
    path.write_text(report_page(profile, NIGHTS, PROVENANCE), encoding="utf-8")
    return path


def test_a_browser_draws_every_plot(profile: Profile, report: Path, chromium: Browser) -> None:
    chromium.open(report)
    assert chromium.complaints == []
    drawn = chromium.run(
        "Object.fromEntries([...document.querySelectorAll('.plot')].map(e => [e.id.slice(5), e.querySelectorAll("
        "'svg .point path, svg path.point, svg .js-line, svg .js-fill, svg .hm image, svg .hm path').length]))"
    )
    assert set(drawn) == {"blocks", "cost", "use", "memory", "sqnr", "confusion", "night"}
    assert all(drawn.values()), drawn
    assert drawn["blocks"] == len(profile.blocks)
    assert drawn["sqnr"] == sum(layer.sqnr_db is not None for layer in profile.layers)
    texts = chromium.run("[...document.querySelectorAll('#plot-confusion text')].map(e => e.textContent).join(' ')")
    assert "90%" in texts and "WAKE" in texts


def test_a_browser_sorts_by_numbers_and_by_names(report: Path, chromium: Browser) -> None:
    chromium.open(report)
    script = (
        "(() => {{ const table = document.getElementById('table-layers'), head = table.querySelectorAll('th')[{0}];"
        "head.querySelector('button').click(); return [head.getAttribute('aria-sort'),"
        "[...table.tBodies[0].rows].map(row => row.cells[{0}].textContent)]; }})()"
    )
    assert chromium.run(script.format(6)) == ["descending", ["300", "121", "0"]]
    assert chromium.run(script.format(6)) == ["ascending", ["0", "121", "300"]]
    names = ["ENC/depthwise", "DEC/scale", "DEC/conv"]
    assert chromium.run(script.format(1)) == ["descending", names]
    assert chromium.run(script.format(1)) == ["ascending", names[::-1]]
    assert chromium.complaints == []


def test_a_browser_shows_another_night(report: Path, chromium: Browser) -> None:
    chromium.open(report)
    hours = "document.getElementById('plot-night').layout.xaxis.range[1] * 120"
    assert chromium.run(hours) == pytest.approx(6)
    choice = "document.getElementById('night-choice')"
    chromium.run(f"{choice}.value = '1', {choice}.dispatchEvent(new Event('change'))")
    assert chromium.run(hours) == pytest.approx(4)
    assert chromium.complaints == []


@pytest.mark.parametrize("dark", [False, True])
def test_text_stands_out_from_its_paper(report: Path, chromium: Browser, dark: bool) -> None:
    """Contrast of at least 4.5 to 1 (WCAG 2.1 AA) for page text, soft text and plot text."""
    chromium.open(report, dark=dark)
    paper = chromium.run("getComputedStyle(document.querySelector('.panel:not(.notes)')).backgroundColor")
    assert (_luminance(paper) < 0.2) == dark
    for what in (
        "getComputedStyle(document.querySelector('h1')).color",
        "getComputedStyle(document.querySelector('figcaption')).color",
        "getComputedStyle(document.querySelector('.kind.predicted')).color",
        "getComputedStyle(document.querySelector('td.good')).color",
        "getComputedStyle(document.querySelector('#plot-blocks .xtick text')).fill",
    ):
        light, low = sorted((_luminance(chromium.run(what)), _luminance(paper)), reverse=True)
        assert (light + 0.05) / (low + 0.05) >= 4.5, what


def _luminance(color: str) -> float:
    """Relative luminance of 'rgb(r, g, b)' (WCAG 2.1)."""
    parts = [int(part) / 255 for part in re.findall(r"\d+", color)[:3]]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(("width", "media"), [(360, "screen"), (768, "screen"), (1600, "screen"), (720, "print")])
def test_the_page_fits_its_width(report: Path, chromium: Browser, width: int, media: str, tmp_path: Path) -> None:
    chromium.open(report, width=width, media=media)
    assert chromium.run("document.documentElement.scrollWidth") <= width
    right = chromium.run(
        "Math.max(...[...document.querySelectorAll('.plot .main-svg')].map(e => e.getBoundingClientRect().right))"
    )
    assert 0 < right <= width
    chromium.picture(tmp_path / "page.png")
    assert (tmp_path / "page.png").read_bytes().startswith(b"\x89PNG")
    assert chromium.complaints == []


def test_a_phone_shows_each_name_in_a_line_or_two(report: Path, chromium: Browser) -> None:
    chromium.open(report, width=360)
    tallest = chromium.run(
        "Math.max(...[...document.querySelectorAll('main tbody td.stay')].map(cell => cell.offsetHeight"
        " / parseFloat(getComputedStyle(cell).lineHeight)))"
    )
    assert 0 < tallest < 4


def test_a_print_from_a_dark_screen_is_whole_and_light(report: Path, chromium: Browser) -> None:
    """What the browser tells a page before it prints: plots shrink to the paper at once, and come back afterwards."""
    chromium.open(report, width=1200, dark=True)
    sizes = "[...document.querySelectorAll('.plot .main-svg')].map(e => Math.round(e.getBoundingClientRect().width))"
    paper = "getComputedStyle(document.querySelector('.panel:not(.notes)')).backgroundColor"
    text = "getComputedStyle(document.querySelector('#plot-blocks .xtick text')).fill"
    before = chromium.run(sizes)
    ends = chromium.run(
        "(() => { dispatchEvent(new Event('beforeprint')); return Math.max(...[...document.querySelectorAll("
        "'.plot .main-svg')].map(e => e.getBoundingClientRect().right)); })()"
    )
    assert 0 < ends <= 700
    assert _luminance(chromium.run(paper)) > 0.9 and _luminance(chromium.run(text)) < 0.2
    chromium.run("dispatchEvent(new Event('afterprint'))")
    assert chromium.run(sizes) == before
    assert _luminance(chromium.run(paper)) < 0.2 and _luminance(chromium.run(text)) > 0.2
    assert chromium.complaints == []
