"""The plugin against a played QEMU of each API version, and how it is built, cached and done without."""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path

import pytest

from sktools.boards import cycle_model, qemu
from sktools.boards.cycle_model import StepWindow, build_plugin, read_windows
from sktools.build.shipped import firmware_path
from sktools.errors import EXIT_MISSING, LinkError, MissingError
from tests.support.tools import needs_cc, needs_qemu


def record(sequence: int, kind: int, instructions: int, cycles: int, runs: int = 0) -> bytes:
    return struct.pack("=IIQQQ", sequence, kind, instructions, cycles, cycles + runs)


def play(folder: Path, api: int, *blocks: str) -> bytes:
    """The records that the plugin writes when a played QEMU of that API version runs these blocks."""
    sources = [firmware_path("cycle_model", name) for name in cycle_model.SOURCES]
    plugin, program, records = folder / "plugin.so", folder / "host", folder / "records"
    common = ["cc", "-std=c99", "-Wall", "-Wextra", "-Werror", f"-DSK_QEMU_API={api}"]
    subprocess.run([*common, "-fPIC", "-shared", "-fvisibility=hidden", "-o", plugin, *sources], check=True)
    host, include = Path(__file__).with_name("plugin_host.c"), f"-I{firmware_path('cycle_model')}"
    subprocess.run([*common, include, "-rdynamic", "-o", program, host, "-ldl"], check=True)
    subprocess.run([program, plugin, f"records={records}", *blocks], check=True)
    return records.read_bytes()


@needs_cc
@pytest.mark.parametrize("api", [1, 2, 3, 4, 5, 6, 7])
def test_the_plugin_counts_with_every_api_version(tmp_path: Path, api: int) -> None:
    # ldr 2, bne 1 not taken; ldr behind a branch 2, adds 1. The jump back costs outside the windows.
    assert read_windows(play(tmp_path, api, "0", "1", "0", "1")) == (StepWindow(0, 4, 6, 6), StepWindow(1, 4, 6, 6))


@needs_cc
def test_a_jump_inside_a_window_costs_its_refill(tmp_path: Path) -> None:
    begin, again, end = struct.iter_unpack("=IIQQQ", play(tmp_path, 7, "0", "0", "1"))
    # block 0 behind its marker 3, the refill of a direct branch 1, and the marker itself (1) of the second round
    assert again[3] - begin[3] == 3 + 1 + 1
    assert end[3] - again[3] == 3 + 3


def test_markers_that_do_not_pair_are_refused() -> None:
    whole = record(0, 1, 10, 20, 1) + record(1, 2, 14, 30, 3)
    assert read_windows(whole) == (StepWindow(0, 4, 10, 12),)
    for damaged in (record(0, 1, 1, 1), record(0, 2, 1, 1), whole[32:] + whole[:32], record(0, 1, 1, 1) * 2):
        with pytest.raises(LinkError, match="do not pair up"):
            read_windows(damaged)


def test_a_record_still_being_written_is_left_out() -> None:
    whole = record(0, 1, 10, 20) + record(1, 2, 14, 30)
    assert read_windows(whole + record(2, 1, 0, 0)[:7]) == (StepWindow(0, 4, 10, 10),)


@needs_qemu
@needs_cc
def test_the_plugin_is_built_once_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    build_plugin.cache_clear()
    try:
        built = build_plugin(qemu.find_qemu())
        assert built.parent == tmp_path / "sktools"
        assert [path.name for path in built.parent.iterdir()] == [built.name]  # nothing half-built beside it
        made = built.stat().st_mtime_ns
        build_plugin.cache_clear()
        assert build_plugin(qemu.find_qemu()) == built
        assert built.stat().st_mtime_ns == made
    finally:
        build_plugin.cache_clear()


@needs_qemu
@needs_cc
def test_a_damaged_plugin_is_built_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    build_plugin.cache_clear()
    try:
        built = build_plugin(qemu.find_qemu())
        whole = built.read_bytes()
        for damage in (b"", whole[: len(whole) // 2]):
            built.write_bytes(damage)
            build_plugin.cache_clear()
            assert build_plugin(qemu.find_qemu()).read_bytes() == whole
    finally:
        build_plugin.cache_clear()


@needs_qemu
@needs_cc
def test_without_a_cache_the_plugin_lives_as_long_as_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/no-such-folder")
    monkeypatch.setenv("CC", "cc -O1")  # a compiler with words
    build_plugin.cache_clear()
    try:
        assert build_plugin(qemu.find_qemu()).is_file()
    finally:
        build_plugin.cache_clear()


@needs_qemu
def test_no_compiler_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("CC", "no-such-compiler")
    build_plugin.cache_clear()
    try:
        with pytest.raises(MissingError, match="no-such-compiler is not installed"):
            build_plugin(qemu.find_qemu())
    finally:
        build_plugin.cache_clear()


def test_no_qemu_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("SKTOOLS_QEMU", raising=False)
    with pytest.raises(MissingError, match="qemu-system-arm") as caught:
        qemu.find_qemu()
    assert caught.value.exit_code == EXIT_MISSING
    assert "apt-get install qemu-system-arm" in caught.value.hint
