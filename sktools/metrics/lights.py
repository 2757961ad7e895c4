"""Lights off and lights on as a user gives them: a clock time, with or without a date, or minutes since the start."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sktools.errors import UsageError
from sktools.metrics.sleep import Lights

FORMS = "23:05, 2024-03-01T23:05:00, or 12.5min after the recording began"
HALF_A_DAY = timedelta(hours=12)


@dataclass(frozen=True)
class LightsTimes:
    """off, on: as one of FORMS, None if not given. They hold for every night that is scored."""

    off: str | None = None
    on: str | None = None

    def __post_init__(self) -> None:
        for word in (self.off, self.on):
            if word is not None:
                _read(word)

    def of(self, subject: str, start: str) -> Lights:
        """The lights of one night, in seconds from its first epoch.

        start: ISO 8601 time of the first epoch, empty if it is not known. A clock time without a date is, for lights
        off, the one nearest to the start, and for lights on the first one after lights off.
        Raises UsageError if a clock time is given and the start is not known, or lights on is not after lights off.
        """
        off = None if self.off is None else _seconds(self.off, subject, start, None)
        on = None if self.on is None else _seconds(self.on, subject, start, off or 0.0)
        return Lights(off, on)


def _read(word: str) -> float | time | datetime:
    minutes = re.fullmatch(r"([+-]?\d+(?:\.\d+)?)\s*min", word.strip())
    if minutes:
        return 60 * float(minutes[1])
    for kind in (time, datetime) if ":" in word else ():
        try:
            found: time | datetime = kind.fromisoformat(word.strip())
        except ValueError:
            continue
        if found.tzinfo is None:
            return found
    raise UsageError(f"'{word}' is no time of lights off or on", FORMS)


def _seconds(word: str, subject: str, start: str, after: float | None) -> float:
    given = _read(word)
    if isinstance(given, float):
        return given
    if not start:
        raise UsageError(
            f"'{word}' is a clock time, and the recording of '{subject}' does not say when it began", "such as 12.5min"
        )
    begin = datetime.fromisoformat(start).replace(tzinfo=None)
    if isinstance(given, time):
        at = datetime.combine(begin.date(), given)
        if after is None:
            while at - begin > HALF_A_DAY:
                at -= 2 * HALF_A_DAY
            while begin - at > HALF_A_DAY:
                at += 2 * HALF_A_DAY
        else:
            while at <= begin + timedelta(seconds=after):
                at += 2 * HALF_A_DAY
        given = at
    return (given - begin).total_seconds()


NO_LIGHTS = LightsTimes()
"""The time in bed is what was scored, or the whole recording."""
