"""build-fw and export say whether what they hand out was compared with the reference, and keep wrong C back."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from sktools.compiler import compile as compiler
from sktools.errors import EXIT_THRESHOLD
from tests.cli.conftest import FAMILY, Command
from tests.profiling.test_verification import without_tflite_micro
from tests.support.random_network import random_network
from tests.support.tools import needs_arm_gcc, needs_cc

__all__ = ["without_tflite_micro"]

HOST = ("--board", "host")


@needs_cc
def test_a_build_says_that_it_is_verified(sktools: Command, workspace: Path) -> None:
    document = json.loads(sktools("build-fw", "tiny", *HOST, "--json").out)
    manifest = json.loads((workspace / document["folder"] / "manifest.json").read_text())
    assert document["verified"] is manifest["verified"] is True
    assert document["verified_frames"] == manifest["verified_frames"] > 4
    assert Path(document["image"]).name in manifest["image"]
    assert "verified        true: " in sktools("build-fw", "tiny", *HOST).out


@needs_cc
@pytest.mark.parametrize(
    "arguments",
    [("build-fw", *HOST, "--output", "out"), ("export", "--as", "c-library", "--output", "out")],
    ids=["build-fw", "export"],
)
def test_wrong_c_is_not_handed_out(
    arguments: tuple[str, ...], sktools: Command, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The compiler makes C of another network of the same shapes."""
    right, wrong = compiler.compile_with, random_network(dataclasses.replace(FAMILY, seed=8))
    monkeypatch.setattr(compiler, "compile_with", lambda _, *rest, **options: right(wrong, *rest, **options))
    command, *options = arguments
    ended = sktools(command, "tiny", *options)
    assert ended.code == EXIT_THRESHOLD, ended.err
    assert "differs from the reference kernels, first in" in ended.err
    assert not (workspace / "out").exists()


@needs_cc
@needs_arm_gcc
@pytest.mark.usefixtures("without_tflite_micro")
def test_without_a_judge_both_succeed_and_say_so(sktools: Command, workspace: Path) -> None:
    from tests.compiler.test_reference import dense_between_products

    (workspace / "dense.tflite").write_bytes(dense_between_products()[0])
    for arguments in (
        ("build-fw", "dense.tflite", *HOST, "--output", "out"),
        ("export", "dense.tflite", "--as", "c-library", "--output", "library"),
    ):
        ended = sktools(*arguments, "--json")
        document = json.loads(ended.out)
        manifest = json.loads((workspace / arguments[-1] / "manifest.json").read_text())
        assert ended.code == 0 and document["verified"] is manifest["verified"] is False
        assert "tflite-micro" in document["not_verified_because"]
        assert "not verified" in ended.err and "tflite-micro" in ended.err
    text = (workspace / "library" / "selftest" / "dense_selftest.c").read_text()
    assert "NOT compared with the reference kernels" in text
