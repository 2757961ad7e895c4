"""A small network with random weights, as a lone .tflite and as a model folder, and a way to run commands on it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sktools.cli import main
from sktools.cli.console import reset
from tests.support.random_network import Family, random_network

FAMILY = Family(frames=32, filters=(8, 12), depths=(1, 1), dilations=(1, 2), classes=2, seed=7)

CONFIG = """
name: tiny
description: random weights, for tests of the commands
network: {kernel: 5, filters: [8, 12], depths: [1, 1], dilations: [1, 2], classes: 2, epochs: 32}
classes: {names: [WAKE, SLEEP], map: {0: 0, 1: 1, 2: 1, 3: 1, 5: 1}}
"""


@dataclass(frozen=True)
class Ended:
    """What a command left behind."""

    code: int
    out: str
    err: str


Command = Callable[..., Ended]


@pytest.fixture(scope="session")
def tiny_network() -> bytes:
    return random_network(FAMILY)


@pytest.fixture
def workspace(tmp_path: Path, tiny_network: bytes, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with lone.tflite and models/tiny/."""
    (tmp_path / "lone.tflite").write_bytes(tiny_network)
    folder = tmp_path / "models" / "tiny"
    folder.mkdir(parents=True)
    (folder / "model.tflite").write_bytes(tiny_network)
    (folder / "config.yaml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    for name in ("BOARD", "ENGINE", "RESULTS", "PORT", "BAUD", "DATASET", "DATA", "OPTIMIZE"):
        monkeypatch.delenv(f"SKTOOLS_{name}", raising=False)
    return tmp_path


@pytest.fixture
def sktools(workspace: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Command]:
    def command(*arguments: str) -> Ended:
        code = main.run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Ended(code, captured.out, captured.err)

    yield command
    reset()


@pytest.fixture
def needs_toolchain() -> None:
    for tool in ("arm-none-eabi-gcc", "qemu-system-arm", "make"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
