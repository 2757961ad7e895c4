"""A comparison of two results for the terminal and as a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sktools.profiling.comparison import SCORES, Comparison, Delta
from sktools.reports.page import render_page
from sktools.reports.plots import PRIMARY, SECONDARY, Plot, bars

if TYPE_CHECKING:
    from rich.table import Table


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
                "before": ([delta.before for delta in comparison.blocks], SECONDARY),
                "after": ([delta.after for delta in comparison.blocks], PRIMARY),
            },
            "ms per hour of sleep",
        )
    return render_page(
        "comparison.html.jinja",
        plots,
        title=title(comparison),
        comparison=comparison,
        broken=broken,
        number=number,
        change=change,
    )
