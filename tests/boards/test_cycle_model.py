"""The cycle model counts known code exactly, instruction class by instruction class.

Expected figures follow from the cost table of the Cortex-M4 TRM by hand; each case says how.
"""

# ruff: noqa: E501 - one case a line, so that the table can be read

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from sktools.boards.board import load_board
from sktools.boards.cycle_count import count_cycles, main
from sktools.boards.cycle_model import StepWindow
from sktools.build.shipped import firmware_path
from sktools.errors import EXIT_FAILURE, EXIT_USAGE
from tests.support.tools import needs_qemu


@dataclass(frozen=True)
class Case:
    """body: what runs between the markers. r0 points to RAM, r1 to r3 are 1. setup: runs before.

    aside: code off the way, which body and setup call 8f. runs: of three or more wide instructions at 2 mod 4, each of
    which adds a cycle to the upper bound. The body starts on a word behind DBG, which is wide.
    """

    name: str
    body: str
    instructions: int
    cycles: int
    setup: str = ""
    aside: str = ""
    runs: int = 0


def repeat(count: int, line: str) -> str:
    return "\n".join([line] * count)


CASES = [
    Case("nothing", "", 0, 0),
    Case("data processing", "add r1, r2, r3\neors r1, r2\nlsl.w r1, r2, r3\nmov r4, r5\nmovw r6, #500\nuxtb r1, r2", 6, 6),
    Case("a nop is data processing", "nop\nnop.w", 2, 2),
    Case("multiply", "mul r1, r2, r3\nmla r1, r2, r3, r4\nsmull r1, r2, r3, r4\nsmlal r1, r2, r3, r4\numull r1, r2, r3, r4", 5, 5),
    Case("dual multiply", "smlad r1, r2, r3, r4\nsmuad r1, r2, r3\nsmlald r1, r2, r3, r4\nsmulbb r1, r2, r3\nsmlabt r1, r2, r3, r4", 5, 5),
    Case("most significant word", "smmul r1, r2, r3\nsmmulr r1, r2, r3\nsmmla r1, r2, r3, r4", 3, 3),
    Case("saturate, extend, pack", "ssat r1, #8, r2\nusat r1, #7, r2\nsxtb16 r1, r2\npkhbt r1, r2, r3\nqadd16 r1, r2, r3", 5, 5),
    Case("divide: 7 each", "udiv r1, r2, r3\nsdiv r1, r2, r3", 2, 14, "movs r3, #3"),
    Case("a lone load: 2", "ldr r1, [r0]", 1, 2),
    Case("a chain of loads: 2 + 1 + 1 + 1", "ldr r1, [r0]\nldr r2, [r0, #4]\nldr.w r3, [r0, #8]\nldr r4, [r0, #12]", 4, 5),
    Case("bytes and halfwords chain too", "ldrb r1, [r0]\nldrh r2, [r0]\nldrsb.w r3, [r0]\nldrsh.w r4, [r0]", 4, 5),
    Case("an instruction between breaks the chain", "ldr r1, [r0]\nadds r2, #1\nldr r3, [r0]", 3, 5),
    Case("a load before a store: 1 + 1", "ldr r1, [r0]\nstr r2, [r0, #4]", 2, 2),
    Case("a load before a dual load: 2 + 3", "ldr r1, [r0]\nldrd r2, r3, [r0, #8]", 2, 5),
    Case("store immediate: 1", "str r1, [r0]\nstrb r1, [r0, #4]\nstrh.w r1, [r0, #8]", 3, 3),
    Case("a load behind a store: 1 + 2 + 1", "str r1, [r0]\nldr r2, [r0]", 2, 4),
    Case("the same before a store: 1 + 1 + 1 + 1", "str r1, [r0]\nldr r2, [r0]\nstr r3, [r0]", 3, 4),
    Case("a dual load behind a store: 1 + 3 + 1", "str r1, [r0]\nldrd r2, r3, [r0, #8]", 2, 5),
    Case("load multiple behind a store: 1 + 3 + 1", "str r1, [r0]\nldmia r0, {r2, r3}", 2, 5),
    Case("pop behind a store: 2 + 1 + 2 + 1", "push {r1}\nstr r1, [r0]\npop {r1}", 3, 6),
    Case("a load behind a dual store: 3 + 2", "strd r1, r2, [r0]\nldr r3, [r0]", 2, 5),
    Case("an address just loaded: 1 + 2 + 1", "ldr r4, [r0]\nldr r5, [r4]", 2, 4, "str r0, [r0]"),
    Case("an index just loaded: 1 + 2 + 1", "ldr r4, [r0]\nldr r5, [r0, r4]", 2, 4, "movs r4, #0\nstr r4, [r0]"),
    Case("a store to an address just loaded: 1 + 1 + 1", "ldr r4, [r0]\nstr r1, [r4]", 2, 3, "str r0, [r0]"),
    Case("an address just loaded by two: 3 + 2 + 1", "ldrd r4, r5, [r0]\nldr r6, [r5]", 2, 6, "str r0, [r0, #4]"),
    Case("a multiple load waits for no address", "ldr r4, [r0]\nldmia r4, {r5, r6}", 2, 5, "str r0, [r0]"),
    Case("an address loaded before that", "ldr r4, [r0]\nnop\nldr r5, [r4]", 3, 5, "str r0, [r0]"),
    Case("store register offset behind a load: 1 + 1", "ldr r1, [r0]\nstr r2, [r0, r7]", 2, 2, "movs r7, #4"),
    Case("store register offset: 2", "str r1, [r0, r7]\nstrb.w r1, [r0, r7, lsl #1]", 2, 4, "movs r7, #4"),
    Case("load register offset: 1, then 2", "ldr r1, [r0, r7]\nldr.w r2, [r0, r7, lsl #2]", 2, 3, "movs r7, #4"),
    Case("a load behind a register-offset store: 2 + 2 + 1", "strh r1, [r0, r7]\nldr r2, [r0]", 2, 5, "movs r7, #4"),
    Case("post-indexed load and store: 1 + 1", "ldr r1, [r6], #4\nstr r1, [r6], #4", 2, 2, "mov r6, r0"),
    Case("load from the literal pool", "ldr r1, =0x12345678", 1, 2),
    Case("dual load and store: 3", "ldrd r1, r2, [r0]\nstrd r1, r2, [r0, #8]", 2, 6),
    Case("a load behind a dual load: 2", "ldrd r1, r2, [r0]\nldr r3, [r0]", 2, 5),
    Case("load multiple: 1 + 4", "ldmia r0, {r1, r2, r3, r4}", 1, 5),
    Case("load multiple, wide: 1 + 5", "ldmia.w r6!, {r1, r2, r3, r8, r9}", 1, 6, "mov r6, r0"),
    Case("store multiple: 1 + 3", "stmia r6!, {r1, r2, r3}", 1, 4, "mov r6, r0"),
    Case("a load behind load multiple: 2", "ldmia r0, {r1, r2}\nldr r3, [r0]", 2, 5),
    Case("push and pop: 1 + 3, 1 + 3", "push {r1, r2, lr}\npop {r1, r2, r3}", 2, 8),
    Case("wide push and pop: 1 + 4, 1 + 4", "push {r4, r8, r9, lr}\npop {r4, r8, r9, r10}", 2, 10),
    Case("push of one register is a store", "push.w {r8}\npop.w {r8}", 2, 4),  # STR and LDR in disguise: 1 + 2 + 1
    Case("exclusive: 2", "ldrex r1, [r0]\nstrex r2, r1, [r0]", 2, 4),
    Case("a branch not taken: 1", "cmp r2, r2\nbne 1f\n1:", 2, 2),
    Case("a branch taken: 1 + 1", "b 1f\nnop\n1:", 1, 2),
    Case("a wide branch taken", "b.w 1f\nnop\n1:", 1, 2),
    Case("a conditional branch taken", "cmp r2, r2\nbeq 1f\nnop\n1:", 2, 3),
    Case("compare and branch, not taken and taken", "cbz r7, 1f\n1: cbnz r7, 2f\nnop\n2:", 2, 3, "movs r7, #1"),
    Case("a loop of 10: 1 + 10 x 2 + 9", "movs r1, #10\n1: subs r1, #1\nbne 1b", 21, 30),
    Case("a loop of loads: 1 + 10 x (2 + 1 + 1) + 9", "movs r1, #10\n1: ldr r2, [r0]\nsubs r1, #1\nbne 1b", 31, 50),
    Case("call and return: 1 + 1, 1 + 2", "bl 8f", 2, 5, aside="8: bx lr"),
    Case("call through a register", "blx r7", 2, 6, "adr.w r7, 8f + 1", "8: bx lr"),
    Case("return by pop: 2 + 3 + 3 + 2", "bl 8f", 3, 2 + 3 + 3 + 2, aside="8: push {r4, lr}\npop {r4, pc}"),
    Case("load to the program counter: 2 + 2", "ldr.w pc, [r0]\nnop\n1:", 1, 4, "adr.w r7, 1f + 1\nstr r7, [r0]"),
    Case("table branch: 2 + 2", "tbb [pc, r7]\n5: .byte (1f - 5b) / 2, (1f - 5b) / 2\nnop\n1:", 1, 4, "movs r7, #1"),
    Case("table branch, halfwords", "tbh [pc, r7, lsl #1]\n5: .short (1f - 5b) / 2, (1f - 5b) / 2\nnop\n1:", 1, 4, "movs r7, #0"),
    Case("IT: 1, and all under it in full", "cmp r2, r2\nite eq\nmoveq r1, #1\nmovne r1, #2", 4, 4),
    Case("FP data: 1", "vadd.f32 s0, s1, s2\nvsub.f32 s0, s1, s2\nvmul.f32 s0, s1, s2\nvabs.f32 s0, s1\nvcmp.f32 s0, s1", 5, 5),
    Case("FP convert and move: 1", "vcvt.f32.s32 s0, s1\nvcvt.s32.f32 s0, s1\nvmov s0, r1\nvmov r1, s0\nvmov.f32 s1, s2\nvmov.f32 s3, #1.0", 6, 6),
    Case("FP two registers: 2, status: 1", "vmov r1, r2, s0, s1\nvmrs apsr_nzcv, fpscr", 2, 3),
    Case("FP multiply-add: 3", "vmla.f32 s0, s1, s2\nvmls.f32 s0, s1, s2\nvfma.f32 s0, s1, s2\nvfms.f32 s0, s1, s2\nvnmla.f32 s0, s1, s2\nvfnma.f32 s0, s1, s2", 6, 18),
    Case("FP load and store: 2", "vldr s0, [r0]\nvldr s1, [r0, #4]\nvstr s0, [r0, #8]", 3, 6),
    Case("FP load and store multiple: 1 + 4, 1 + 3", "vldmia r0, {s0-s3}\nvpush {s0-s2}\nvpop {s0-s2}", 3, 13),
    Case("FP double register transfer: 1 + 4", "vldmia r0, {d0, d1}", 1, 5),
    Case("FP divide and root: 14", "vdiv.f32 s0, s1, s2\nvsqrt.f32 s0, s1", 2, 28),
    # QEMU cuts blocks at 512 instructions and at pages; neither is seen in the count.
    Case("2,000 loads: 2 + 1,999", repeat(2000, "ldr r1, [r0]"), 2000, 2001),
    Case("2,000 adds", repeat(2000, "adds r1, #1"), 2000, 2000),
    Case("narrow and wide by turns over page ends", repeat(1500, "adds r1, #1\nadd.w r2, r3, r4"), 3000, 3000),
    Case("three misaligned wide ones", "nop\nadd.w r1, r2, r3\nadd.w r1, r2, r3\nadd.w r1, r2, r3\nnop", 5, 5, runs=1),
    Case("two are no run", "nop\nadd.w r1, r2, r3\nadd.w r1, r2, r3\nnop", 4, 4),
    Case("aligned ones are no run", repeat(8, "add.w r1, r2, r3"), 8, 8),
    Case("one run over blocks and pages", "nop\n" + repeat(3000, "add.w r1, r2, r3"), 3001, 3001, runs=1),
    Case("a branch taken ends a run", "nop\nadd.w r1, r2, r3\nadd.w r1, r2, r3\nb.n 1f\nnop\n1: nop\nadd.w r1, r2, r3", 6, 7),
    Case("a branch not taken does not", "nop\nadd.w r1, r2, r3\ncmp.w r2, r2\nbne.w 1f\n1: nop", 5, 5, runs=1),
    Case("the same, two bytes on", "nop\n" + repeat(1500, "adds r1, #1\nadd.w r2, r3, r4"), 3001, 3001),
]  # fmt: skip


