"""The EVB's commands against the fakes: one command from a model to a bundle, and what each one refuses."""

from __future__ import annotations

import json
import os
import sys
import threading
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from sktools.boards import board as boards
from sktools.boards.arena_size import tensorflow_version
from sktools.errors import EXIT_FAILURE, EXIT_MISSING, EXIT_USAGE
from sktools.link.ports import Port
from tests.cli.conftest import Command
from tests.support import fake_jlink
from tests.support.fake_evb import FakeEvb, evb_description, fake_evb
from tests.support.fake_joulescope import MICROJOULES, Instrument, fake_package
from tests.support.stub_sdk import make_sdk
from tests.support.tools import SDK, needs_arm_gcc, needs_interpreter, needs_qemu

AUTODEPLOY = (
    *("--model-name", "watch", "--cpu-mode", "192", "--arena-size-scratch-buffer-padding", "0"),
    *("--max-arena-size", "80", "--runs", "2", "--model-location", "MRAM", "--arena-location", "TCM"),
)


@pytest.fixture(scope="module")
def sdk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_sdk(tmp_path_factory.mktemp("sdk") / "neuralSPOT")


@pytest.fixture
def desk(workspace: Path, sdk: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeEvb]:
    """A desk with a fake EVB, a fake J-Link and a stand-in SDK named in the environment."""
    folder = workspace / "desk"
    folder.mkdir()
    descriptions = boards._folder()
    evb_description(descriptions / "apollo4p_evb.yaml", workspace / "boards")
    monkeypatch.setattr(boards, "_folder", lambda: workspace / "boards")
    monkeypatch.setenv("XDG_CACHE_HOME", str(sdk.parent / "cache"))
    monkeypatch.setenv("NEURALSPOT_ROOT", str(sdk))
    monkeypatch.setenv("FAKE_JLINK", str(folder))
    monkeypatch.setenv("PATH", f"{fake_jlink.install(workspace)}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.delenv("SKTOOLS_JLINK", raising=False)
    with fake_evb(folder, baud=921600) as evb:
        port = Port(evb.port, "J-Link - CDC", 0x1366, 0x1024, f"00{fake_jlink.PROBE}")
        monkeypatch.setattr("sktools.link.ports.list_ports", lambda: (port,))
        yield evb


@needs_arm_gcc
@needs_qemu
def test_one_command_from_a_tflite_to_a_bundle(sktools: Command, desk: FakeEvb, workspace: Path) -> None:
    ended = sktools("run", "--tflite-filename", "lone.tflite", "--platform", "apollo4p_evb", *AUTODEPLOY, "--json")
    assert ended.code == 0, ended.err
    profile = json.loads(ended.out)
    assert (profile["model"], profile["board"], profile["engine"]) == ("watch", "apollo4p_evb", "aot")
    assert profile["counter"]["kind"] == "dwt" and profile["calibration"] is None
    assert profile["totals"]["latency_kind"] == "measured"
    assert profile["totals"]["latency_ms"] == pytest.approx(profile["totals"]["cycles"] / 192e6 * 1e3, rel=1e-3)
    assert profile["totals"]["energy_kind"] == "estimated"
    assert profile["parity"]["frames"] == 2 and profile["parity"]["mismatched"] == 0
    assert profile["parity"]["elements"] > 0
    (bundle,) = (workspace / "results" / "watch" / "apollo4p_evb-aot").glob("2*")
    assert {path.name for path in bundle.iterdir()} == {
        *("profile.json", "layers.csv", "blocks.csv", "metrics.json", "report.html", "manifest.json")
    }
    manifest = json.loads((bundle / "manifest.json").read_text())
    assert "neuralSPOT 1.3.0" in manifest["tools"]["compiler"]
    assert {"firmware.axf", "firmware.bin", "model.tflite"} <= set(manifest["image"])
    assert "verified" in ended.err
    shown = sktools("report", "watch", "--board", "apollo4p_evb")
    assert shown.code == 0 and "apollo4p_evb" in shown.out


@needs_arm_gcc
@needs_qemu
def test_step_by_step(sktools: Command, desk: FakeEvb, workspace: Path) -> None:
    built = sktools("build-fw", "tiny", "--board", "apollo4p_evb", "--json")
    assert built.code == 0, built.err
    assert json.loads(built.out)["image"] == "build/tiny/apollo4p_evb-aot/firmware.axf"
    planned = sktools("flash", "tiny", "--board", "apollo4p_evb", "--dry-run")
    assert planned.code == 0 and "loadbin firmware.bin, 0x18000" in planned.out
    assert not (workspace / "desk" / "flash.bin").exists()
    assert sktools("flash", "tiny", "--board", "apollo4p_evb").code == 0
    measured = sktools(
        *("profile", "tiny", "--board", "apollo4p_evb", "--inputs"), str(frames(workspace)), "--frames", "1"
    )
    assert measured.code == 0, measured.err
    assert "measured" in measured.out
    listed = sktools("list", "probes")
    assert listed.out == f"{fake_jlink.PROBE} (J-Link-OB-Apollo4-CortexM)\n"
    assert "1366:1024" in sktools("list", "ports").out
    flashed = json.loads(sktools("flash", "tiny", "--platform", "apollo4p_evb", "--json").out)
    assert flashed["board"] == "apollo4p_evb" and flashed["done"].endswith("verified")


def frames(folder: Path) -> Path:
    import numpy as np

    path = folder / "frames.npy"
    np.save(path, np.zeros((1, 1, 32, 14), np.int8))
    return path


@needs_interpreter
@needs_arm_gcc
@needs_qemu
def test_both_engines_on_the_board_side_by_side(
    sktools: Command, desk: FakeEvb, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    interpreter = Path(str(SDK)) / "extern" / "tensorflow" / tensorflow_version()
    root = make_sdk(tmp_path_factory.mktemp("both") / "neuralSPOT", interpreter=interpreter)
    monkeypatch.setenv("NEURALSPOT_ROOT", str(root))
    profiles = {}
    for engine in ("tflm", "aot"):
        ended = sktools("run", "lone.tflite", "--board", "apollo4p_evb", "--engine", engine, "--frames", "1", "--json")
        assert ended.code == 0, ended.err
        profiles[engine] = json.loads(ended.out)
        assert profiles[engine]["engine"] == engine and profiles[engine]["parity"]["mismatched"] == 0
        assert profiles[engine]["totals"]["latency_kind"] == "measured"
    tables = [[(layer["name"], layer["op"], layer["macs"]) for layer in p["layers"]] for p in profiles.values()]
    assert tables[0] == tables[1]
    ended = sktools("compare", *(f"results/lone/apollo4p_evb-{engine}" for engine in profiles))
    assert ended.code == 0 and "(apollo4p_evb, tflm" in ended.out and "(apollo4p_evb, aot" in ended.out


@needs_arm_gcc
@needs_qemu
def test_energy_measured_between_the_marks(sktools: Command, desk: FakeEvb, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "joulescope", fake_package([Instrument()]))
    ended = sktools("run", "lone.tflite", "--board", "apollo4p_evb", "--frames", "1", "--joulescope", "--json")
    assert ended.code == 0, ended.err
    totals = json.loads(ended.out)["totals"]
    assert totals["energy_kind"] == "measured" and "between the GPIO marks" in totals["energy_note"]
    hours = json.loads(ended.out)["frame_hours"]
    assert totals["energy_uj_per_sleep_hour"] == pytest.approx(MICROJOULES / hours)
    refused = sktools("profile", "lone.tflite", "--frames", "1", "--joulescope")
    assert refused.code == EXIT_USAGE and "needs a physical board" in refused.err
    monkeypatch.setitem(sys.modules, "joulescope", None)  # as where it is not installed
    refused = sktools("run", "tiny", "--board", "apollo4p_evb", "--joulescope")
    assert refused.code == EXIT_MISSING and "pip install 'sktools[joulescope]'" in refused.err
    assert not Path("build/tiny").exists()  # told before anything is built or flashed


def page_row(sktools: Command, folder: Path, board: str) -> list[str] | None:
    """The hardware row of the model tiny on a board, cell by cell, of a page written now."""
    assert sktools("zoo", "page", "--output", str(folder)).code == 0
    text = next(folder.glob("*.md")).read_text().replace("\\", "")
    table = text[text.index("## EVB Performance") :]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line[:1] == "|"]
    return next((row for row in rows if row[0] == "TINY" and row[1] == f"{board}, aot"), None)


@needs_arm_gcc
@needs_qemu
def test_the_zoo_page_fills_from_the_boards_bundle(sktools: Command, desk: FakeEvb, workspace: Path) -> None:
    run = ("run", "tiny", "--subjects", "syn-001", "--frames", "1", "--json")
    virtual = sktools(*run)
    assert virtual.code == 0, virtual.err
    row = page_row(sktools, workspace / "before", "virtual")
    assert row is not None and row[3].endswith("(predicted)")
    ended = sktools(*run, "--board", "apollo4p_evb")
    assert ended.code == 0, ended.err
    measured = json.loads(ended.out)
    totals, memory = measured["totals"], measured["memory"]
    row = page_row(sktools, workspace / "after", "apollo4p_evb")
    assert row is not None
    assert row[2:] == [
        f"{totals['cycles'] / measured['frame_hours']:,.0f}",
        f"{totals['ms_per_sleep_hour']:.2f} (measured)",
        *(f"{memory[name] / 1024:,.1f}" for name in ("arena_bytes", "flash_bytes", "ram_bytes")),
        f"{totals['energy_uj_per_sleep_hour']:.0f} (estimated)",
        "exact",
    ]
    # The prediction has made way for the measurement.
    assert page_row(sktools, workspace / "again", "virtual") is None


@needs_arm_gcc
def test_without_the_sdk_the_project_is_rendered(
    sktools: Command, desk: FakeEvb, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NEURALSPOT_ROOT")
    ended = sktools("build-fw", "tiny", "--board", "apollo4p_evb")
    assert ended.code == EXIT_MISSING
    assert "rendered: build/tiny/apollo4p_evb-aot" in ended.err and "git clone" in ended.err
    assert (workspace / "build/tiny/apollo4p_evb-aot/module.mk").is_file()


@needs_arm_gcc
@needs_qemu
def test_both_boards_where_none_is_named(
    sktools: Command, desk: FakeEvb, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = sktools("build-fw", "tiny", "--json")
    assert ended.code == 0, ended.err
    document = json.loads(ended.out)
    assert document["board"] == "virtual" and document["also"]["built"]
    assert (workspace / "build/tiny/apollo4p_evb-aot/firmware.bin").is_file()
    monkeypatch.delenv("NEURALSPOT_ROOT")
    (workspace / "sktools.yaml").write_text("sdk: /nowhere\n")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(workspace / "config"))
    assert sktools("build-fw", "tiny", "--json").code == EXIT_USAGE
    document = json.loads(sktools("build-fw", "tiny", "--json", "--trust").out)
    assert not document["also"]["built"] and "/nowhere is no checkout" in document["also"]["told"]["not built"]
    shown = sktools("build-fw", "tiny").out
    assert "\napollo4p_evb\n" in shown and "next       git clone https://github.com/AmbiqAI/neuralSPOT" in shown


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("--max-arena-size", "0.1"), EXIT_FAILURE, "the arena takes"),
        (("--max-arena-size", "nan"), EXIT_USAGE, "--max-arena-size nan is no size in KB"),
        (("--baud", "3"), EXIT_USAGE, "no rate of 3; 1,200 to 4,000,000 baud are possible"),
        (("--clock", "100"), EXIT_USAGE, "no clock of 100 MHz; it has 192, 96"),
        (("--cpu-mode", "fast"), EXIT_USAGE, "'fast' is no clock: a number of MHz, hp, lp or auto"),
        (("--arena-location", "PSRAM"), EXIT_USAGE, "no memory 'PSRAM'"),
        (("--arena-location", "MRAM"), EXIT_USAGE, "cannot hold the arena"),
        (("--sdk", "/nowhere"), EXIT_MISSING, "/nowhere is no checkout of neuralSPOT"),
    ],
)
def test_what_a_build_refuses(
    sktools: Command, desk: FakeEvb, arguments: tuple[str, ...], code: int, told: str
) -> None:
    ended = sktools("build-fw", "tiny", "--board", "apollo4p_evb", *arguments)
    assert ended.code == code
    assert told in ended.err and "Traceback" not in ended.err


