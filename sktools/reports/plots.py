"""Plots as plotly documents: dicts with `data` and `layout`, free of colours that only one theme can show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sktools.profiling.profile import Profile
from sktools.reports.figures import cycles_per_mac
from sktools.reports.published import BLOCK_MS_PER_SLEEP_HOUR

Plot = dict[str, Any]

FLOOR_CYCLES_PER_MAC = 0.5
"""SMLAD does two multiply-accumulates in one cycle: no Cortex-M4 code is faster."""

PRIMARY, SECONDARY, WARM = "#4c78d8", "#9aa5b8", "#e0803c"
STAGE_SCALE = [[0.0, "rgba(76,120,216,0.06)"], [1.0, "rgba(76,120,216,0.65)"]]


def bars(names: Sequence[str], series: Mapping[str, tuple[Sequence[float | None], str]], y_title: str) -> Plot:
    """Grouped bars. series: name -> (one value a bar, colour)."""
    data: list[Plot] = [
        {
            "type": "bar",
            "name": name,
            "x": list(names),
            "y": list(values),
            "marker": {"color": color},
            "hovertemplate": "%{x}: %{y:.3f}<extra>" + name + "</extra>",
        }
        for name, (values, color) in series.items()
    ]
    return _plot(data, y_title, barmode="group", showlegend=len(data) > 1)


def block_latency(profile: Profile) -> Plot | None:
    """Milliseconds an hour of sleep by block, beside the published bars where there are some."""
    if profile.totals.ms_per_sleep_hour is None:
        return None
    names = [block.name for block in profile.blocks]
    ours = [block.ms_per_sleep_hour for block in profile.blocks]
    series: dict[str, tuple[Sequence[float | None], str]] = {
        f"this run ({profile.totals.latency_kind})": (ours, PRIMARY)
    }
    published = BLOCK_MS_PER_SLEEP_HOUR.get(profile.model)
    if published:
        series["published (interpreter, measured)"] = ([published.get(name) for name in names], SECONDARY)
    return bars(names, series, "ms per hour of sleep")


def cost_per_mac(profile: Profile) -> Plot | None:
    """Cycles a MAC of every layer against its MACs, with the floor of the instruction set."""
    layers = [layer for layer in profile.layers if layer.cycles and layer.macs]
    if not layers:
        return None
    macs = [layer.macs for layer in layers]
    points: Plot = {
        "type": "scatter",
        "mode": "markers",
        "name": "layer",
        "x": macs,
        "y": [cycles_per_mac(layer.cycles, layer.macs) for layer in layers],
        "text": [f"{layer.name} ({layer.op})" for layer in layers],
        "marker": {"color": PRIMARY, "size": 9, "opacity": 0.8},
        "hovertemplate": "%{text}<br>%{x:,} MAC, %{y:.2f} cycles/MAC<extra></extra>",
    }
    floor: Plot = {
        "type": "scatter",
        "mode": "lines",
        "name": f"floor {FLOOR_CYCLES_PER_MAC} (two MAC a cycle)",
        "x": [min(macs), max(macs)],
        "y": [FLOOR_CYCLES_PER_MAC] * 2,
        "line": {"color": WARM, "dash": "dash"},
        "hoverinfo": "skip",
    }
    plot = _plot([points, floor], "cycles/MAC")
    plot["layout"]["yaxis"]["type"] = "log"
    plot["layout"]["xaxis"] |= {"type": "log", "title": {"text": "MACs of the layer"}}
    return plot


def memory_plan(profile: Profile) -> Plot | None:
    """Arena buffers as boxes: steps along, bytes up."""
    if not profile.plan:
        return None
    data: list[Plot] = []
    for number, buffer in enumerate(profile.plan):
        left, right = buffer.first_step - 0.5, buffer.last_step + 0.5
        low, high = buffer.offset, buffer.offset + buffer.size
        data.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": buffer.name,
                "x": [left, right, right, left, left],
                "y": [low, low, high, high, low],
                "fill": "toself",
                "line": {"color": PRIMARY, "width": 1},
                "fillcolor": f"rgba(76,120,216,{0.25 + 0.3 * (number % 2)})",
                "hoveron": "fills",
                "text": f"{buffer.name}: {buffer.size:,} B at {buffer.offset:,}, "
                f"steps {buffer.first_step} to {buffer.last_step}",
                "hoverinfo": "text",
            }
        )
    plot = _plot(data, "bytes of the arena", showlegend=False)
    plot["layout"]["xaxis"]["title"] = {"text": "step"}
    return plot


def layer_sqnr(profile: Profile) -> Plot | None:
    """SQNR in dB of every observable layer."""
    layers = [layer for layer in profile.layers if layer.sqnr_db is not None]
    if not layers:
        return None
    bars: Plot = {
        "type": "bar",
        "x": [layer.name for layer in layers],
        "y": [layer.sqnr_db for layer in layers],
        "marker": {"color": PRIMARY},
        "hovertemplate": "%{x}: %{y:.1f} dB<extra></extra>",
    }
    plot = _plot([bars], "SQNR, dB", showlegend=False)
    plot["layout"]["xaxis"]["tickangle"] = -60
    plot["layout"]["xaxis"]["tickfont"] = {"size": 9}
    return plot


def agreement(names: Sequence[str], true: Sequence[float], answered: Sequence[float], what: str) -> Plot:
    """A quantity of each night, true along and answered up, with the line where both agree."""
    points: Plot = {
        "type": "scatter",
        "mode": "markers",
        "x": list(true),
        "y": list(answered),
        "text": list(names),
        "marker": {"color": PRIMARY, "size": 9, "opacity": 0.75},
        "hovertemplate": "%{text}: true %{x:.2f}, device %{y:.2f}<extra></extra>",
    }
    ends = [min(*true, *answered), max(*true, *answered)]
    line: Plot = {
        "type": "scatter",
        "mode": "lines",
        "x": ends,
        "y": ends,
        "line": {"color": WARM, "dash": "dash"},
        "hoverinfo": "skip",
    }
    plot = _plot([points, line], f"{what}: device", showlegend=False)
    plot["layout"]["xaxis"]["title"] = {"text": f"{what}: true"}
    return plot


def confusion(matrix: Sequence[Sequence[int]], names: Sequence[str], answered: str = "answered by the device") -> Plot:
    """Confusion matrix, rows true and columns predicted, coloured by the row's share. answered: the columns' title."""
    rows = [[cell / sum(row) if sum(row) else 0.0 for cell in row] for row in matrix]
    labels = [
        [f"{cell:,}<br>{share:.0%}" for cell, share in zip(row, shares, strict=True)]
        for row, shares in zip(matrix, rows, strict=True)
    ]
    heat: Plot = {
        "type": "heatmap",
        "x": list(names),
        "y": list(names),
        "z": rows,
        "zmin": 0,
        "zmax": 1,
        "text": labels,
        "texttemplate": "%{text}",
        "colorscale": STAGE_SCALE,
        "showscale": False,
        "hovertemplate": "true %{y}, answered %{x}: %{text}<extra></extra>",
        "xgap": 2,
        "ygap": 2,
    }
    plot = _plot([heat], "true", showlegend=False)
    plot["layout"]["yaxis"] |= {"autorange": "reversed", "type": "category"}
    plot["layout"]["xaxis"] |= {"title": {"text": answered}, "type": "category"}
    return plot


def hypnogram(night: Mapping[str, Any], names: Sequence[str], epoch_seconds: float = 30.0) -> Plot:
    """A night's true and answered stages. night: `true` and `device`, one class index an epoch, -1 where unscored."""
    data: list[Plot] = []
    for key, label, color, width in (("true", "true", SECONDARY, 5), ("device", "device", PRIMARY, 1.5)):
        stages = night[key]
        data.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": label,
                "x": [index * epoch_seconds / 3600 for index in range(len(stages))],
                "y": [None if stage < 0 else stage for stage in stages],
                "line": {"shape": "hv", "color": color, "width": width},
                "hoverinfo": "skip",
            }
        )
    plot = _plot(data, "")
    plot["layout"]["yaxis"] |= {
        "tickvals": list(range(len(names))),
        "ticktext": list(names),
        "autorange": "reversed",
    }
    plot["layout"]["xaxis"]["title"] = {"text": "hours of recording"}
    return plot


def _plot(data: list[Plot], y_title: str, **layout: Any) -> Plot:
    return {
        "data": data,
        "layout": {
            "margin": {"l": 64, "r": 12, "t": 12, "b": 56},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "legend": {"orientation": "h", "y": 1.12},
            "xaxis": {"automargin": True, "fixedrange": True},
            "yaxis": {"automargin": True, "fixedrange": True, "title": {"text": y_title}},
            **layout,
        },
    }
