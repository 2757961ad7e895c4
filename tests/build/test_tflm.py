"""The engine "tflm": what is rendered for the interpreter, and, where NEURALSPOT_ROOT names one, what it computes."""

from __future__ import annotations

import dataclasses
import os
import re
import zlib
from pathlib import Path

import numpy as np
import pytest

from sktools.boards.arena_size import interpreted, tensorflow_version
from sktools.boards.board import load_board
from sktools.boards.configure import ImageOptions, build_image, sdk_target
from sktools.boards.driver import driver_for
from sktools.build.build import build_firmware
from sktools.build.neuralspot import application_files
from sktools.build.tflm import archive, find_tensorflow, interpreter_model, interpreter_sources, interpreter_target
from sktools.compiler.compile import compile_model
from sktools.compiler.compiled import CompiledModel
from sktools.compiler.model_file import read_model
from sktools.compiler.reference import Reference
from sktools.errors import BuildError, LinkError, MissingError, ModelError, UsageError
from tests.support.random_network import Family, random_network
from tests.support.stub_sdk import make_sdk
from tests.support.tools import needs_arm_gcc, needs_qemu

SDK = os.environ.get("NEURALSPOT_ROOT")
needs_interpreter = pytest.mark.skipif(
    SDK is None or not archive(Path(SDK) / "extern" / "tensorflow" / tensorflow_version()).is_file(),
    reason="NEURALSPOT_ROOT names no neuralSPOT with the interpreter's archive",
)


@pytest.fixture(scope="module")
def network() -> bytes:
    return random_network(Family(frames=32, filters=(8, 12), depths=(1, 1), dilations=(1, 2), classes=2, seed=7))


@pytest.fixture(scope="module")
def aot(network: bytes) -> CompiledModel:
    return compile_model(network, name="tiny", optimize="none")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_each_operator_is_a_step_with_the_layer_table_of_generated_c(aot: CompiledModel, network: bytes) -> None:
    model = interpreter_model(aot, network, 20_000)
    assert [(layer.name, layer.block, layer.op, layer.macs, layer.tensor) for layer in model.layers] == [
        (layer.name, layer.block, layer.op, layer.macs, layer.tensor) for layer in aot.layers
    ]
    assert [layer.step for layer in model.layers] == list(range(model.step_count))
    assert all(layer.observable and layer.cost_owner for layer in model.layers)
    assert model.plan.arena_bytes == 20_000 and "sk_arena[20000 + 2 *" in model.sources["model.c"]
    assert model.sha256 == aot.sha256 and model.contract == aot.contract
    assert (model.model_bytes, model.kernels, model.optimize) == (len(network), (), "tflm")
    table = re.findall(r"0x[0-9a-f]{2}", model.sources["weights.c"])
    assert bytes(int(byte, 16) for byte in table) == network


def test_the_interpreter_gets_the_operators_of_the_model_and_no_others(aot: CompiledModel, network: bytes) -> None:
    text = interpreter_model(aot, network, 1000).sources["operators.cc"]
    registered = re.findall(r"resolver\.Add(\w+)\(\)", text)
    names = {operator.op for operator in read_model(network).operators}
    assert len(registered) == len(set(registered)) == len(names)
    assert {"Conv2D", "DepthwiseConv2D", "Mean", "Mul"} <= set(registered)


def test_a_model_with_folded_operators_is_refused(aot: CompiledModel, network: bytes) -> None:
    folded = dataclasses.replace(aot, layers=aot.layers[1:])
    with pytest.raises(ModelError, match="1 of this model's are no layers") as caught:
        interpreter_model(folded, network, 1000)
    assert "--engine aot" in caught.value.hint


def test_the_interpreters_main_takes_the_place_of_ours() -> None:
    assert interpreter_sources(("runtime/sk_main.c", "boards/x.c"), quiet=True) == (
        *("boards/x.c", "tflm/sk_tflm_main.c", "tflm/sk_tflm.cc", "tflm/sk_tflm_quiet.cc"),
    )
    with pytest.raises(UsageError, match="a board with firmware of its own"):
        interpreter_sources(load_board("host").target.sources, quiet=True)


