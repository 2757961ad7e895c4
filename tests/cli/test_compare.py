from __future__ import annotations

import json
from pathlib import Path

from sktools.errors import EXIT_THRESHOLD, EXIT_USAGE
from tests.cli.conftest import Command
from tests.support.tools import needs_cc, needs_interpreter, needs_qemu


def test_two_levels_of_one_model(sktools: Command, workspace: Path) -> None:
    for level in ("none", "balanced"):
        ended = sktools(
            "run", "tiny", "--board", "host", "--subjects", "syn-001", "--optimize", level, "--output", level
        )
        assert ended.code == 0, ended.err
    names = ("none/tiny/host-aot", "balanced/tiny/host-aot")
    Path("limits.yaml").write_text("mismatched: {max: 0}\naccuracy: {max_decrease: 0}\n")
    ended = sktools("compare", *names, "--thresholds", "limits.yaml", "--json", "--html", "c.html")
    assert ended.code == 0, ended.err
    document = json.loads(ended.out)
    assert document["violations"] == []
    figures = {row["name"]: row for row in document["figures"]}
    assert figures["accuracy"]["change"] == 0
    assert document["before"]["optimize"] == "none" and document["after"]["optimize"] == "balanced"
    assert "table-figures" in Path("c.html").read_text()
    assert "accuracy" in sktools("compare", *names).out

    Path("limits.yaml").write_text("arena_bytes: {max: 1}\n")
    ended = sktools("compare", *names, "--thresholds", "limits.yaml")
    assert ended.code == EXIT_THRESHOLD
    assert "arena_bytes" in ended.err and "arena_bytes" in ended.out


def test_other_networks_are_refused(sktools: Command, workspace: Path) -> None:
    from tests.support.random_network import Family, random_network

    Path("wide.tflite").write_bytes(random_network(Family(frames=32, filters=(9,), depths=(1,), dilations=(1,))))
    for model in ("lone.tflite", "wide.tflite"):
        assert sktools("run", model, "--board", "host", "--frames", "1").code == 0
    ended = sktools("compare", "lone", "wide", "--board", "host")
    assert ended.code == EXIT_USAGE
    assert "different networks" in ended.err


@needs_interpreter
@needs_qemu
@needs_cc
def test_generated_code_beside_the_interpreter(sktools: Command, workspace: Path) -> None:
    for engine in ("tflm", "aot"):
        ended = sktools("run", "tiny", "--engine", engine, "--subjects", "syn-001", "--frames", "1", "--json")
        assert ended.code == 0, ended.err
        profile = json.loads(ended.out)
        assert profile["engine"] == engine and profile["parity"]["mismatched"] == 0
    names = [f"results/tiny/virtual-{engine}" for engine in ("tflm", "aot")]
    Path("limits.yaml").write_text("cycles: {max_decrease: 1.0}\nmismatched: {max: 0}\n")
    ended = sktools("compare", *names, "--thresholds", "limits.yaml", "--json")
    assert ended.code == 0, ended.err
    document = json.loads(ended.out)
    assert (document["before"]["engine"], document["after"]["engine"]) == ("tflm", "aot")
    figures = {row["name"]: row for row in document["figures"]}
    for figure in ("cycles", "arena_bytes", "flash_bytes", "latency_ms"):
        assert 0 < figures[figure]["after"] < figures[figure]["before"], figure
    assert figures["accuracy"]["change"] == 0
    # Layer by layer under the same names, though the two engines cut the network into other steps.
    assert {row["name"] for row in document["blocks"]} == {"ENC", "B1.1", "B2.1", "DEC"}
