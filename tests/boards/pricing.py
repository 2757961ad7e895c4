"""What the cycle model asks for a recording: counts of what a program executed, by class of instruction and by pair.

The costs come from firmware/cycle_model/thumb2_cost.c itself, compiled for this machine.
"""

from __future__ import annotations

import ctypes
import json
import statistics
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sktools.build.shipped import firmware_path

REFILL, REFILL_DIRECT = 2, 1
MISALIGNED = 0.05
"""Share of wide instructions at 2 mod 4 from which a function counts as misaligned."""

FUNCTIONS = Path(__file__).with_name("published_functions.json")


class Cost(ctypes.Structure):
    """sk_cost_t."""

    _fields_ = (
        *(("cycles", ctypes.c_uint8), ("single_load", ctypes.c_bool), ("single_access", ctypes.c_bool)),
        *(("slow_store", ctypes.c_bool), ("load", ctypes.c_bool), ("direct_branch", ctypes.c_bool)),
        *(("loaded", ctypes.c_uint16), ("addressed", ctypes.c_uint16)),
    )


def cost_table(folder: Path) -> Callable[[int], int]:
    """Encoding (first halfword << 16 | second) -> cycles of the instruction alone. folder: for the compiled table."""
    library = folder / "cost.so"
    source = firmware_path("cycle_model", "thumb2_cost.c")
    subprocess.run(["cc", "-std=c99", "-fPIC", "-shared", "-o", library, source], check=True)
    cost_of = ctypes.CDLL(str(library)).sk_thumb2_cost
    cost_of.restype, cost_of.argtypes = Cost, (ctypes.c_uint16, ctypes.c_uint16)
    return lambda encoding: int(cost_of(encoding >> 16, encoding & 0xFFFF).cycles)


@dataclass(frozen=True)
class Priced:
    """A published function. source: letter of the file's sources. published: cycles on a board.

    cycles: of the model, with R6, which holds for the board of all of them (code and constants below 0x20000000, data
    above). high: the upper bound. misaligned: share of wide instructions at 2 mod 4. has_flash_data:
    whether neighbouring loads read from both regions.
    """

    name: str
    source: str
    published: float
    cycles: int
    high: int
    misaligned: float
    has_flash_data: bool

    @property
    def is_aligned(self) -> bool:
        return self.misaligned < MISALIGNED


def priced_functions(cost_of: Callable[[int], int]) -> tuple[Priced, ...]:
    """Every function of published_functions.json at the prices of the model."""
    document = json.loads(FUNCTIONS.read_text(encoding="utf-8"))
    cycles_of = {name: cost_of(int(encoding, 16)) for name, encoding in document["encodings"].items()}
    found = []
    for row in document["functions"]:
        executed: Mapping[str, int] = row["executed"]
        direct, other = row["refills"]
        runs, wide = row["misaligned"]
        overlapped, behind_a_store, just_loaded, split = row["pairs"]
        cycles = sum(cycles_of[name] * count for name, count in executed.items())
        cycles += REFILL_DIRECT * direct + REFILL * other - overlapped + behind_a_store + just_loaded + split
        cycles += row["timer"]
        share = wide / sum(executed.values())
        name = f"{row['scheme']} {row['function']}"
        found.append(Priced(name, row["source"], row["published"], cycles, cycles + runs, share, split > 0))
    return tuple(found)


def errors(functions: Sequence[Priced], *, high: bool = False) -> tuple[float, float, float, float]:
    """Mean, standard deviation, least and largest error of the model against the published cycles, in percent."""
    found = [100 * ((row.high if high else row.cycles) / row.published - 1) for row in functions]
    return statistics.mean(found), statistics.pstdev(found), min(found), max(found)
