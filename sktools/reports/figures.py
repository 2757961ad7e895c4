"""How a figure reads: units, digits, and whether it was measured, predicted or estimated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sktools.profiling.profile import Profile

MEGA, KIBI = 1e6, 1024


@dataclass(frozen=True)
class Figure:
    """One headline figure. kind: measured, predicted, estimated or exact. note: what it means or rests on."""

    name: str
    value: str
    kind: str
    note: str = ""


def count(value: float | None) -> str:
    """A whole count with thousands separated, '-' where there is none."""
    return "-" if value is None else f"{value:,.0f}"


def decimal(value: float | None, digits: int = 2) -> str:
    """A number with a fixed number of digits, '-' where there is none."""
    return "-" if value is None else f"{value:,.{digits}f}"


def kibibytes(value: float | None) -> str:
    """Bytes as KiB with one digit."""
    return "-" if value is None else f"{value / KIBI:,.1f} KiB"


def percent(value: float | None, digits: int = 1) -> str:
    """A share of 0 to 1 as a percentage."""
    return "-" if value is None else f"{value * 100:.{digits}f} %"


def cycles_per_mac(cycles: float | None, macs: int) -> float | None:
    """Cycles a multiply-accumulate; None where either is missing or zero."""
    return cycles / macs if cycles and macs else None


def cycles_kind(profile: Profile) -> str:
    """Whether the cycles were counted on a chip or come from the cycle model."""
    return "measured" if profile.counter.kind == "dwt" else "predicted"


def at_clock(profile: Profile) -> str:
    """'at 192 MHz', '' on a board whose cycles are not told as time."""
    return "" if profile.clock_hz is None else f"at {profile.clock_hz / MEGA:g} MHz"


def headline(profile: Profile) -> tuple[Figure, ...]:
    """The figures at the top of a report, in the order of reading; those without a value are left out."""
    totals, memory = profile.totals, profile.memory
    found: list[Figure] = []
    if totals.latency_ms is not None and totals.latency_kind is not None:
        hours = f"{profile.frame_hours:g} h of sleep"
        found.append(
            Figure(
                "Latency a frame", f"{totals.latency_ms:.2f} ms", totals.latency_kind, f"{hours}, {at_clock(profile)}"
            )
        )
    if totals.ms_per_sleep_hour is not None and totals.latency_kind is not None:
        duty = totals.ms_per_sleep_hour / 3.6e6
        found.append(
            Figure(
                "Per hour of sleep",
                f"{totals.ms_per_sleep_hour:.2f} ms",
                totals.latency_kind,
                f"duty cycle {duty * 1e6:.2f} ppm",
            )
        )
    if totals.cycles is not None:
        ratio = cycles_per_mac(totals.cycles, totals.macs)
        note = f"{decimal(ratio)} cycles/MAC, {count(totals.macs)} MAC"
        found.append(Figure("Cycles a frame", count(totals.cycles), cycles_kind(profile), note))
    if totals.energy_uj_per_sleep_hour is not None and totals.energy_kind is not None:
        found.append(
            Figure(
                "Energy an hour of sleep",
                f"{totals.energy_uj_per_sleep_hour:,.0f} uJ",
                totals.energy_kind,
                totals.energy_note,
            )
        )
    found.append(Figure("Arena", kibibytes(memory.arena_bytes), "exact", "all RAM the kernels write, scratch included"))
    found.append(Figure("Flash", kibibytes(memory.flash_bytes), "exact", "the whole image that ran"))
    found.append(Figure("RAM", kibibytes(memory.ram_bytes), "exact", "the whole image that ran"))
    if profile.accuracy is not None:
        score = profile.accuracy
        where = f"{score['dataset']}, {subjects(score)}"
        found.append(Figure("Accuracy", percent(score["accuracy"]), "measured", f"device answers, {where}"))
        found.append(Figure("Kappa", decimal(score["kappa"], 3), "measured", f"device answers, {where}"))
    parity = profile.parity
    found.append(
        Figure(
            "Parity",
            "0 differ" if parity.mismatched == 0 else f"{parity.mismatched:,} differ",
            "measured",
            f"{parity.elements:,} elements of {parity.frames} frames against the reference kernels",
        )
    )
    return tuple(found)


def subjects(score: Mapping[str, Any]) -> str:
    """How many subjects a score is of, in words."""
    number = len(score["subjects"])
    return f"{number} subject" if number == 1 else f"{number} subjects"