def image_source(cases: list[Case]) -> str:
    """An assembly main() that runs the cases one after the other, each between its markers."""
    parts = [".syntax unified", ".thumb", ".text", ".global main", ".type main, %function", "main:"]
    for index, case in enumerate(cases):
        parts += [
            "ldr r0, =buffer",
            "movs r1, #1\nmovs r2, #1\nmovs r3, #1\nmov r8, #1",
            case.setup.replace("8f", f"aside_{index}"),
            "b 0f\n.ltorg\n.balign 4\n0:",
            "dbg #1",
            case.body.replace("8f", f"aside_{index}"),
            "dbg #2",
            f"b 90f\n.balign 4\n{_aside(case, index)}\n.ltorg\n90:",
        ]
    parts += ["movs r0, #0", "bl finish", ".ltorg", ".bss", ".balign 8", "buffer: .space 16384"]
    return "\n".join(parts) + "\n"


def _aside(case: Case, index: int) -> str:
    return case.aside.replace("8:", f".thumb_func\naside_{index}:")


FINISH = """
#include "sk_semihosting.h"
void finish(int status);
void finish(int status) { sk_semihosting_exit(status); }
"""


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cycles")
    (folder / "cases.S").write_text(image_source(CASES))
    (folder / "finish.c").write_text(FINISH)
    recipe = load_board("virtual").build
    assert recipe is not None
    image = folder / "cases.elf"
    subprocess.run(
        [recipe.compiler, *recipe.cpu_flags, "-O2", "-nostartfiles", "-T", firmware_path(recipe.linker_script),
         "-I", firmware_path("runtime"), "-I", firmware_path("boards", "virtual"),
         folder / "cases.S", folder / "finish.c", firmware_path("boards", "virtual", "startup.c"),
         firmware_path("runtime", "sk_stack.c"), "-o", image],
        check=True,
    )  # fmt: skip
    return image


