"""Hypnograms: the stages of a night as they were and as the device answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from sktools.reports.plots import PRIMARY, SECONDARY, WARM, Plot, figure

EPOCH_SECONDS = 30.0
REM_NAMES = ("REM",)


def stage_order(names: Sequence[str]) -> list[int]:
    """Class indices from the top of a hypnogram down: wake, REM, then from light to deep sleep."""
    rem = [index for index, name in enumerate(names) if index and name.upper() in REM_NAMES]
    return [0, *rem, *(index for index in range(1, len(names)) if index not in rem)]


def hypnogram(night: Mapping[str, Any], names: Sequence[str], epoch_seconds: float = EPOCH_SECONDS) -> Plot:
    """A night's true stages above, the device's answers below, and between them where the two differ; of a night
    without labels the device's answers alone.

    night: `true` and `device`, one class index an epoch, -1 where unscored.
    """
    heights = {stage: row for row, stage in enumerate(stage_order(names))}
    rem = {stage for stage, name in enumerate(names) if name.upper() in REM_NAMES}
    hours = epoch_seconds / 3600
    labelled = scored_epochs(night) > 0
    data: list[Plot] = []
    sides = (("true", SECONDARY, "y"), ("device", PRIMARY, "y2")) if labelled else (("device", PRIMARY, "y"),)
    for key, color, axis in sides:
        runs = _runs(night[key])
        data.append(_steps(runs, heights, hours, {"color": color, "width": 1.5}, axis, key))
        inside = [run if run[2] in rem else (*run[:2], -1) for run in runs]
        if rem:
            data.append(_steps(inside, heights, hours, {"color": color, "width": 5}, axis, f"{key}: REM"))
    levels = {
        "tickvals": list(heights.values()),
        "ticktext": [names[stage] for stage in heights],
        "range": [len(names) - 0.7, -0.3],
        "fixedrange": True,
        "automargin": True,
        "zeroline": False,
    }
    plot = figure(data, "true" if labelled else "device", showlegend=False)
    plot["layout"]["xaxis"] |= {
        "title": {"text": "hours of recording"},
        "zeroline": False,
        "range": [0, max(len(night["device"]), 1) * hours],
    }
    plot["layout"]["yaxis"] |= levels
    if not labelled:
        return plot
    differs = [
        -1 if true < 0 or true == device else 0 for true, device in zip(night["true"], night["device"], strict=True)
    ]
    data.append(_steps(_runs(differs), {0: 0}, hours, {"color": WARM, "width": 9}, "y3", "differs"))
    plot["layout"]["xaxis"]["anchor"] = "y2"
    plot["layout"]["yaxis"]["domain"] = [0.56, 1.0]
    plot["layout"]["yaxis2"] = {**levels, "domain": [0.0, 0.44], "title": {"text": "device", "standoff": 8}}
    plot["layout"]["yaxis3"] = {
        "domain": [0.47, 0.53],
        "range": [-0.5, 0.5],
        "tickvals": [0],
        "ticktext": ["differs"],
        "fixedrange": True,
        "showgrid": False,
        "zeroline": False,
    }
    return plot


def scored_epochs(night: Mapping[str, Any]) -> int:
    """How many epochs of a night have a label."""
    return sum(stage >= 0 for stage in night["true"])


def night_label(night: Mapping[str, Any]) -> str:
    """The subject, and how many of the scored epochs are answered right."""
    pairs = [pair for pair in zip(night["true"], night["device"], strict=True) if pair[0] >= 0]
    right = sum(true == device for true, device in pairs)
    share = f"{right / len(pairs):.1%} of {len(pairs):,} epochs right" if pairs else "no labels"
    return f"{night['subject']}: {share}"


def _runs(stages: Sequence[int]) -> list[tuple[int, int, int]]:
    """First epoch, epoch after the last, stage of every run of equal stages."""
    found, start = [], 0
    for stage, members in groupby(stages):
        end = start + sum(1 for _ in members)
        found.append((start, end, stage))
        start = end
    return found


def _steps(
    runs: Sequence[tuple[int, int, int]],
    heights: Mapping[int, int],
    hours: float,
    line: Mapping[str, Any],
    axis: str,
    name: str,
) -> Plot:
    """A line of steps; runs of -1 are gaps."""
    x: list[float | None] = []
    y: list[int | None] = []
    for start, end, stage in runs:
        if stage < 0:
            x.append(None)
            y.append(None)
        else:
            x += [round(start * hours, 4), round(end * hours, 4)]
            y += [heights[stage]] * 2
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": x,
        "y": y,
        "yaxis": axis,
        "line": dict(line),
        "hoverinfo": "skip",
    }
