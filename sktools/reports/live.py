"""Live answers on the terminal: one line per delay, and how a decision came about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.table import Table


def live_table(score: Mapping[str, Any]) -> Table:
    """Kappa, accuracy and recall of each class by delay. score: an `accuracy` object with `live`."""
    from rich.table import Table

    table = Table(title="live: read so many minutes after the epoch's end")
    for name in ("delay", "kappa", "accuracy", *(f"{name} recall" for name in score["per_class"])):
        table.add_column(name, justify="right")
    recommended = score["decision"]["delay_minutes"]
    for row in score["live"]:
        mark = " (recommended)" if row["delay_minutes"] == recommended else ""
        table.add_row(
            f"{row['delay_minutes']:g} min{mark}",
            f"{row['kappa']:.3f}",
            f"{row['accuracy'] * 100:.1f} %",
            *(f"{scores['recall']:.2f}" for scores in row["per_class"].values()),
        )
    return table


def decision_lines(decision: Mapping[str, Any]) -> Iterator[str]:
    """How the scored answers came about."""
    if "delay_minutes" in decision:
        reason = f": {decision['delay_reason']}" if decision["delay_reason"] else ""
        yield f"scored live, {decision['delay_minutes']:g} minutes after each epoch's end{reason}"
    if decision["clock"]:
        yield "the model's stage prior is added to its output (--no-clock leaves it out)"
    if "ece" in decision:
        yield f"expected calibration error {decision['ece']:.3f} at temperature {decision['temperature']:g}"