@needs_arm_gcc
@needs_qemu
def test_a_board_of_ones_own_from_its_yaml_alone(sktools: Command, desk: FakeEvb, workspace: Path) -> None:
    text = (workspace / "boards" / "apollo4p_evb.yaml").read_text()
    (workspace / "my_evb.yaml").write_text(text.replace("name: apollo4p_evb\n", "name: my_evb\n"))
    where = ("--board", "my_evb.yaml")
    ended = sktools("flash", "tiny", *where)
    assert "hint: sktools build-fw tiny --board my_evb.yaml\n" in ended.err
    ended = sktools("run", "tiny", *where, "--inputs", str(frames(workspace)), "--json")
    assert ended.code == 0, ended.err
    assert json.loads(ended.out)["board"] == "my_evb" and json.loads(ended.out)["parity"]["mismatched"] == 0
    assert (workspace / "build/tiny/my_evb-aot/firmware.bin").is_file()


@needs_arm_gcc
def test_flashing_what_is_not_built_or_not_there(sktools: Command, desk: FakeEvb, workspace: Path) -> None:
    ended = sktools("flash", "tiny", "--board", "apollo4p_evb")
    assert ended.code == EXIT_FAILURE and "hint: sktools build-fw tiny --board apollo4p_evb\n" in ended.err
    ended = sktools("flash", "tiny", "--board", "apollo4p_evb", "--model-name", "watch")
    assert "hint: sktools build-fw tiny --model-name watch --board apollo4p_evb\n" in ended.err
    image = workspace / "any.bin"
    image.write_bytes(b"\0" * 64)
    refused = sktools("flash", "--image", str(image), "--board", "apollo4p_evb")
    assert refused.code == EXIT_FAILURE and "would start with its stack at 0x00000000" in refused.err
    where = ("--board", "apollo4p_evb", "--force")
    assert sktools("flash", "--image", str(image), *where).code == 0
    (workspace / "desk" / "scenario").write_text("no-target-exit-0")
    ended = sktools("flash", "--image", str(image), *where)
    assert ended.code == EXIT_FAILURE and "does not reach the chip" in ended.err and "hint:" in ended.err
    (workspace / "desk" / "probes").write_text("")
    assert sktools("flash", "--image", str(image), *where).code == EXIT_MISSING


