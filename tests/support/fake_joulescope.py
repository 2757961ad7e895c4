"""A stand-in for the package joulescope 1.x and its instrument, with a recording whose energy is known."""

from __future__ import annotations

import types
from typing import Any

import numpy as np

from sktools.profiling.power import RECORD_S, PowerTrace

RATE = 1e6
MICROJOULES = 10e3 * RECORD_S / 5
"""Of the one inference that the instrument sees: 10 mW over a fifth of the recording."""


def recording(marks: str, samples: int = 100, active: float = 5e-3, idle: float = 1e-3) -> PowerTrace:
    """Each letter of `marks` is `samples` samples: 'I' marked at `active` ampere, '.' idle; 2 V throughout."""
    marked = np.repeat([mark == "I" for mark in marks], samples)
    current = np.where(marked, active, idle)
    return PowerTrace(current, np.full(len(current), 2.0), marked, RATE)


def fake_package(found: list[Any]) -> types.ModuleType:
    module = types.ModuleType("joulescope")

    def scan_require_one(config: str) -> Any:
        if len(found) != 1:
            raise RuntimeError(f"Require one Joulescope, found {len(found)}")
        return found[0]

    module.scan_require_one = scan_require_one  # type: ignore[attr-defined]
    return module


class Instrument:
    """Answers as joulescope 1.x does."""

    def __init__(self) -> None:
        self.parameters: dict[str, str] = {}

    def __enter__(self) -> Instrument:
        return self

    def __exit__(self, *error: object) -> None:
        return

    def parameter_set(self, name: str, value: str) -> None:
        self.parameters[name] = value

    def read(self, contiguous_duration: float, out_format: str, fields: list[str]) -> dict[str, Any]:
        assert (out_format, fields) == ("samples_get", ["current", "voltage", "current_lsb"])
        made = recording("..I..", samples=200_000)
        values = {"current": made.current, "voltage": made.voltage, "current_lsb": made.marked.astype(np.uint8)}
        return {"signals": {name: {"value": values[name]} for name in fields}}
