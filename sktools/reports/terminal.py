"""Tables for the terminal, made with rich."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sktools.profiling.profile import Profile
from sktools.reports.figures import at_clock, count, cycles_per_mac, decimal, headline, percent

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

BAR_WIDTH = 12


def block_table(profile: Profile) -> Table:
    """One row a block: MACs, cycles, cycles/MAC, ms, ms an hour of sleep, share, parity; totals at the end."""
    from rich.table import Table

    kind = profile.totals.latency_kind
    table = Table()
    table.add_column("block")
    for name in ("MACs", "cycles", "cycles/MAC", f"ms ({kind})" if kind else "ms", "ms/sleep hour"):
        table.add_column(name, justify="right")
    table.add_column("share")
    table.add_column("parity", justify="right")
    for block in profile.blocks:
        table.add_row(
            block.name,
            count(block.macs),
            count(block.cycles),
            decimal(cycles_per_mac(block.cycles, block.macs)),
            decimal(block.latency_ms, 3),
            decimal(block.ms_per_sleep_hour, 3),
            _bar(block.share),
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
    """Accuracy of the device's answers beside the host's, None where nothing was scored."""
    from rich.table import Table

    score = profile.accuracy
    if score is None:
        return None
    table = Table()
    table.add_column("answers of")
    names = list(score["per_class"])
    for column in ("accuracy", "F1", "kappa", "avg. precision", *(f"recall {name}" for name in names)):
        table.add_column(column, justify="right")
    for who, row in (("device", score), ("host", score["host"])):
        table.add_row(
            who,
            percent(row["accuracy"]),
            percent(row["f1"]),
            decimal(row["kappa"], 3),
            percent(row["average_precision"]),
            *(percent(row["per_class"].get(name, {}).get("recall")) for name in names),
        )
    return table


def headline_lines(profile: Profile) -> str:
    """The headline figures, one a line, each with its kind."""
    found = headline(profile)
    names = max(len(figure.name) for figure in found)
    values = max(len(figure.value) for figure in found)
    return "\n".join(
        f"{figure.name:<{names}}  {figure.value:>{values}}  {figure.kind}" + (f": {figure.note}" if figure.note else "")
        for figure in found
    )


def terminal_report(profile: Profile) -> tuple[RenderableType, ...]:
    """What `sktools run` and `sktools report` show: blocks, headline, accuracy, notes."""
    from rich.text import Text

    parts: list[RenderableType] = [Text(_title(profile), style="bold"), block_table(profile)]
    parts.append(Text(headline_lines(profile)))
    scored = score_table(profile)
    if scored is not None and profile.accuracy is not None:
        where = f"accuracy on {profile.accuracy['dataset']}, {profile.accuracy['frames']} frames"
        parts += [Text(f"\n{where}", style="bold"), scored]
    parts.extend(Text(f"note: {note}") for note in profile.notes)
    return tuple(parts)


def _title(profile: Profile) -> str:
    kind = profile.totals.latency_kind or "not counted"
    return (
        f"{profile.model} on {profile.board} ({profile.engine}, {profile.optimize}): {profile.frame_hours:g} h frame, "
        f"latency {kind} {at_clock(profile)}".rstrip()
    )


def _bar(share: float | None) -> str:
    if share is None:
        return "-"
    return f"{percent(share):>6} " + "█" * round(share * BAR_WIDTH)


def _parity(elements: int, mismatched: int, largest: int) -> str:
    if elements == 0:
        return "-"
    return "exact" if mismatched == 0 else f"{mismatched:,} differ (max {largest})"
