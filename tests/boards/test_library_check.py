"""The check of an exported library on the emulated Cortex-M4: measures a known stack, and can fail."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from sktools.boards.library_check import stack_of_a_call
from sktools.errors import BuildError
from tests.support.tools import needs_qemu

pytestmark = needs_qemu


def library(folder: Path, stack_bytes: int, answer: int = 1) -> Path:
    """A library whose call writes `stack_bytes` of stack, and whose self-test passes where its answer is 1."""
    files = {
        "include/x.h": "#include <stdint.h>\nvoid x_invoke(void);\nextern volatile int x_answer;\n",
        "selftest/x_selftest.h": "#include <stdint.h>\nuint32_t x_selftest(void);\n",
        "selftest/x_selftest.c": '#include "x.h"\n#include "x_selftest.h"\n'
        "uint32_t x_selftest(void) { x_invoke(); return x_answer != 1; }\n",
        "x.c": '#include "x.h"\nvolatile int x_answer;\nvoid x_invoke(void)\n{\n'
        f"    volatile char room[{stack_bytes}];\n"
        f"    for (int i = 0; i < {stack_bytes}; i++) {{ room[i] = (char)i; }}\n"
        f"    x_answer = {answer} + 0 * room[0];\n}}\n",
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / "lib").mkdir()
    cpu = ("-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16")
    compile_it = [
        "arm-none-eabi-gcc",
        *cpu,
        "-O2",
        f"-I{folder / 'include'}",
        "-c",
        folder / "x.c",
        "-o",
        folder / "x.o",
    ]
    subprocess.run(compile_it, check=True)
    subprocess.run(["arm-none-eabi-ar", "rcs", folder / "lib" / "libx.a", folder / "x.o"], check=True)
    return folder


@pytest.mark.parametrize("stack_bytes", [256, 3000])
def test_the_stack_of_a_call_is_measured(tmp_path: Path, stack_bytes: int) -> None:
    found = stack_of_a_call(library(tmp_path, stack_bytes), "x")
    assert found is not None and stack_bytes <= found <= stack_bytes + 24


def test_a_library_that_computes_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="library x computes something else than the reference"):
        stack_of_a_call(library(tmp_path, 64, answer=2), "x")


def test_a_fault_is_no_figure(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="library x ran into a fault"):
        stack_of_a_call(library(tmp_path, 1 << 20), "x")


def test_without_an_emulator_nothing_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SKTOOLS_QEMU", str(tmp_path / "nothing"))
    assert stack_of_a_call(tmp_path, "x") is None
