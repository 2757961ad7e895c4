"""A comparison of two results for the terminal and as a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sktools.profiling.comparison import COSTS, SCORES, Comparison, Delta
from sktools.reports.page import render_page
from sktools.reports.plots import PRIMARY, SECONDARY, Plot, bars

if TYPE_CHECKING:
    from rich.table import Table


LABELS: Mapping[str, str] = {
    "cycles": "Cycles a frame",
    "instructions": "Instructions a frame",
    "latency_ms": "Latency a frame, ms",
    "ms_per_sleep_hour": "Per hour of sleep, ms",
    "energy_uj_per_sleep_hour": "Energy an hour of sleep, µJ",
    "arena_bytes": "Arena, bytes",
    "flash_bytes": "Flash, bytes",
    "ram_bytes": "RAM, bytes",
    "model_bytes": "Weights and tables, bytes",
    "stack_bytes": "Stack, bytes",
    "mismatched": "Bytes that differ from the reference",
    "accuracy": "Accuracy",
    "f1": "Weighted F1",
    "kappa": "Kappa",
    "average_precision": "Average precision",
}
HEADLINE = ("ms_per_sleep_hour", "arena_bytes", "flash_bytes", "accuracy")
TIMES = ("latency_ms", "ms_per_sleep_hour")
STEADY = 0.0005
"""Costs that move by a smaller share, and scores by a smaller difference, count as unchanged."""


def title(comparison: Comparison) -> str:
    """Which two results these are, in one line."""

    def name(side: str) -> str:
        identity = getattr(comparison, side)
        where = f"{identity['board']}, {identity['engine']}, {identity['optimize']}"
        return f"{identity['model']} ({where}, {identity['created']})"

    return f"{name('before')} -> {name('after')}"


def number(delta: Delta, value: float | None) -> str:
    """A value with the digits that its figure deserves."""
    if value is None:
        return "-"
    whole = delta.name.endswith("_bytes") or delta.name in ("cycles", "instructions", "mismatched")
    return f"{value:,.0f}" if whole else f"{value:,.3f}"


def change(delta: Delta) -> str:
    """'-12.3 %' for costs, '+0.012' for scores."""
    if delta.change is None:
        return "-"
    if delta.name == "mismatched":
        return f"{delta.change:+,.0f}"
    if delta.name in SCORES:
        return f"{delta.change:+.3f}"
    return "-" if delta.ratio is None else f"{(delta.ratio - 1) * 100:+.1f} %"


def verdict(delta: Delta) -> str:
    """'good' or 'bad' for a change worth a colour, '' for none."""
    if delta.change is None:
        return ""
    moved = delta.change if delta.name in SCORES else -delta.change
    scale = (delta.before or 1.0) if delta.name in COSTS else 1.0
    if abs(moved) <= STEADY * abs(scale):
        return ""
    return "good" if moved > 0 else "bad"


def kind(comparison: Comparison, delta: Delta) -> str:
    """Whether a figure is measured, predicted or estimated; both where the two results differ in it."""

    def of(identity: Mapping[str, str]) -> str:
        if delta.name in TIMES:
            return identity["latency_kind"]
        if delta.name.startswith("energy"):
            return identity["energy_kind"]
        if delta.name == "cycles":
            return "measured" if identity["counter"] == "dwt" else "predicted"
        return "measured"

    return ", then ".join(dict.fromkeys(name for name in (of(comparison.before), of(comparison.after)) if name))


def comparison_tables(comparison: Comparison) -> tuple[Table, Table]:
    """Figures, and milliseconds an hour of sleep by block."""
    return (
        _table("figure", comparison.figures),
        _table("block, ms/sleep hour", comparison.blocks),
    )


def _table(name: str, deltas: tuple[Delta, ...]) -> Table:
    from rich.table import Table

    table = Table()
    table.add_column(name)
    for column in ("before", "after", "change"):
        table.add_column(column, justify="right")
    for delta in deltas:
        if delta.before is not None or delta.after is not None:
            table.add_row(delta.name, number(delta, delta.before), number(delta, delta.after), change(delta))
    return table


def comparison_page(comparison: Comparison, broken: tuple[str, ...] = ()) -> str:
    """The HTML of a comparison. broken: the limits that are not met."""
    plots: dict[str, Plot] = {}
    if any(delta.before is not None or delta.after is not None for delta in comparison.blocks):
        names = [delta.name for delta in comparison.blocks]
        plots["blocks"] = bars(
            names,
            {
                _series(comparison.before, "before"): ([delta.before for delta in comparison.blocks], SECONDARY),
                _series(comparison.after, "after"): ([delta.after for delta in comparison.blocks], PRIMARY),
            },
            "ms per hour of sleep",
        )
    return render_page(
        "comparison.html.jinja",
        plots,
        title=title(comparison),
        comparison=comparison,
        broken=broken,
        cards=[delta for delta in comparison.figures if delta.name in HEADLINE and delta.after is not None],
        labels=LABELS,
        number=number,
        change=change,
        verdict=verdict,
        kind=kind,
    )


def _series(identity: Mapping[str, str], side: str) -> str:
    return f"{side} ({identity['latency_kind']})" if identity["latency_kind"] else side
