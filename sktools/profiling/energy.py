"""Energy of an inference where nothing measured it: latency times the published power of the board."""

from __future__ import annotations

ACTIVE_MILLIWATTS = 9.8
"""Mean of 10.7, 9.5, 9.5 and 9.6 mW: the sleepKIT results of the Apollo4 Plus at 192 MHz, published energy an hour of
sleep (705, 710, 1230, 1650 uJ) over published time an hour of sleep (66, 75, 129, 172 ms)."""

NOTE = "latency \N{MULTIPLICATION SIGN} 9.8 mW, the power published for the Apollo4 Plus"


PUBLISHED_AT_HZ = 192e6
_CLOCK_TOLERANCE = 0.05


def known_at(clock_hz: float) -> bool:
    """Whether the power was published at this clock."""
    return abs(clock_hz - PUBLISHED_AT_HZ) <= _CLOCK_TOLERANCE * PUBLISHED_AT_HZ


def estimated_microjoules(milliseconds: float) -> float:
    """Energy in uJ of `milliseconds` of active time."""
    return milliseconds * ACTIVE_MILLIWATTS
