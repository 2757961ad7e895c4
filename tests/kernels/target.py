"""The fast kernels compiled for the Cortex-M4F and run with their cases on the virtual board."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sktools.boards.cycle_count import count_cycles
from sktools.boards.cycle_model import StepWindow
from tests.kernels.cases import Case
from tests.kernels.host import DRIVER, KERNELS, ROOT, fast_sources

FIRMWARE = ROOT / "firmware"
STACK_BYTES = 1024 + 256
"""A kernel's 1 KiB and the driver's own frames; beyond the stack the MPU lets nothing through, so the run would end."""

TARGET_FLAGS = (
    *("-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16", "-std=c99", "-O2"),
    *("-Wall", "-Wextra", "-Werror", "-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections", "-nostartfiles"),
)


@dataclass(frozen=True)
class TargetRun:
    """wrong: numbers of the cases whose output differs; windows: what each case took."""

    wrong: tuple[int, ...]
    windows: tuple[StepWindow, ...]


def run_on_target(cases: Sequence[Case], folder: Path) -> TargetRun:
    """Builds an image with the cases in flash and runs it. AssertionError where it did not reach its last case."""
    words = np.concatenate([case.words(with_expected=True) for case in cases])
    (folder / "cases.bin").write_bytes(np.array([words.size], np.int32).tobytes() + words.tobytes())
    (folder / "cases.s").write_text(
        '.section .rodata.sk_cases\n.balign 4\n.global sk_cases\nsk_cases: .incbin "cases.bin"\n'
    )
    board = FIRMWARE / "boards" / "virtual"
    image = folder / "bench.elf"
    subprocess.run(
        [
            *(
                "arm-none-eabi-gcc",
                *TARGET_FLAGS,
                "-T",
                str(board / "virtual.ld"),
                f"-Wl,--defsym=sk_stack_size={STACK_BYTES}",
            ),
            *(f"-I{path}" for path in (FIRMWARE / "runtime", board, KERNELS, folder)),
            *(
                str(path)
                for path in (DRIVER, *fast_sources(), board / "startup.c", FIRMWARE / "runtime" / "sk_stack.c")
            ),
            *("-Wa,-I" + str(folder), str(folder / "cases.s"), "-o", str(image)),
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    run = count_cycles(image, timeout_s=120)
    lines = run.uart.decode().split()
    assert lines and lines[-1] == str(len(cases)), f"the image stopped early: {lines[-5:]}, status {run.status}"
    wrong = tuple(int(line[1:]) for line in lines if line.startswith("!"))
    return TargetRun(wrong, run.windows)
