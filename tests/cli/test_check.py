"""sktools check says what build-fw would say, without a toolchain."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import sktools
from sktools.boards.board import load_board
from sktools.compiler.costs import shipped_costs
from sktools.errors import ModelError
from sktools.pipeline.check import check_model
from tests.cli.conftest import Command
from tests.support.tflite_writer import TfliteWriter
from tests.support.tools import needs_cc

FOREIGN = Path(__file__).resolve().parents[3] / "shared" / "models-foreign"
REFUSED = {
    "020-neuralspot-speech-to-intent": "2 outputs",
    "040-microwakeword-v1": "2 subgraphs",
    "041-microwakeword-v2": "2 subgraphs",
    "043-microwakeword-v2": "2 subgraphs",
    "046-microwakeword-vad": "2 subgraphs",
    "047-tinyengine-detection": "3 outputs",
}
"""Of the foreign models, with a part of the reason; all others are accepted."""


def test_an_accepted_model_is_shown_layer_by_layer(sktools: Command) -> None:
    ended = sktools("check", "ss-2", "--json")
    assert ended.code == 0, ended.err
    document = json.loads(ended.out)
    assert document["accepted"] and document["error"] == ""
    assert document["cycles"] == sum(layer["cycles"] or 0 for layer in document["layers"]) > 1_000_000
    assert document["macs"] == sum(layer["macs"] for layer in document["layers"])
    assert "DEC/conv" in sktools("check", "ss-2").out


def test_a_refused_model_has_a_reason_and_a_hint(sktools: Command, workspace: Path) -> None:
    writer = TfliteWriter()
    source, output = (writer.activation((1, 4, 8), 0.1, 0) for _ in range(2))
    writer.operator("GELU", (source,), output)
    (workspace / "gelu.tflite").write_bytes(writer.finish(source, output))
    ended = sktools("check", "gelu.tflite", "--json")
    assert ended.code == 1 and "operator 0 is GELU" in ended.err
    document = json.loads(ended.out)
    assert not document["accepted"] and "GELU" in document["error"] and "ReLU6" in document["hint"]


def test_a_model_that_is_too_large_for_the_board_does_not_fit(tmp_path: Path) -> None:
    writer = TfliteWriter()
    source, output = writer.activation((1, 2000), 0.1, 0), writer.activation((1, 1000), 0.1, 0)
    weights = writer.constant(np.ones((1000, 2000), dtype=np.int8), (0.01,))
    writer.operator("FULLY_CONNECTED", (source, weights), output, FusedActivationFunction=0)
    tflite = writer.finish(source, output)
    found = check_model(tflite, load_board("apollo4p_evb"), "balanced", {})
    assert not found.accepted and "MRAM" in found.error
    assert check_model(tflite, load_board("virtual"), "balanced", {}).accepted


@pytest.mark.skipif(not FOREIGN.is_dir(), reason="the foreign models are not here")
def test_the_foreign_models_are_accepted_but_for_those_listed() -> None:
    board = load_board("virtual")
    refused = {}
    for path in sorted(FOREIGN.glob("*.tflite")):
        found = check_model(path.read_bytes(), board, "balanced", shipped_costs())
        if not found.accepted:
            refused[path.stem] = found.error
    assert refused.keys() == REFUSED.keys()
    assert all(part in refused[name] for name, part in REFUSED.items())


@needs_cc
@pytest.mark.skipif(not FOREIGN.is_dir(), reason="the foreign models are not here")
@pytest.mark.parametrize("seed", range(4))
def test_check_and_build_agree_on_a_mutated_file(seed: int, tmp_path: Path) -> None:
    random = np.random.default_rng(seed)
    content = bytearray((FOREIGN / "008-hello-world.tflite").read_bytes())
    for _ in range(seed):
        content[int(random.integers(16, len(content)))] = int(random.integers(256))
    path = tmp_path / "mutated.tflite"
    path.write_bytes(content)
    accepted = check_model(bytes(content), load_board("host"), "balanced", shipped_costs()).accepted
    try:
        sktools.build_fw(path, board="host", output=tmp_path / "build")
    except ModelError:
        assert not accepted
    else:
        assert accepted
