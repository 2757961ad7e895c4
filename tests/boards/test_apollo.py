"""The EVB's firmware and driver, on a fake EVB: the very C of the board, on a stand-in SDK, in QEMU."""

from __future__ import annotations

import dataclasses
import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from sktools.boards.board import Board, _folder, board_names, load_board, read_board
from sktools.boards.configure import ImageOptions, build_image, clock_of, configured
from sktools.boards.driver import driver_for
from sktools.build.build import Build
from sktools.compiler.compiled import CompiledModel
from sktools.errors import LinkError, MissingError, UsageError
from sktools.link.client import BoardFaultError
from sktools.link.ports import Port
from tests.support import fake_jlink
from tests.support.fake_evb import FakeEvb, evb_description, fake_evb
from tests.support.fake_model import CRASH, DEEP_C, FOREVER, OVERFLOW, TFLITE, fake_model, reference
from tests.support.stub_sdk import make_sdk
from tests.support.tools import needs_arm_gcc, needs_qemu

FRAME = np.arange(600).astype(np.int8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("apollo")
    make_sdk(folder / "sdk")
    return folder


@pytest.fixture(scope="module")
def board(folder: Path) -> Board:
    """The EVB with QEMU's RAM addresses."""
    return read_board(evb_description(_folder() / "apollo4p_evb.yaml", folder / "boards"))


@pytest.fixture(autouse=True)
def cache(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeEvb]:
    monkeypatch.setenv("FAKE_JLINK", str(tmp_path))
    monkeypatch.setenv("PATH", f"{fake_jlink.install(tmp_path)}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.delenv("SKTOOLS_JLINK", raising=False)
    with fake_evb(tmp_path, baud=921600) as evb:
        yield evb


def built(board: Board, folder: Path, name: str, model: CompiledModel | None = None, **options: int) -> Build:
    chosen = ImageOptions(sdk=folder / "sdk", **options)  # type: ignore[arg-type]
    return build_image(model or fake_model(), board, TFLITE, folder / "out" / name, chosen)


def activation(step: int) -> bytes:
    found = reference(FRAME)[step]
    assert found is not None
    return found.tobytes()


@needs_arm_gcc
@needs_qemu
def test_flashed_and_run_over_the_evb_path(board: Board, folder: Path, desk: FakeEvb) -> None:
    build = built(board, folder, "plain")
    driver = driver_for(board)
    assert "verified" in driver.flash(build)
    with driver.open(build, desk.port) as session:
        hello = session.client.hello()
        assert (hello.board, hello.counter, hello.model) == ("apollo4p_evb", "dwt", "fake")
        assert hello.clock_hz == pytest.approx(192e6, rel=1e-3)
        assert session.counter.kind == "dwt" and "192.0" in session.counter.note
        run = session.run(FRAME.tobytes())
        assert run.output == activation(3)
        counts = session.counts()
        assert len(counts) == 4
        assert all(count.instructions is None and (count.cycles or 0) > 0 for count in counts)
        assert session.client.run_to(FRAME.tobytes(), 1) == activation(1)
        memory = session.client.memory()
        assert 0 < memory.stack_used < memory.stack_bytes == 8192
        session.client.reset()
        assert desk.marks.count("I") == 2  # one for each of the two runs
        assert set(desk.marks) == {"I", "."}
        assert "II" not in desk.marks
        session.run(FRAME.tobytes())


@needs_arm_gcc
@needs_qemu
def test_the_slower_clock_is_asked_for_and_measured(board: Board, folder: Path, desk: FakeEvb) -> None:
    slow = configured(board, ImageOptions(clock_mhz=96))
    build = built(board, folder, "slow", clock_mhz=96)
    driver_for(slow).flash(build)
    with driver_for(slow).open(build, desk.port) as session:
        assert session.client.hello().clock_hz == pytest.approx(96e6, rel=1e-3)
    with (
        pytest.raises(LinkError, match=r"runs at 96.0 MHz, 192 MHz were asked for"),
        driver_for(board).open(build, desk.port),
    ):
        pass


@needs_arm_gcc
@needs_qemu
@pytest.mark.parametrize(
    ("define", "complaint"),
    [
        ("STUB_CLOCK_MHZ=96", "runs at 96.0 MHz, 192 MHz were asked for"),
        ("STUB_COUNTER_STANDS=1", "counter or timer stands still"),
    ],
)
def test_a_board_that_does_not_do_as_asked_is_refused(
    board: Board, folder: Path, desk: FakeEvb, define: str, complaint: str
) -> None:
    assert board.sdk is not None
    stubborn = dataclasses.replace(
        board, sdk=dataclasses.replace(board.sdk, variables={**board.sdk.variables, "DEFINES": define})
    )
    build = built(stubborn, folder, define.split("=")[0])
    driver_for(stubborn).flash(build)
    with pytest.raises(LinkError, match=complaint), driver_for(stubborn).open(build, desk.port):
        pass


@needs_arm_gcc
@needs_qemu
@pytest.mark.parametrize(
    ("name", "model", "told"),
    [
        ("crash", fake_model(CRASH), r"crashed in step 3 .*at step_3 \(.*model.c:\d+\)"),
        ("overflow", fake_model(OVERFLOW, {"deep.c": DEEP_C}), "ran out of stack in step 3"),
    ],
)
def test_a_fault_is_told_with_its_place(
    board: Board, folder: Path, desk: FakeEvb, name: str, model: CompiledModel, told: str
) -> None:
    build = built(board, folder, name, model)
    driver_for(board).flash(build)
    with driver_for(board).open(build, desk.port) as session:
        with pytest.raises(BoardFaultError, match=told):
            session.run(FRAME.tobytes())
        assert session.client.reset().model == "fake"


@needs_arm_gcc
@needs_qemu
def test_a_step_without_end_is_told_by_the_watchdog(board: Board, folder: Path, desk: FakeEvb) -> None:
    assert board.sdk is not None
    # The chip waits 10 s, which would take QEMU as long.
    variables = {**board.sdk.variables, "DEFINES": "STUB_WATCHDOG_SPEED=20"}
    hasty = dataclasses.replace(board, sdk=dataclasses.replace(board.sdk, variables=variables))
    build = built(hasty, folder, "endless", fake_model(FOREVER))
    driver_for(hasty).flash(build)
    with driver_for(hasty).open(build, desk.port) as session:
        with pytest.raises(
            BoardFaultError, match=r"did not come to an end in step 3 \(DEC/reverse\) at step_3 \(.*model.c:\d+\)"
        ):
            session.run(FRAME.tobytes())
        assert desk.marks.endswith("I.")  # the power analyser sees no inference any more
        assert session.client.reset().model == "fake"
        assert session.client.run_to(FRAME.tobytes(), 1) == activation(1)


@needs_arm_gcc
@needs_qemu
def test_a_port_is_found_by_its_usb_id(
    board: Board, folder: Path, desk: FakeEvb, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = built(board, folder, "plain")
    driver = driver_for(board)
    driver.flash(build)
    console = Port(desk.port, "J-Link - CDC", 0x1366, 0x1024, "001160002134")
    other = Port("/dev/ttyACM9", "Ambiq CDC", 0xCAFE, 0x4001, None)
    ports = [console, other]
    monkeypatch.setattr("sktools.link.ports.list_ports", lambda: tuple(ports))
    with driver.open(build) as session:
        assert session.port == desk.port
    ports.append(dataclasses.replace(console, device="/dev/ttyACM8", serial_number="42"))
    with pytest.raises(UsageError, match="2 ports can be apollo4p_evb"), driver.open(build):
        pass
    assert board.jlink is not None
    named = dataclasses.replace(board, jlink=dataclasses.replace(board.jlink, probe=fake_jlink.PROBE))
    with driver_for(named).open(build) as session:
        assert session.port == desk.port
    ports.clear()
    with pytest.raises(MissingError, match="no port is apollo4p_evb"), driver.open(build):
        pass


@needs_arm_gcc
@needs_qemu
def test_an_image_of_another_model_is_refused(board: Board, folder: Path, desk: FakeEvb) -> None:
    build = built(board, folder, "plain")
    driver_for(board).flash(build)
    other = dataclasses.replace(build, model=dataclasses.replace(build.model, sha256="0" * 64))
    with (
        pytest.raises(LinkError, match="the board runs another model: fake"),
        driver_for(board).open(other, desk.port),
    ):
        pass


def test_options_that_a_board_lacks_are_refused() -> None:
    evb = load_board("apollo4p_evb")
    with pytest.raises(UsageError, match="no clock of 100 MHz; it has 192, 96"):
        configured(evb, ImageOptions(clock_mhz=100))
    with pytest.raises(UsageError, match="no rate of 0"):
        configured(evb, ImageOptions(baud=0))
    with pytest.raises(UsageError, match="--arena-location TCM: board virtual leaves that"):
        build_image(fake_model(), load_board("virtual"), TFLITE, None, ImageOptions(arena_location="TCM"))


@pytest.mark.parametrize(("text", "clock"), [("192", 192), ("HP", 192), ("lp", 96), ("auto", None)])
def test_a_clock_as_autodeploys_users_write_it(text: str, clock: int | None) -> None:
    assert clock_of(load_board("apollo4p_evb"), text) == clock


def test_every_ambiq_board_is_data_alone() -> None:
    boards = [load_board(name) for name in board_names()]
    ambiq = [board for board in boards if board.sdk is not None]
    assert {board.name for board in ambiq} >= {"apollo4p_evb", "apollo4l_evb", "apollo3p_evb"}
    for board in ambiq:
        assert board.jlink is not None and board.serial is not None and board.driver == "jlink"
        code = [region for region in board.memory if "code" in region.holds]
        assert [region.origin for region in code] == [board.jlink.load_address]
        assert {content for region in board.memory for content in region.holds} == {
            *("code", "model", "data", "arena", "stack")
        }
        regions = sorted(board.memory, key=lambda region: region.origin)
        for low, high in itertools.pairwise(regions):
            assert low.origin + low.length <= high.origin
