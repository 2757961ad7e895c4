"""The virtual board: the same answers as the host build, exact counts, faults that name their place, no leftovers."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from sktools.boards import virtual
from sktools.boards.board import load_board
from sktools.boards.driver import Session, driver_for
from sktools.errors import BuildError, LinkError, MissingError
from sktools.link.client import BoardFaultError, InputPath
from sktools.link.messages import FaultReason
from tests.support.builds import build_for, fake_build
from tests.support.fake_model import (
    CRASH,
    DEEP_C,
    ELEMENTS,
    ENDLESS,
    FOREVER,
    OVERFLOW,
    REVERSE,
    fake_model,
    reference,
    stray,
)
from tests.support.tools import needs_cc, needs_qemu

pytestmark = [needs_qemu, needs_cc]

BOARD = load_board("virtual")


def frame_of(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(-128, 128, ELEMENTS).astype(np.int8)


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with driver_for(BOARD).open(fake_build("virtual")) as session:
        yield session


def test_the_board_computes_what_numpy_does(session: Session) -> None:
    for seed in range(3):
        frame = frame_of(seed)
        expected = reference(frame)
        run = session.run(frame.tobytes())
        assert run.output == expected[3].tobytes()
        assert [step.crc for step in run.steps] == [0 if a is None else zlib.crc32(a.tobytes()) for a in expected]
        assert session.client.run_to(frame.tobytes(), 1) == expected[1].tobytes()


def test_board_and_host_tell_the_same_of_the_model(session: Session) -> None:
    with driver_for(load_board("host")).open(fake_build("host")) as host:
        assert host.counts() == ()
        assert host.client.layers() == session.client.layers()
        ours, theirs = session.client.hello(), host.client.hello()
        assert (ours.board, theirs.board) == ("virtual", "host")
        assert (ours.sha256, ours.contract, ours.model) == (theirs.sha256, theirs.contract, theirs.model)
        frame = frame_of(5).tobytes()
        assert host.run(frame).output == session.run(frame).output


def test_counts_are_those_of_the_last_run_and_the_same_each_time(session: Session) -> None:
    assert session.counter.kind == "cycle-model"
    frame = frame_of(1).tobytes()
    session.run(frame)
    first = session.counts()
    session.client.run_to(frame, 1)
    session.run(frame)
    assert session.counts() == first
    assert len(first) == 4
    # 600 elements: at least a load and a store each; step_1 reads what it writes
    assert all(count.instructions and count.cycles and count.cycles > count.instructions >= 1200 for count in first)


def test_systick_and_the_cycle_model_agree_on_instructions(session: Session) -> None:
    """Two ways of counting that share nothing; SysTick ticks once in 40 and sees the calls around a step too."""
    run = session.run(frame_of(2).tobytes())
    for step, count in zip(run.steps, session.counts(), strict=True):
        assert count.instructions is not None
        assert -40 <= step.counter - count.instructions <= 80


def test_another_boot_counts_the_same(session: Session) -> None:
    frame = frame_of(1).tobytes()
    session.run(frame)
    with driver_for(BOARD).open(fake_build("virtual")) as other:
        other.run(frame)
        assert other.counts() == session.counts()


def test_both_ways_of_the_input_give_the_same_answers_and_counts(session: Session) -> None:
    window = session.client.window
    assert window is not None
    try:
        for seed in range(3):
            frame = frame_of(seed).tobytes()
            runs, counts = [], []
            for way in (window, None):
                session.client.window = way
                runs.append(session.run(frame))
                counts.append(session.counts())
            assert runs[0].output == runs[1].output and counts[0] == counts[1]
            assert [step.crc for step in runs[0].steps] == [step.crc for step in runs[1].steps]
    finally:
        session.client.window = window


class ElsewhereWindow:
    """What is written does not reach the board."""

    def write(self, frame: bytes) -> None: ...


class FullWindow:
    def write(self, frame: bytes) -> None:
        raise OSError(28, "No space left on device")


@pytest.mark.parametrize("window", [ElsewhereWindow(), FullWindow()])
def test_an_input_that_the_window_does_not_bring_goes_over_the_line(window: InputPath) -> None:
    frame = frame_of(3)
    with driver_for(BOARD).open(fake_build("virtual")) as session:
        session.client.window = window
        assert session.run(frame.tobytes()).output == reference(frame)[3].tobytes()  # type: ignore[union-attr]
        assert session.client.window is None  # found out once
        assert len(session.counts()) == 4


RESET_ONCE = f"""\
    static volatile uint32_t *const once = (uint32_t *)0x21F00000u; /* PSRAM keeps its content over a reset */
    if (*once == 0) {{
        *once = 1;
        *(volatile uint32_t *)0xE000ED0Cu = 0x05FA0004u;
{FOREVER}
    }}
{REVERSE}"""
RESET_ALWAYS = f"    *(volatile uint32_t *)0xE000ED0Cu = 0x05FA0004u;\n{FOREVER}"


def test_a_reset_in_the_middle_of_a_frame_runs_it_again_and_counts_it_once() -> None:
    with driver_for(BOARD).open(build_for("virtual", "reset-once", fake_model(RESET_ONCE))) as session:
        frame = frame_of(6)
        assert session.run(frame.tobytes()).output == reference(frame)[3].tobytes()  # type: ignore[union-attr]
        first = session.counts()
        session.run(frame.tobytes())
        assert len(first) == 4 and session.counts() == first


def test_a_board_that_is_reset_in_every_frame_says_so() -> None:
    with (
        driver_for(BOARD).open(build_for("virtual", "reset-always", fake_model(RESET_ALWAYS))) as session,
        pytest.raises(LinkError, match="it was reset"),
    ):
        session.run(bytes(ELEMENTS))


LATCHED = f"""\
    *(volatile uint32_t *)0x40008008u = 0; /* as between runs: no interrupt enabled, */
    *(volatile uint32_t *)0x40008000u = 1; /* and the time is over at once */
    for (volatile int i = 0; i < 1000; i++) {{
    }}
{REVERSE}"""


def test_a_watchdog_whose_time_passed_between_runs_does_not_end_the_next() -> None:
    """While the host is stopped the board waits, and the emulated watchdog runs on and keeps its interrupt."""
    with driver_for(BOARD).open(build_for("virtual", "latched", fake_model(LATCHED))) as session:
        for seed in range(3):
            frame = frame_of(seed)
            assert session.run(frame.tobytes()).output == reference(frame)[3].tobytes()  # type: ignore[union-attr]


def test_memory_marks(session: Session) -> None:
    session.run(frame_of(0).tobytes())
    memory = session.client.memory()
    assert (memory.stack_bytes, memory.arena_bytes) == (4096, 2 * ELEMENTS)
    assert 64 <= memory.stack_used < 1024


def test_without_the_plugin_instructions_are_counted_and_labelled(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(qemu: Path) -> Path:
        raise MissingError("no compiler")

    monkeypatch.setattr(virtual, "build_plugin", missing)
    frame = frame_of(1).tobytes()
    counts = []
    for _ in range(2):
        with driver_for(BOARD).open(fake_build("virtual")) as session:
            assert session.counter.kind == "instructions"
            assert "no compiler" in session.counter.note
            session.run(frame)
            counts.append(session.counts())
            session.run(frame)
            counts.append(session.counts())
    assert counts[0] == counts[1] == counts[2] == counts[3]
    assert all(count.cycles is None and count.instructions and count.instructions % 40 == 0 for count in counts[0])


def test_a_crash_names_its_line_and_the_board_comes_back() -> None:
    build = build_for("virtual", "crash", fake_model(CRASH))
    with driver_for(BOARD).open(build) as session:
        with pytest.raises(
            BoardFaultError, match=r"crashed in step 3 \(DEC/reverse\) at step_3 \(model.c:\d+\)"
        ) as caught:
            session.run(bytes(ELEMENTS))
        assert caught.value.fault.bfar == 0xF0000000
        with pytest.raises(BoardFaultError):  # it stays so until it is reset
            session.client.memory()
        assert session.client.reset().model == "fake"
        assert session.client.memory().arena_bytes == 2 * ELEMENTS


def test_a_stack_overflow_names_the_function() -> None:
    build = build_for("virtual", "overflow", fake_model(OVERFLOW, {"deep.c": DEEP_C}))
    with driver_for(BOARD).open(build) as session:
        with pytest.raises(
            BoardFaultError, match=r"ran out of stack in step 3 \(DEC/reverse\) called from sk_test_deep"
        ) as caught:
            session.run(bytes(ELEMENTS))
        assert caught.value.fault.reason is FaultReason.STACK_OVERFLOW
        assert session.client.reset().model == "fake"


def test_a_step_without_end_names_the_function() -> None:
    build = build_for("virtual", "endless", fake_model(ENDLESS))
    with driver_for(BOARD).open(build) as session:
        with pytest.raises(
            BoardFaultError, match=r"did not come to an end in step 3 \(DEC/reverse\) at step_3 \(model.c"
        ):
            session.run(bytes(ELEMENTS))
        assert session.client.reset().model == "fake"
        session.client.run_to(bytes(ELEMENTS), 1)


def test_a_fault_stays_what_it_was_when_the_watchdogs_time_is_over() -> None:
    hasty = f"    *(volatile uint32_t *)0x40008000u = 1000u; /* 40 us of the watchdog's time */\n{CRASH}"
    with driver_for(BOARD).open(build_for("virtual", "crash-and-wait", fake_model(hasty))) as session:
        with pytest.raises(BoardFaultError):
            session.run(bytes(ELEMENTS))
        for _ in range(3):  # the answers alone take the board longer
            with pytest.raises(BoardFaultError) as caught:
                session.client.memory()
            assert caught.value.fault.reason is FaultReason.CPU


@pytest.mark.parametrize(
    ("position", "message"),
    [("-1", "before"), ("-32", "before"), ("2 * ELEMENTS", "behind"), ("2 * ELEMENTS + 31", "behind")],
)
def test_a_step_that_writes_outside_the_arena_is_named_by_a_debug_build(position: str, message: str) -> None:
    build = build_for("virtual", f"stray{message}{len(position)}", fake_model(stray(position)), debug=True)
    with driver_for(BOARD).open(build) as session:
        expected = rf"wrote {message} the arena in step 3 \(DEC/reverse\) by step_3 \(model.c:\d+\)"
        with pytest.raises(BoardFaultError, match=expected):
            session.run(bytes(ELEMENTS))
        assert session.client.reset().model == "fake"


def test_a_debug_build_computes_the_same() -> None:
    with driver_for(BOARD).open(build_for("virtual", "debug", fake_model(), debug=True)) as session:
        frame = frame_of(4)
        assert session.run(frame.tobytes()).output == reference(frame)[3].tobytes()  # type: ignore[union-attr]


def test_flash_checks_the_image(tmp_path: Path) -> None:
    build = fake_build("virtual")
    assert "fits" in driver_for(BOARD).flash(build)
    damaged = tmp_path / "damaged.elf"
    damaged.write_bytes(b"no image")
    with pytest.raises(BuildError):
        driver_for(BOARD).flash(dataclasses.replace(build, image=damaged))


def test_an_image_that_does_not_answer_is_one_error_and_no_qemu_is_left(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.elf"
    damaged.write_bytes(b"no image")
    before = qemu_children()
    build = dataclasses.replace(fake_build("virtual"), image=damaged)
    with pytest.raises(LinkError), driver_for(BOARD).open(build):
        pass
    assert qemu_children() == before


def test_qemu_killed_under_us_is_one_error() -> None:
    before = set(qemu_children())
    with pytest.raises(LinkError, match="QEMU ended"), driver_for(BOARD).open(fake_build("virtual")) as session:
        (ours,) = set(qemu_children()) - before
        os.kill(ours, signal.SIGKILL)
        session.run(bytes(ELEMENTS))
    assert set(qemu_children()) == before


HOLD = """\
import sys, time
from tests.support.builds import fake_build
from sktools.boards.board import load_board
from sktools.boards.driver import driver_for
with driver_for(load_board("virtual")).open(fake_build("virtual")) as session:
    print("open", flush=True)
    time.sleep(60)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel ends orphans only on Linux")
def test_qemu_dies_with_a_killed_parent() -> None:
    root = Path(__file__).parents[2]
    holder = subprocess.Popen([sys.executable, "-c", HOLD], cwd=root, stdout=subprocess.PIPE)
    assert holder.stdout is not None and holder.stdout.readline() == b"open\n"
    children = qemu_children(holder.pid)
    assert len(children) == 1
    holder.kill()
    holder.wait()
    deadline = time.monotonic() + 30
    while any(Path(f"/proc/{pid}").exists() for pid in children) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not any(Path(f"/proc/{pid}").exists() for pid in children)


def qemu_children(parent: int | None = None) -> list[int]:
    """Process ids of the QEMUs that `parent` (default: we) started."""
    if not sys.platform.startswith("linux"):
        pytest.skip("reads /proc")
    folder = Path(f"/proc/{parent or os.getpid()}/task")
    found = [int(pid) for task in folder.iterdir() for pid in (task / "children").read_text().split()]
    return sorted(pid for pid in found if "qemu" in Path(f"/proc/{pid}/comm").read_text())