@needs_arm_gcc
def test_a_silent_board(sktools: Command, desk: FakeEvb) -> None:
    ended = sktools("profile", "tiny", "--board", "apollo4p_evb", "--frames", "1")
    assert ended.code == EXIT_FAILURE
    assert "silent" in ended.err and "sktools flash tiny --board apollo4p_evb, " in ended.err


@needs_arm_gcc
@needs_qemu
def test_the_other_clock_is_noticed_and_the_way_to_it_told(sktools: Command, desk: FakeEvb) -> None:
    where = ("--board", "apollo4p_evb")
    assert sktools("build-fw", "tiny", *where).code == 0 and sktools("flash", "tiny", *where).code == 0
    ended = sktools("profile", "tiny", *where, "--frames", "1", "--clock", "96")
    assert ended.code == EXIT_FAILURE
    assert "runs at 192.0 MHz, 96 MHz were asked for" in ended.err
    assert "hint: sktools build-fw tiny --board apollo4p_evb --clock 96, then flash it" in ended.err


@needs_arm_gcc
@needs_qemu
def test_the_monitor_decodes_what_the_board_says(sktools: Command, desk: FakeEvb) -> None:
    assert sktools("build-fw", "tiny", "--board", "apollo4p_evb").code == 0
    assert sktools("flash", "tiny", "--board", "apollo4p_evb").code == 0
    ended = sktools("monitor", "--hello", "--seconds", "3")
    assert ended.code == 0, ended.err
    assert "HELLO reply #1: tiny" in ended.out and "on apollo4p_evb, counter dwt, 192.00 MHz" in ended.out
    assert "MEMORY reply #2: stack" in ended.out
    assert sktools("monitor", "--board", "host").code == EXIT_USAGE
    reached = sktools("monitor", "--board", "virtual", "--port", desk.port, "--seconds", "0.1")
    assert reached.code == 0 and f"{desk.port} at 115200 baud" in reached.err


