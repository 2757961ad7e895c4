"""Tables of what a stager did on its board: cost by part, kappa by delay, agreement with the host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sktools.profiling.profile import Profile
from sktools.reports.figures import count, decimal

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table


def stager_tables(profile: Profile) -> list[RenderableType]:
    """Everything that the terminal shows of a replay; the profile has a `stager`."""
    from rich.text import Text

    stager: dict[str, Any] = dict(profile.stager or {})
    against = stager["against_host"]
    close = min(against["features_close"].values(), default=1.0)
    parts: list[RenderableType] = [
        Text(
            f"\nstager: {stager['state_bytes']:,} bytes of RAM, answers {stager['delay_minutes']:g} min late",
            style="bold",
        )
    ]
    if stager["parts"]:
        parts += [_part_table(stager), Text()]
    if profile.live:
        parts += [_delay_table(profile), Text()]
    if stager["what_if"]:
        parts += [_what_if_table(stager), Text()]
    differ = f"{against['bytes_different']:,} of {against['bytes']:,} bytes of the network"
    parts += [
        Text(f"against the host, {stager['epochs']:,} epochs: {differ} differ"),
        Text(f"the same stage on {against['stages_same']:.2%}"),
        Text(f"each feature within 0.02 of its spread on {close:.2%} or more"),
        Text(f"{against['masks_different']:,} masks and {against['rows_different']:,} int8 features differ"),
    ]
    if stager["refused_samples"]:
        parts.append(
            Text(f"{stager['refused_samples']:,} samples were refused by the stager (late, early or not plausible)")
        )
    if profile.accuracy is not None and profile.accuracy.get("unanswered"):
        parts.append(
            Text(f"{profile.accuracy['unanswered']:,} epochs off the wrist have no answer; they are scored as wake")
        )
    return parts


def _part_table(stager: dict[str, Any]) -> Table:
    from rich.table import Table

    table = Table()
    table.add_column("part")
    for name in ("cycles/\nepoch", "most"):
        table.add_column(name, justify="right")
    for part in stager["parts"]:
        table.add_row(part["name"], count(part["cycles"]), count(part["cycles_max"]))
    table.add_section()
    for hour in stager["per_sleep_hour"]:
        cost = f"{decimal(hour['ms'], 2)} ms" if hour["ms"] is not None else ""
        energy = f", {decimal(hour['energy_uj'], 0)} uJ" if hour["energy_uj"] is not None else ""
        table.add_row(
            f"per hour of sleep, an answer every {hour['answer_every_minutes']:g} min",
            count(hour["cycles"]),
            cost + energy,
        )
    return table


def _delay_table(profile: Profile) -> Table:
    from rich.table import Table

    rows = list(profile.live or ())
    table = Table()
    table.add_column("delay\nmin", justify="right")
    table.add_column("kappa", justify="right")
    table.add_column("accuracy\n%", justify="right")
    for name in rows[0]["per_class"]:
        table.add_column(f"recall\n{name} %", justify="right")
    for row in rows:
        recalls = [decimal(100 * score["recall"], 1) for score in row["per_class"].values()]
        table.add_row(
            f"{row['delay_minutes']:g}", decimal(row["kappa"], 3), decimal(100 * row["accuracy"], 1), *recalls
        )
    return table


def _what_if_table(stager: dict[str, Any]) -> Table:
    from rich.table import Table

    table = Table()
    table.add_column("the same nights, on the host")
    table.add_column("kappa", justify="right")
    table.add_column("epochs", justify="right")
    for row in stager["what_if"]:
        table.add_row(row["name"], decimal(row["kappa"], 3), f"{row['epochs']:,}")
    return table
