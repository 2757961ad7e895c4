"""Figures published by others, shown beside ours and always labelled as theirs."""

from __future__ import annotations

from collections.abc import Mapping

SOURCE = "sleepKIT sleep stage page: Apollo4 Plus, interpreter runtime, 192 MHz"

BLOCK_MS_PER_SLEEP_HOUR: Mapping[str, Mapping[str, float]] = {
    "ss-4-tcn-sm": {
        "ENC": 1.261,
        "B1.1": 5.2495,
        "B1.2": 7.7745,
        "B2.1": 10.9245,
        "B2.2": 14.001,
        "B3.1": 15.0465,
        "B4.1": 23.0735,
        "DEC": 3.0385,
    }
}
"""Model -> block -> milliseconds an hour of sleep, measured."""
