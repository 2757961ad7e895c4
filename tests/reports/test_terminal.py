"""What run and report show: every figure whole on a terminal of 80 columns."""

from __future__ import annotations

import dataclasses

import pytest

from sktools.cli.console import Console
from sktools.profiling.profile import Profile
from sktools.reports.terminal import terminal_report

STAGES = ("WAKE", "N1", "N2", "N3", "REM")


@pytest.fixture
def wide(profile: Profile) -> Profile:
    """Millions of cycles, and the scores of five stages."""
    score: dict[str, object] = {"accuracy": 1.0, "f1": 1.0, "kappa": 0.333, "average_precision": 1.0}
    score["per_class"] = {name: {"recall": 1.0} for name in STAGES}
    accuracy = {"dataset": "sleep-accel", "subjects": ["a"], "frames": 1, **score, "host": score}
    totals = dataclasses.replace(profile.totals, macs=12_794_236, cycles=13_853_944.0, latency_ms=122.255)
    return dataclasses.replace(profile, totals=totals, accuracy=accuracy)


def test_80_columns_show_every_figure_whole(
    wide: Profile, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for part in terminal_report(wide):
        Console().render(part)
    text = capsys.readouterr().out
    assert "\N{HORIZONTAL ELLIPSIS}" not in text
    assert all(figure in text for figure in ("12,794,236", "13,853,944", "122.255", "predicted", "accuracy"))
    (device,) = [line for line in text.splitlines() if line.startswith("device ")]
    assert device.split() == ["device", "100.0", "100.0", "0.333", *["100.0"] * 6]
    assert "sleep-accel, 1 frame\n" in text


def test_every_headline_figure_stands_with_its_kind(profile: Profile, capsys: pytest.CaptureFixture[str]) -> None:
    for part in terminal_report(profile):
        Console().render(part)
    lines = capsys.readouterr().out.splitlines()
    for name, kind in (("Latency a frame", "predicted"), ("Energy an hour", "estimated"), ("Parity", "measured")):
        assert any(line.startswith(name) and f" {kind} " in line for line in lines), name