def test_what_is_typed_into_the_monitor_is_sent(sktools: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    keyboard, console = os.openpty()
    board, port = os.openpty()
    tty.setraw(port)
    heard: list[bytes] = []

    def firmware() -> None:
        heard.append(os.read(board, 100))
        os.write(board, b"1.0\nready> ")

    answering = threading.Thread(target=firmware)
    answering.start()
    os.write(keyboard, b"version?\n")
    with os.fdopen(console, "r") as typed:
        monkeypatch.setattr("sys.stdin", typed)
        ended = sktools("monitor", "--port", os.ttyname(port), "--seconds", "3")
    answering.join(timeout=10)
    assert heard == [b"version?\n"]
    assert ended.code == 0 and ended.out == "1.0\nready>\n"
    for descriptor in (keyboard, board, port):
        os.close(descriptor)


def test_the_monitor_takes_the_board_of_the_settings(
    sktools: Command, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sktools.link.ports.list_ports", lambda: ())
    assert "no port is apollo4p_evb" in sktools("monitor").err
    (workspace / "sktools.yaml").write_text("board: apollo3p_evb\n")
    assert "no port is apollo3p_evb" in sktools("monitor").err
    assert "no port is apollo4l_evb" in sktools("monitor", "--board", "apollo4l_evb").err
    for rate in ("0", "99999999999999999999"):
        ended = sktools("monitor", "--baud", rate)
        assert ended.code == EXIT_USAGE and f"a serial line has no rate of {rate}" in ended.err


def test_ports_are_told_by_what_they_are(sktools: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    ports = (
        Port("/dev/ttyACM0", "J-Link - CDC", 0x1366, 0x1024, "1"),
        Port("/dev/ttyACM1", "CDC", 0xCAFE, 0x4001, None),
        Port("/dev/ttyS0", "n/a", None, None, None),
    )
    monkeypatch.setattr("sktools.link.ports.list_ports", lambda: ports)
    assert sktools("list", "ports").out.splitlines() == [
        "/dev/ttyACM0 1366:1024 serial 1 (J-Link - CDC): SEGGER J-Link",
        "/dev/ttyACM1 CAFE:4001 (CDC): Ambiq USB CDC; the firmware does not talk there",
        "/dev/ttyS0 (n/a)",
    ]
    assert [port["adapter"] for port in json.loads(sktools("list", "ports", "--json").out)][2] == ""


def test_boards_are_listed_with_what_options_may_name(sktools: Command) -> None:
    text = sktools("list", "boards").out
    plus = text[text.index("apollo4p_evb\n") :]
    for line in ("--clock           192, 96", "--arena-location  TCM, SRAM", "--model-location  MRAM, TCM"):
        assert line in plus
