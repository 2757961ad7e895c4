"""Plots as plotly documents: dicts with `data` and `layout`, free of colours that only one theme can show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Plot = dict[str, Any]

PRIMARY, SECONDARY, WARM, LIMIT = "#4c78d8", "#9aa5b8", "#e0803c", "#cf4a4a"
PALETTE = (PRIMARY, WARM, "#3f9b8f", "#b279c4", "#c9a227", SECONDARY)
"""Colours of series that have no order; readable on light and on dark paper."""

STAGE_SCALE = [[0.0, "rgba(76,120,216,0.06)"], [1.0, "rgba(76,120,216,0.65)"]]
LABELLED_BARS = 24
"""More bars than this carry no value of their own: they would overlap."""


def bars(names: Sequence[str], series: Mapping[str, tuple[Sequence[float | None], str]], y_title: str) -> Plot:
    """Grouped bars with their values. series: name -> (one value a bar, colour)."""
    labelled = len(names) * len(series) <= LABELLED_BARS
    data: list[Plot] = [
        {
            "type": "bar",
            "name": name,
            "x": list(names),
            "y": list(values),
            "text": [digits(value) for value in values] if labelled else [],
            "textposition": "outside",
            "cliponaxis": False,
            "textangle": 0,
            "marker": {"color": color},
            "hovertemplate": "%{x}: %{y:.3f}<extra>" + name + "</extra>",
        }
        for name, (values, color) in series.items()
    ]
    plot = figure(data, y_title, barmode="group", bargap=0.25, bargroupgap=0.06, showlegend=len(data) > 1)
    plot["layout"]["xaxis"] |= {"showgrid": False, "type": "category"}
    plot["layout"]["uniformtext"] = {"mode": "hide", "minsize": 8}
    return plot


def stacked_bars(rows: Mapping[str, Sequence[tuple[str, float]]], x_title: str) -> Plot:
    """One bar a row, lying. rows: name -> its parts and their sizes; parts of the same name have one colour."""
    parts = list(dict.fromkeys(part for row in rows.values() for part, _ in row))
    data: list[Plot] = []
    for number, part in enumerate(parts):
        sizes = [dict(row).get(part) for row in rows.values()]
        data.append(
            {
                "type": "bar",
                "orientation": "h",
                "name": part,
                "y": list(rows),
                "x": sizes,
                "marker": {"color": PALETTE[number % len(PALETTE)]},
                "hovertemplate": "%{y}: " + part + " %{x:,} bytes<extra></extra>",
            }
        )
    plot = figure(data, "", barmode="stack", bargap=0.35)
    plot["layout"]["legend"]["traceorder"] = "normal"
    plot["layout"]["xaxis"]["title"] = {"text": x_title}
    plot["layout"]["yaxis"] |= {"showgrid": False, "type": "category", "autorange": "reversed"}
    return plot


def agreement(names: Sequence[str], true: Sequence[float], answered: Sequence[float], unit: str) -> Plot:
    """A quantity of each night, true along and answered up, with the line where both agree."""
    points: Plot = {
        "type": "scatter",
        "mode": "markers",
        "x": list(true),
        "y": list(answered),
        "text": list(names),
        "marker": {"color": PRIMARY, "size": 9, "opacity": 0.75},
        "hovertemplate": "%{text}: true %{x:.2f}, answered %{y:.2f}<extra></extra>",
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
    plot = figure([points, line], f"answered, {unit}", showlegend=False)
    plot["layout"]["xaxis"]["title"] = {"text": f"true, {unit}"}
    return plot


def confusion(matrix: Sequence[Sequence[int]], names: Sequence[str], answered: str = "answered by the device") -> Plot:
    """Confusion matrix, rows true and columns predicted, coloured by the row's share. answered: the columns' title."""
    rows = [[cell / sum(row) if sum(row) else 0.0 for cell in row] for row in matrix]
    labels = [
        [f"<b>{share:.0%}</b><br>{cell:,}" for cell, share in zip(row, shares, strict=True)]
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
        "xgap": 3,
        "ygap": 3,
    }
    plot = figure([heat], "true", showlegend=False)
    plain = {"showgrid": False, "zeroline": False, "showline": False, "ticks": "", "type": "category"}
    plot["layout"]["yaxis"] |= {**plain, "autorange": "reversed"}
    plot["layout"]["xaxis"] |= {**plain, "title": {"text": answered}}
    return plot


def figure(data: list[Plot], y_title: str, **layout: Any) -> Plot:
    """A plot with the margins, legend and paper that all of them share."""
    return {
        "data": data,
        "layout": {
            "margin": {"l": 52, "r": 12, "t": 24, "b": 44},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
            "xaxis": {"automargin": True, "fixedrange": True},
            "yaxis": {"automargin": True, "fixedrange": True, "title": {"text": y_title, "standoff": 8}},
            **layout,
        },
    }


def digits(value: float | None) -> str:
    """A label of about three digits, '' where there is no value."""
    if value is None:
        return ""
    places = 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0
    return f"{value:,.{places}f}"
