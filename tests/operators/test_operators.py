"""Each operator alone, in the shapes and options that its generator beside this file makes."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import tflite

from sktools.compiler import compile_model
from sktools.compiler.model_file import read_model
from sktools.compiler.ops import options_reader, register, supported_ops
from sktools.compiler.ops.base import Op
from sktools.errors import ModelError
from tests.soak.table import Amount
from tests.support.operator_networks import (
    Network,
    assert_equal_to_the_oracle,
    assert_float_agrees,
    find_networks,
)

NETWORKS = find_networks()


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler (cc) on this machine")
@pytest.mark.parametrize("network", NETWORKS, ids=str)
def test_bytes_equal_the_oracle_s(network: Network, tmp_path: Path) -> None:
    if any(operator.op == "FULLY_CONNECTED" for operator in read_model(network.tflite).operators):
        pytest.importorskip("tflite_micro", reason="FULLY_CONNECTED is judged by the tflite-micro runtime")
    steps = []
    for optimize in ("none", "speed"):
        text = compile_model(network.tflite, name="op", optimize=optimize).sources["model.c"]
        if text not in steps:
            assert_equal_to_the_oracle(network, tmp_path / optimize, optimize)
            steps.append(text)


@pytest.mark.parametrize("network", NETWORKS, ids=str)
def test_the_float_evaluation_is_what_int8_approximates(network: Network) -> None:
    if any(operator.op == "FULLY_CONNECTED" for operator in read_model(network.tflite).operators):
        pytest.importorskip("tflite_micro", reason="FULLY_CONNECTED is judged by the tflite-micro runtime")
    assert_float_agrees(network)


def test_flipped_bytes_give_a_network_or_a_model_error(amount: Amount) -> None:
    random = np.random.default_rng(3)
    refused, tries = 0, amount(400, 100_000)
    for _ in range(tries):
        content = bytearray(NETWORKS[int(random.integers(len(NETWORKS)))].tflite)
        for _ in range(int(random.integers(1, 5))):
            content[int(random.integers(16, len(content)))] = int(random.choice([0, 1, 127, 128, 255]))
        try:
            compile_model(bytes(content), name="flipped", optimize="none")
        except ModelError:
            refused += 1
    assert 0 < refused < tries


def test_every_registered_operator_has_a_network_here() -> None:
    covered = Counter(operator.op for network in NETWORKS for operator in read_model(network.tflite).operators)
    assert set(supported_ops()) - set(covered) == set()


def test_registered_names_are_tflite_s() -> None:
    for op in supported_ops():
        assert hasattr(tflite.BuiltinOperator, op)
        table = options_reader(op).table
        assert not table or (hasattr(tflite, table) and hasattr(tflite.BuiltinOptions, table))


def test_an_operator_without_an_options_reader_fails_where_it_is_registered() -> None:
    with pytest.raises(TypeError, match="options"):
        register("ABS")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="an OptionsReader, or NO_OPTIONS, is needed"):
        register("ABS", options=None)  # type: ignore[arg-type]


def test_an_operator_is_registered_once() -> None:
    with pytest.raises(ValueError, match=r"ADD is registered by sktools\.compiler\.ops\.add and by "):
        register("ADD", options=options_reader("ADD"))(Op)  # type: ignore[type-abstract]
