"""How a figure reads: units, digits, and whether it was measured, predicted or estimated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sktools.profiling.profile import Profile

MEGA, KIBI = 1e6, 1024
MILLISECONDS_PER_HOUR = 3.6e6
NAMED_SUBJECTS = 12
"""More subjects than this are counted, not named."""


@dataclass(frozen=True)
class Figure:
    """One headline figure. kind: measured, predicted or estimated. note: what it means or rests on."""

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


def duration(hours: float) -> str:
    """'2 h', or minutes where it is no whole number of hours."""
    return f"{hours:g} h" if hours == int(hours) else f"{hours * 60:.4g} min"


def at_clock(profile: Profile) -> str:
    """'at 192 MHz', '' on a board whose cycles are not told as time."""
    return "" if profile.clock_hz is None else f"at {profile.clock_hz / MEGA:g} MHz"


def error_bar(profile: Profile) -> str:
    """'-9 to +5 %; ' in front of what is said of a predicted figure, '' for a measured one."""
    known = profile.calibration
    return f"{known.bar}; " if known is not None and known.bar else ""


def headline(profile: Profile) -> tuple[Figure, ...]:
    """The figures at the top of a report, in the order of reading; those without a value are left out."""
    return (*_speed(profile), *_memory(profile), *_answers(profile))


def _speed(profile: Profile) -> list[Figure]:
    totals = profile.totals
    found: list[Figure] = []
    if totals.latency_ms is not None and totals.latency_kind is not None:
        note = f"{error_bar(profile)}{duration(profile.frame_hours)} of sleep, {at_clock(profile)}"
        found.append(Figure("Latency a frame", f"{totals.latency_ms:.2f} ms", totals.latency_kind, note))
    if totals.ms_per_sleep_hour is not None and totals.latency_kind is not None:
        duty = totals.ms_per_sleep_hour / MILLISECONDS_PER_HOUR
        found += [
            Figure(
                "Per hour of sleep",
                f"{totals.ms_per_sleep_hour:.2f} ms",
                totals.latency_kind,
                f"{error_bar(profile)}{at_clock(profile)}",
            ),
            Figure(
                "Duty cycle",
                f"{duty * MEGA:.2f} ppm",
                totals.latency_kind,
                f"{error_bar(profile)}share of the time that it computes",
            ),
        ]
    if totals.cycles is not None:
        ratio = cycles_per_mac(totals.cycles, totals.macs)
        note = f"{decimal(ratio)} cycles/MAC, {count(totals.macs)} MAC"
        if totals.cycles_high is not None:
            note = f"at most {count(totals.cycles_high)}; {note}"
        found.append(Figure("Cycles a frame", count(totals.cycles), cycles_kind(profile), note))
    if totals.energy_uj_per_sleep_hour is not None and totals.energy_kind is not None:
        value = f"{totals.energy_uj_per_sleep_hour:,.0f} µJ"
        found.append(Figure("Energy an hour of sleep", value, totals.energy_kind, totals.energy_note))
    return found


def _memory(profile: Profile) -> list[Figure]:
    memory = profile.memory
    return [
        Figure("Arena", kibibytes(memory.arena_bytes), "measured", "all RAM the kernels write, scratch included"),
        Figure("Flash", kibibytes(memory.flash_bytes), "measured", "the whole image that ran"),
        Figure("RAM", kibibytes(memory.ram_bytes), "measured", "the whole image that ran"),
    ]


def _answers(profile: Profile) -> list[Figure]:
    found = []
    score = profile.accuracy
    if score is not None:
        kind = " (generated)" if score.get("synthetic") else ""
        where = f"device answers, {score['dataset']}{kind}, {subjects(score)}"
        found += [
            Figure("Accuracy", percent(score["accuracy"]), "measured", where),
            Figure("Weighted F1", percent(score["f1"]), "measured", where),
            Figure("Kappa", decimal(score["kappa"], 3), "measured", where),
        ]
    parity = profile.parity
    value = "exact" if parity.mismatched == 0 else f"{parity.mismatched:,} differ"
    note = f"{parity.elements:,} bytes of {parity.frames} frames against the reference kernels"
    return [*found, Figure("Parity", value, "measured", note)]


def subjects(score: Mapping[str, Any]) -> str:
    """How many subjects a score is of, in words."""
    number = len(score["subjects"])
    return f"{number} subject" if number == 1 else f"{number} subjects"


def subjects_told(score: Mapping[str, Any]) -> str:
    """Who was scored and who was not, in sentences; what a score does not tell is left out."""
    ids = [str(subject) for subject in score["subjects"]]
    more = f" and {len(ids) - NAMED_SUBJECTS} more" if len(ids) > NAMED_SUBJECTS else ""
    told = [f"{subjects(score).capitalize()}: {', '.join(ids[:NAMED_SUBJECTS])}{more}."]
    trained = score.get("training_included") or []
    if trained:
        told.append(f"The model was trained on {len(trained)} of them.")
    if score.get("left_out"):
        told.append(f"{score['left_out']} that the model was trained on are left out.")
    if score.get("skipped"):
        told.append(f"{len(score['skipped'])} whose files are bad are skipped.")
    return " ".join(told)
