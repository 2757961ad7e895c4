"""sktools doctor: finds what is there, names what is missing and the command that gets it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from sktools.errors import EXIT_MISSING, EXIT_USAGE
from sktools.link.ports import Port
from tests.cli.conftest import Command
from tests.support import fake_jlink
from tests.support.stub_sdk import make_sdk
from tests.support.tools import needs_arm_gcc, needs_qemu


def checks(out: str) -> dict[str, dict[str, Any]]:
    return {check["name"]: check for check in json.loads(out)["checks"]}


@pytest.fixture
def bare(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with nothing on PATH, no SDK and no port."""
    empty = workspace / "bin"
    empty.mkdir()
    monkeypatch.setenv("PATH", str(empty))
    for name in ("NEURALSPOT_ROOT", "SKTOOLS_JLINK", "SKTOOLS_QEMU", "SKTOOLS_SDK"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sktools.link.ports.list_ports", lambda: ())
    return empty


@needs_arm_gcc
@needs_qemu
def test_the_virtual_boards_machine(sktools: Command) -> None:
    ended = sktools("doctor", "--json")
    assert ended.code == 0, ended.err
    found = checks(ended.out)
    for name in ("arm-none-eabi-gcc", "newlib", "make", "QEMU"):
        assert found[name]["needed"] and found[name]["found"], name
    assert "QEMU" in found["QEMU"]["found"]
    assert not found["SDK"]["needed"] and not found["JLinkExe"]["needed"]
    assert "what" in sktools("doctor").out


def test_a_bare_machine(sktools: Command, bare: Path) -> None:
    ended = sktools("doctor", "--board", "apollo4p_evb", "--json")
    assert ended.code == EXIT_MISSING
    found = checks(ended.out)
    missing = {name for name, check in found.items() if check["needed"] and not check["found"]}
    assert missing == {
        *("arm-none-eabi-gcc", "newlib", "make", "JLinkExe", "J-Link probe", "SDK"),
        "serial port",
    }
    assert "apt-get install gcc-arm-none-eabi" in found["arm-none-eabi-gcc"]["install"]
    assert "segger.com" in found["JLinkExe"]["install"]
    assert "git clone https://github.com/AmbiqAI/neuralSPOT" in found["SDK"]["install"]
    assert "arm-none-eabi-gcc" in ended.err and "hint: sudo apt-get install" in ended.err
    told = sktools("doctor", "--board", "virtual")
    assert told.code == EXIT_MISSING and "MISSING" in told.out


def test_a_desk_with_all_but_a_part_of_the_sdk(
    sktools: Command, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = workspace / "tty"
    port.write_text("")
    monkeypatch.setattr("sktools.link.ports.list_ports", lambda: (Port(str(port), "J-Link", 0x1366, 1, "1"),))
    monkeypatch.setenv("FAKE_JLINK", str(workspace))
    monkeypatch.setenv("PATH", f"{fake_jlink.install(workspace)}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.delenv("SKTOOLS_JLINK", raising=False)
    sdk = make_sdk(workspace / "sdk")
    found = checks(sktools("doctor", "--board", "apollo4p_evb", "--sdk", str(sdk), "--json").out)
    assert found["SDK"]["found"] == f"neuralSPOT 1.3.0, AmbiqSuite R4.5.0 ({sdk})"
    assert found["J-Link probe"]["found"] == f"{fake_jlink.PROBE} (J-Link-OB-Apollo4-CortexM)"
    assert found["serial port"]["found"] == str(port)
    header = sdk / "extern/AmbiqSuite/R4.5.0/CMSIS/AmbiqMicro/Include/apollo4p.h"
    header.unlink()
    ended = sktools("doctor", "--board", "apollo4p_evb", "--sdk", str(sdk), "--json")
    assert ended.code == EXIT_MISSING
    told = checks(ended.out)["SDK"]
    assert "Include/apollo4p.h" in told["why"]
    # only the missing file is fetched again: what the user changed in the checkout stays
    missing = header.relative_to(sdk)
    assert told["install"].startswith(f"git -C {sdk} checkout HEAD -- {missing}, or a fresh clone: git clone")
    shown = sktools("doctor", "--board", "apollo4p_evb", "--sdk", str(sdk)).out
    assert f"    git -C {sdk} checkout HEAD -- {missing}" in shown  # in one piece, to be copied


def test_a_port_without_permission_names_the_group(
    sktools: Command, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sktools.link.ports.list_ports", lambda: (Port("/dev/ttyACM0", "J-Link", 0x1366, 1, "1"),))
    monkeypatch.setattr("sktools.cli.doctor.os.access", lambda path, mode: path != "/dev/ttyACM0")
    found = checks(sktools("doctor", "--board", "apollo4p_evb", "--json").out)
    assert "dialout" in found["serial port"]["install"]


def test_a_port_of_something_else_is_not_the_boards(sktools: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sktools.link.ports.list_ports", lambda: (Port("/dev/ttyS0", "n/a", None, None, None),))
    found = checks(sktools("doctor", "--board", "apollo4p_evb", "--json").out)["serial port"]
    assert found["needed"] and not found["found"]
    assert found["why"] == "no port is apollo4p_evb's; ports: /dev/ttyS0" and "plug" in found["install"]


def test_an_unknown_board(sktools: Command) -> None:
    assert sktools("doctor", "--board", "apollo5").code == EXIT_USAGE
