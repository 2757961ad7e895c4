"""The engine "tflm": what is rendered for the interpreter, and, where NEURALSPOT_ROOT names one, what it computes."""

from __future__ import annotations

import dataclasses
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
from sktools.build.tflm import find_tensorflow, interpreter_model, interpreter_sources, interpreter_target
from sktools.compiler.compile import compile_model
from sktools.compiler.compiled import CompiledModel
from sktools.compiler.model_file import read_model
from sktools.compiler.reference import Reference
from sktools.errors import BuildError, LinkError, MissingError, UsageError
from sktools.profiling.device import BoardDevice
from sktools.profiling.session import measure
from tests.support.random_network import Family, random_network
from tests.support.stub_sdk import make_sdk
from tests.support.tflite_writer import ACTIVATIONS, TfliteWriter
from tests.support.tools import SDK, needs_arm_gcc, needs_interpreter, needs_qemu


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


def folding_network() -> bytes:
    """What a conversion with a dynamic batch and a causal window leaves: shape arithmetic, and a PAD of its own."""
    random = np.random.default_rng(3)
    writer = TfliteWriter()
    source = writer.activation((1, 24, 4), 0.05, 17)
    begin, end, stride = (writer.constant(np.array([value], dtype=np.int32)) for value in (0, 1, 1))
    rest = [writer.constant(np.array(value, dtype=np.int32)) for value in (1, 24, 4)]
    shape, batch, packed = (writer.constant(np.zeros(extents, dtype=np.int32)) for extents in ((3,), (), (4,)))
    for index in (shape, batch, packed):
        writer.tensors[index].data = None
    writer.operator("SHAPE", (source,), shape, OutType=2)
    writer.operator("STRIDED_SLICE", (shape, begin, end, stride), batch, ShrinkAxisMask=1)
    writer.operator("PACK", (batch, *rest), packed, ValuesCount=4)
    rows = writer.operator("RESHAPE", (source, packed), writer.activation((1, 1, 24, 4), 0.05, 17))
    amounts = writer.constant(np.array([[0, 0], [0, 0], [2, 0], [0, 0]], dtype=np.int32))
    padded = writer.operator("PAD", (rows, amounts), writer.activation((1, 1, 26, 4), 0.05, 17))
    scales = random.uniform(0.002, 0.01, 6).tolist()
    weights = writer.constant(random.integers(-127, 128, (6, 1, 3, 4)).astype(np.int8), scales)
    bias = writer.constant(random.integers(-900, 900, 6).astype(np.int32), [0.05 * scale for scale in scales])
    output = writer.activation((1, 1, 24, 6), 0.06, -128)
    window = {"Padding": 1, "StrideW": 1, "StrideH": 1, "DilationWFactor": 1, "DilationHFactor": 1}
    writer.operator("CONV_2D", (padded, weights, bias), output, FusedActivationFunction=ACTIVATIONS["RELU"], **window)
    return writer.finish(source, output)


def test_operators_that_generated_c_folds_are_steps_of_the_interpreter() -> None:
    tflite = folding_network()
    aot = compile_model(tflite, name="folding", optimize="none")
    assert aot.step_count < 6
    model = interpreter_model(aot, tflite, 1000)
    operators = ["SHAPE", "STRIDED_SLICE", "PACK", "RESHAPE", "PAD", "CONV_2D"]
    assert [layer.op for layer in model.layers] == operators
    assert [layer.step for layer in model.layers] == list(range(6)) and model.step_count == 6
    assert all(layer.cost_owner for layer in model.layers)
    # The reference has nothing to compare with where the compiler folds: the shape arithmetic, at the least.
    assert [layer.observable for layer in model.layers] == [layer.observable for layer in aot.layers]
    assert not any(layer.observable or layer.output_bytes for layer in model.layers[:3])
    assert [model.layers[at].output_bytes for at in (3, 5)] == [96, 144]
    assert sum(layer.macs for layer in model.layers) == 24 * 6 * 3 * 4
    registered = re.findall(r"resolver\.Add(\w+)\(\)", model.sources["operators.cc"])
    assert registered == ["Shape", "StridedSlice", "Pack", "Reshape", "Pad", "Conv2D"]


@needs_interpreter
@needs_arm_gcc
@needs_qemu
def test_the_interpreter_runs_what_generated_c_folds(tmp_path: Path) -> None:
    tflite = folding_network()
    aot = compile_model(tflite, name="folding", optimize="none")
    build = build_image(
        aot, load_board("virtual"), tflite, tmp_path / "out", ImageOptions(sdk=Path(str(SDK))), engine="tflm"
    )
    frames = np.random.default_rng(0).integers(-128, 128, size=(2, *aot.input.shape), dtype=np.int8)
    with driver_for(load_board("virtual")).open(build) as session:
        measured = measure(build.model, BoardDevice(session, build.model.output), Reference(tflite), frames)
    assert measured.output_parity.mismatched == 0 and measured.output_parity.elements == 2 * 144
    assert [parity is None for parity in measured.layers] == [not layer.observable for layer in aot.layers]
    assert all(parity.mismatched == 0 for parity in measured.layers if parity)
    assert len(measured.cycles) == 6 and min(measured.cycles) > 0


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
