"""Sleep statistics as tables: bias and limits over nights, and the nights one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sktools.metrics.sleep import READ_FIRST
from sktools.reports.figures import decimal

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

LABELS: Mapping[str, str] = {
    "TIB": "time in bed, min",
    "SPT": "sleep period, min",
    "TST": "total sleep time, min",
    "WASO": "wake after sleep onset, min",
    "SE": "sleep efficiency, %",
    "SME": "sleep maintenance efficiency, %",
    "SFI": "awakenings per hour of sleep",
    "SOL": "sleep onset latency, min",
    "SOL_5min": "latency to 5 min of sleep, min",
    "Lat_REM": "first REM after lights off, min",
    "REM_latency": "REM latency (AASM), min",
}
"""What a statistic is; stages are minutes, and with % before the name shares of TST."""

NIGHTS_SHOWN = 40
"""On a terminal; the bundle and --json hold all."""


def label(name: str) -> str:
    """A statistic's name with what it is."""
    if name.startswith("%"):
        return f"{name}: % of TST"
    return f"{name}: {LABELS.get(name, 'min')}"


def sleep_tables(nights: Sequence[Mapping[str, Any]], agreement: Mapping[str, Any]) -> list[RenderableType]:
    """For the terminal: bias and limits, then the nights.

    nights: each with subject, true (None without labels) and predicted. agreement: as sleep_agreement returns it.
    """
    from rich.text import Text

    parts: list[RenderableType] = []
    if agreement:
        parts += [Text("\nsleep statistics, predicted less true", style="bold"), agreement_table(agreement)]
    if nights:
        true = any(night["true"] for night in nights)
        title = "true / predicted" if true else "predicted; the nights have no labels"
        parts += [Text(f"\nsleep statistics by night, {title}", style="bold"), nights_table(nights[:NIGHTS_SHOWN])]
        if len(nights) > NIGHTS_SHOWN:
            parts.append(Text(f"{len(nights) - NIGHTS_SHOWN} more nights are in --json and in the result bundle"))
    return parts


def agreement_table(agreement: Mapping[str, Any]) -> Table:
    """One row per statistic: mean of both sides, bias, 95 % limits, nights."""
    from rich.table import Table

    table = Table()
    table.add_column("statistic")
    for column in ("true", "pre-\ndicted", "bias", "95 % limits", "nights"):
        table.add_column(column, justify="right")
    for name, row in agreement.items():
        figures = (decimal(row.get(key), 1) for key in ("true", "predicted", "bias"))
        table.add_row(label(name), *figures, limits(row), str(row["subjects"]))
    return table


def limits(row: Mapping[str, Any]) -> str:
    """'-12.0 to 30.5', '-' for fewer than two nights."""
    if row.get("lower") is None:
        return "-"
    return f"{decimal(row['lower'], 1)} to {decimal(row['upper'], 1)}"


def nights_table(nights: Sequence[Mapping[str, Any]]) -> Table:
    """One row per night: the statistics that are read first."""
    from rich.table import Table

    shown = [name for name in READ_FIRST if name in nights[0]["predicted"]]
    table = Table()
    table.add_column("night")
    for name in shown:
        table.add_column(f"{name}\n{'%' if name == 'SE' else 'min'}", justify="right")
    for night in nights:
        table.add_row(str(night["subject"]), *(_both(night, name) for name in shown))
    return table


def _both(night: Mapping[str, Any], name: str) -> str:
    predicted = decimal(night["predicted"].get(name), 1)
    return predicted if night["true"] is None else f"{decimal(night['true'].get(name), 1)} / {predicted}"
