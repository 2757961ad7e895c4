"""The stager's part of an exported C library: its public calls, its self-test over the whole chain, its example."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sktools.build.project import render
from sktools.build.shipped import firmware_path
from sktools.build.stager import StagerFacts

STATE_BYTES, RAW_BYTES = 4608, 2304
"""What the public header reserves; library.c does not compile if the structures of firmware/stager are larger."""

CALLS = (
    *("class_name", "stager_init", "stager_use_raw", "stager_start_of_night", "stager_worn", "stager_clock_moved"),
    *("push_heart_rate", "push_count", "push_spo2", "push_ppg", "push_acceleration", "stager_epoch", "stager_rest"),
)
EXAMPLE_BOARD = ("boards/virtual/startup.c", "boards/virtual/virtual.ld", "boards/virtual/sk_semihosting.h")
EXAMPLE_RUNTIME = ("runtime/sk_stack.c", "runtime/sk_stack.h")
EPOCHS_PER_MINUTE = 2


@dataclass(frozen=True)
class Chain:
    """The golden vector of the whole chain.

    stages: the host's answer per epoch, -2 if two classes are nearly as likely. start_ms: of epoch 0.
    per_epoch, step_ms, first_ms: heart rates per epoch, and when they come.
    """

    stages: tuple[int, ...]
    start_ms: int
    per_epoch: int
    step_ms: int
    first_ms: int


def stager_fields(facts: StagerFacts, feature_set: str) -> dict[str, Any]:
    """What the templates know of the stager."""
    return {
        "classes": [re.sub(r"[^A-Z0-9]", "_", name.upper()) for name in facts.classes],
        "delay_epochs": facts.delay_epochs,
        "delay_minutes": f"{facts.delay_epochs / EPOCHS_PER_MINUTE:g}",
        "set": feature_set,
        "state_bytes": STATE_BYTES,
        "raw_bytes": RAW_BYTES,
    }


def stager_files(fields: Mapping[str, object], name: str) -> dict[str, bytes]:
    """The files that a library with a stager has besides the network's; fields: with `stager` and `chain`."""
    board = {f"examples/watch/{path.rpartition('/')[2]}": path for path in (*EXAMPLE_BOARD, *EXAMPLE_RUNTIME)}
    return {
        f"src/{name}_stager.c": render("export/stager.c.j2", fields),
        f"selftest/{name}_chain_selftest.h": render("export/chain_selftest.h.j2", fields),
        f"selftest/{name}_chain_selftest.c": render("export/chain_selftest.c.j2", fields),
        "examples/watch/main.c": render("export/watch_main.c.j2", fields),
        "examples/watch/Makefile": render("export/watch_Makefile.j2", fields),
        "examples/watch/CMakeLists.txt": render("export/watch_CMakeLists.txt.j2", fields),
        "examples/watch/README.md": render("export/watch_README.md.j2", fields),
        "examples/evb/main.c": render("export/evb_main.c.j2", fields),
        "examples/evb/README.md": render("export/evb_README.md.j2", fields),
        **{place: firmware_path(path).read_bytes() for place, path in board.items()},
    }
