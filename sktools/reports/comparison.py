"""A comparison of two results for the terminal and as a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sktools.profiling.comparison import COSTS, SCORES, Comparison, Delta
from sktools.reports.figures import decimal
from sktools.reports.page import render_page
from sktools.reports.plots import PRIMARY, SECONDARY, Plot, bars

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text


LABELS: Mapping[str, str] = {
    "cycles": "Cycles a frame",
    "cycles_high": "Cycles per frame, at most",
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
MOST_LAYERS = 12
"""Layers that the terminal shows."""


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
    whole = delta.name.endswith("_bytes") or delta.name in ("cycles", "cycles_high", "instructions", "mismatched")
    return f"{value:,.0f}" if whole else f"{value:,.3f}"


def change(delta: Delta) -> str:
    """'-12.3 %' for costs, '+0.012' for scores."""
    if delta.change is None:
        return "-"
    if delta.name == "mismatched":
        return f"{delta.change:+,.0f}"
    if delta.name in SCORES:
        return f"{delta.change:+.3f}"
    return "-" if delta.ratio is None else f"{(delta.ratio - 1) * 100:+,.1f} %"


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


def moved_layers(comparison: Comparison) -> list[Delta]:
    """The layers whose cost changed, those that changed most first."""
    moved = [delta for delta in comparison.layers if cost_verdict(delta)]
    return sorted(moved, key=lambda delta: -abs(delta.change or 0.0))


def cost_verdict(delta: Delta) -> str:
    """'good' or 'bad' for a block or layer that became cheaper or dearer, '' for neither."""
    if not delta.change or abs(delta.change) <= STEADY * abs(delta.before or 0.0):
        return ""
    return "good" if delta.change < 0 else "bad"


def comparison_tables(comparison: Comparison) -> tuple[Table, ...]:
    """Figures, milliseconds an hour of sleep by block, and the layers that moved most, for a terminal."""
    from rich.table import Table

    def table(name: str, *columns: str) -> Table:
        made = Table()
        made.add_column(name)
        for column in (*columns, "before", "after", "change"):
            made.add_column(column, justify="left" if column in columns else "right")
        return made

    figures = table("figure", "kind")
    for delta in comparison.figures:
        if delta.before is not None or delta.after is not None:
            values = number(delta, delta.before), number(delta, delta.after), _colored(change(delta), verdict(delta))
            figures.add_row(delta.name, kind(comparison, delta), *values)
    blocks = table("block, ms/sleep hour")
    for delta in comparison.blocks:
        blocks.add_row(delta.name, *_cost_cells(delta, 3))
    moved = moved_layers(comparison)
    if not moved:
        return figures, blocks
    more = f" ({MOST_LAYERS} of {len(moved)} that changed; --html and --json hold all)"
    layers = table(f"layer, {comparison.layer_unit}")
    layers.caption = f"the layers that changed most{more}" if len(moved) > MOST_LAYERS else None
    for delta in moved[:MOST_LAYERS]:
        layers.add_row(delta.name, *_cost_cells(delta, 0 if comparison.layer_unit == "cycles" else 1))
    return figures, blocks, layers


def _cost_cells(delta: Delta, digits: int) -> tuple[str, str, Text]:
    return decimal(delta.before, digits), decimal(delta.after, digits), _colored(change(delta), cost_verdict(delta))


def _colored(text: str, verdict: str) -> Text:
    from rich.text import Text

    return Text(text, style={"good": "green", "bad": "red"}.get(verdict, ""))


def comparison_page(comparison: Comparison, broken: tuple[str, ...] = (), limits: int = 0) -> str:
    """The HTML of a comparison. broken: the limits that are not met, of `limits` that were asked for."""
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
        limits=limits,
        cards=[delta for delta in comparison.figures if delta.name in HEADLINE and delta.after is not None],
        labels=LABELS,
        number=number,
        change=change,
        verdict=verdict,
        cost_verdict=cost_verdict,
        kind=kind,
    )


def _series(identity: Mapping[str, str], side: str) -> str:
    return f"{side} ({identity['latency_kind']})" if identity["latency_kind"] else side