@pytest.fixture(scope="module")
def windows(image: Path) -> tuple[StepWindow, ...]:
    return count_cycles(image).windows


@needs_qemu
def test_every_case_ran(windows: tuple[StepWindow, ...]) -> None:
    assert [window.sequence for window in windows] == list(range(len(CASES)))


@needs_qemu
@pytest.mark.parametrize("index", range(len(CASES)), ids=[case.name for case in CASES])
def test_counts_are_exact(windows: tuple[StepWindow, ...], index: int) -> None:
    case, window = CASES[index], windows[index]
    assert (window.instructions, window.cycles) == (case.instructions, case.cycles)
    assert window.cycles_high == case.cycles + case.runs


@needs_qemu
def test_two_runs_count_the_same(image: Path, windows: tuple[StepWindow, ...]) -> None:
    assert count_cycles(image).windows == windows


@needs_qemu
def test_the_command_prints_a_row_a_window(image: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(image)]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert len(rows) == 1 + len(CASES)
    last = CASES[-1]
    high = last.cycles + last.runs
    assert rows[-1].split() == [str(len(CASES) - 1), f"{last.instructions:,}", f"{last.cycles:,}", f"{high:,}"]


def test_the_command_refuses_what_is_no_image(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == EXIT_USAGE
    assert main([str(tmp_path / "none.elf")]) == EXIT_FAILURE
    assert "no image at" in capsys.readouterr().err