def test_the_sdk_application_with_the_interpreter(aot: CompiledModel, network: bytes) -> None:
    target = dataclasses.replace(sdk_target(load_board("apollo4p_evb"), ImageOptions()), engine="tflm")
    files = application_files(interpreter_model(aot, network, 20_000), target, network)
    make = files["module.mk"].decode()
    assert "src/tflm/sk_tflm_main.o" in make and "src/model/operators.cc" in make
    assert "sk_main.c" not in make.replace("sk_tflm_main.c", "")
    assert "src/tflm/sk_tflm_quiet.cc" not in files  # the SDK brings its own log
    assert '"engine": "tflm"' in files["model.json"].decode()


def test_without_an_sdk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("NEURALSPOT_ROOT", raising=False)
    with pytest.raises(MissingError, match="needs the interpreter of neuralSPOT") as caught:
        find_tensorflow("helia_rt_v1_6_0", None)
    assert "git clone" in caught.value.hint
    (tmp_path / "empty").mkdir()
    with pytest.raises(MissingError, match="lacks extern/tensorflow/helia_rt_v1_6_0/lib/libtensorflow-microlite-cm4"):
        find_tensorflow("helia_rt_v1_6_0", tmp_path / "empty")
    root = make_sdk(tmp_path / "sdk", tensorflow="helia_rt_v1_6_0")
    assert find_tensorflow("helia_rt_v1_6_0", root) == root / "extern" / "tensorflow" / "helia_rt_v1_6_0"


@needs_interpreter
@needs_arm_gcc
@needs_qemu
def test_the_interpreter_computes_what_the_reference_computes(
    aot: CompiledModel, network: bytes, tmp_path: Path
) -> None:
    board = load_board("virtual")
    build = build_image(aot, board, network, tmp_path / "out", ImageOptions(sdk=Path(str(SDK))), "tflm")
    assert build.engine == "tflm" and build.model.layers[-1].output == aot.output
    oracle = Reference(network)
    frame = np.random.default_rng(0).integers(-128, 128, size=aot.input.shape, dtype=np.int8)
    expected = oracle.run(frame)
    with driver_for(board).open(build) as session:
        assert session.client.hello().arena_bytes == build.model.plan.arena_bytes
        run = session.run(frame.tobytes())
        assert run.output == expected[oracle.graph.output].tobytes()
        for layer in build.model.layers:
            assert run.steps[layer.step].crc == zlib.crc32(expected[layer.tensor].tobytes()), layer.name
        assert len(session.counts()) == len(build.model.layers)
        middle = build.model.layers[len(build.model.layers) // 2]
        assert session.client.run_to(frame.tobytes(), middle.step) == expected[middle.tensor].tobytes()


@needs_interpreter
@needs_arm_gcc
@needs_qemu
def test_the_arena_is_found_by_running_it_and_not_a_byte_less_serves(
    aot: CompiledModel, network: bytes, tmp_path: Path
) -> None:
    sdk = Path(str(SDK))
    model = interpreted(aot, network, sdk)
    board = load_board("virtual")
    with pytest.raises(BuildError, match="the arena takes"):
        options = ImageOptions(sdk=sdk, max_arena_bytes=model.plan.arena_bytes - 1)
        build_image(aot, board, network, tmp_path / "small", options, "tflm")
    smaller = interpreter_model(aot, network, model.plan.arena_bytes - 16)
    target = interpreter_target(board.target, find_tensorflow(tensorflow_version(), sdk))
    build = build_firmware(smaller, target, network, tmp_path / "less")
    with (
        pytest.raises(LinkError, match="sk_tflm_arena_is_too_small_or_an_operator_refused"),
        driver_for(board).open(build),
    ):
        pass
