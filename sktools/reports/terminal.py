"""Tables for the terminal, made with rich."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sktools.metrics.yardsticks import first_words
from sktools.profiling.profile import Profile
from sktools.reports.figures import at_clock, count, cycles_per_mac, decimal, duration, headline, percent
from sktools.reports.live_tables import stager_tables
from sktools.reports.sleep import sleep_tables
from sktools.reports.yardsticks import yardstick_notes, yardstick_rows

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

BAR_WIDTH = 4
"""Of the block that takes longest."""


def block_table(profile: Profile) -> Table:
    """One row a block: MACs, cycles, cycles/MAC, ms, ms an hour of sleep, share, parity; totals at the end."""
    from rich.table import Table

    kind = profile.totals.latency_kind
    table = Table()
    table.add_column("block")
    for name in ("MACs", "cycles", "cycles/\nMAC", f"ms\n{kind}" if kind else "ms", "ms/sleep\nhour"):
        table.add_column(name, justify="right")
    table.add_column("share")
    table.add_column("parity", justify="right")
    longest = max((block.share or 0.0 for block in profile.blocks), default=0.0)
    for block in profile.blocks:
        table.add_row(
            block.name,
            count(block.macs),
            count(block.cycles),
            decimal(cycles_per_mac(block.cycles, block.macs)),
            decimal(block.latency_ms, 3),
            decimal(block.ms_per_sleep_hour, 3),
            _bar(block.share, longest),
            _parity(block.parity.elements, block.parity.mismatched, block.parity.max_abs_diff),
        )
    totals = profile.totals
    table.add_section()
    table.add_row(
        "total",
        count(totals.macs),
        count(totals.cycles),
        decimal(cycles_per_mac(totals.cycles, totals.macs)),
        decimal(totals.latency_ms, 3),
        decimal(totals.ms_per_sleep_hour, 3),
        "100 %" if totals.cycles else "-",
        _parity(profile.parity.elements, profile.parity.mismatched, profile.parity.max_abs_diff),
        style="bold",
    )
    return table


def score_table(profile: Profile) -> Table | None:
    """Accuracy of the device's answers, the host's, and the yardsticks; None if nothing was scored."""
    from rich.table import Table

    score = profile.accuracy
    if score is None:
        return None
    table = Table()
    table.add_column("answers\nof")
    names = list(score["per_class"])
    for column in ("accuracy\n%", "F1\n%", "kappa", "avg.\nprec. %", *(f"recall\n{name} %" for name in names)):
        table.add_column(column, justify="right")
    for who, row in (("device", score), ("host", score["host"]), *yardstick_rows(score)):
        table.add_row(
            who,
            _hundredths(row["accuracy"]),
            _hundredths(row["f1"]),
            decimal(row["kappa"], 3),
            _hundredths(row.get("average_precision")),
            *(_hundredths(row["per_class"].get(name, {}).get("recall")) for name in names),
        )
    return table


def yardstick_table(model: str, score: Mapping[str, Any]) -> Table:
    """A model beside its yardsticks, one a row: accuracy, F1, kappa and recall per class."""
    from rich.table import Table

    table = Table()
    table.add_column("answers of")
    names = list(score["per_class"])
    for column in ("accuracy\n%", "F1\n%", "kappa", *(f"recall\n{name} %" for name in names)):
        table.add_column(column, justify="right")
    for who, row in ((model, score), *yardstick_rows(score)):
        recalls = (_hundredths(row["per_class"].get(name, {}).get("recall")) for name in names)
        table.add_row(who, _hundredths(row["accuracy"]), _hundredths(row["f1"]), decimal(row["kappa"], 3), *recalls)
    return table


def headline_table(profile: Profile) -> Table:
    """The headline figures, one a line, each with its kind and what it means."""
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    table.add_column()
    table.add_column(justify="right")
    for figure in headline(profile):
        table.add_row(figure.name, figure.value, figure.kind, figure.note)
    return table


def terminal_report(profile: Profile, metrics: Mapping[str, Any] | None = None) -> tuple[RenderableType, ...]:
    """What `sktools run` and `sktools report` show: blocks, headline, accuracy, sleep statistics, notes.

    metrics: the bundle's metrics.json, which has the sleep statistics.
    """
    from rich.text import Text

    parts: list[RenderableType] = [Text(_title(profile), style="bold"), block_table(profile)]
    parts += [Text(), headline_table(profile)]
    scored = score_table(profile)
    if scored is not None and profile.accuracy is not None:
        frames = profile.accuracy["frames"]
        where = f"accuracy on {profile.accuracy['dataset']}, {frames} frame{'s' * (frames != 1)}"
        warned = first_words(profile.model, profile.accuracy)
        parts += [Text(f"\n{where}", style="bold"), *([Text(warned)] if warned else []), scored]
        parts += [Text(note) for note in yardstick_notes(profile.accuracy)]
    sleep = (metrics or {}).get("sleep")
    if sleep:
        parts += sleep_tables(sleep["nights"], sleep["agreement"])
    if profile.totals.cycles is None and profile.counter.note:
        parts.append(Text(f"note: no cycles: {profile.counter.note}"))
    if profile.stager is not None:
        parts += stager_tables(profile)
    parts.extend(Text(f"note: {note}") for note in profile.notes)
    return tuple(parts)


def _title(profile: Profile) -> str:
    kind = profile.totals.latency_kind or "not counted"
    where = f"{profile.model} on {profile.board} ({profile.engine}, {profile.optimize})"
    bar = f" ({profile.calibration.bar})" if profile.calibration is not None and profile.calibration.bar else ""
    return f"{where}: {duration(profile.frame_hours)} frame, latency {kind}{bar} {at_clock(profile)}".rstrip()


def _bar(share: float | None, longest: float) -> str:
    if share is None:
        return "-"
    return f"{percent(share):>6} " + "█" * round(share / (longest or 1.0) * BAR_WIDTH)


def _hundredths(share: float | None) -> str:
    return decimal(None if share is None else 100 * share, 1)


def _parity(elements: int, mismatched: int, largest: int) -> str:
    if elements == 0:
        return "-"
    return "exact" if mismatched == 0 else f"{mismatched:,} differ (max {largest})"
