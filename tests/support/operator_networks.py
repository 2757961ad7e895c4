"""Networks of one operator each, and the check that every board's C must pass: equal to the oracle, to the byte.

Each file of tests/operators/ that is not a test generates the networks of its operators: a function
`networks(random)` that yields (label, .tflite). A new operator costs its tests such a file, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import numpy as np
from numpy.typing import NDArray

import tests.operators
from sktools.compiler import compile_model
from sktools.compiler.reference import Reference, float_activations
from tests.support.native_model import NativeModel

Networks = Callable[[np.random.Generator], Iterator[tuple[str, bytes]]]
FRAMES = 3


@dataclass(frozen=True)
class Network:
    """operator: the generator's file; label: tells its networks apart."""

    operator: str
    label: str
    tflite: bytes

    def __str__(self) -> str:
        return f"{self.operator}-{self.label}"


def find_networks() -> list[Network]:
    """Every network of every generator, the same ones in each run. Raises AttributeError for a file without one."""
    found = []
    for module in iter_modules(tests.operators.__path__):
        if not module.name.startswith(("test_", "_")):
            generator: Networks = import_module(f"tests.operators.{module.name}").networks
            found += [Network(module.name, label, tflite) for label, tflite in generator(np.random.default_rng(5))]
    return found


def frames_for(reference: Reference, label: str) -> list[NDArray[np.int8]]:
    """FRAMES random frames; of the last one only the middle of the range, so that less saturates."""
    random = np.random.default_rng(sum(label.encode()))
    graph = reference.graph
    shape = graph.tensors[graph.input].shape
    return [
        random.integers(low, high + 1, shape).astype(np.int8)
        for low, high in [(-128, 127)] * (FRAMES - 1) + [(-40, 40)]
    ]


def assert_equal_to_the_oracle(network: Network, folder: Path, optimize: str, least_outputs: int = 4) -> None:
    """Compiles for this machine, runs the frames, compares every activation that can be read.

    least_outputs: different values that the frames must give, or the comparison proves little.
    """
    compiled = compile_model(network.tflite, name="op", optimize=optimize)
    native, reference = NativeModel(compiled, folder), Reference(network.tflite)
    seen: set[int] = set()
    for frame in frames_for(reference, network.label):
        expected = reference.run(frame)
        activations, output = native.run(frame)
        for index, activation in activations.items():
            layer = compiled.layers[index]
            np.testing.assert_array_equal(activation, expected[layer.tensor], err_msg=f"{network}: {layer.name}")
        np.testing.assert_array_equal(output, expected[reference.graph.output], err_msg=str(network))
        seen |= set(np.unique(output).tolist())
    least = least_outputs if output.size > 1 else min(least_outputs, 2)
    assert len(seen) >= least, f"{network}: the frames give {len(seen)} different outputs, which proves little"


def assert_float_agrees(network: Network) -> None:
    """`evaluate`, in float, is what the int8 activations approximate: within a step or a tenth of the signal."""
    reference = Reference(network.tflite)
    graph = reference.graph
    source = graph.tensors[graph.input]
    frame = frames_for(reference, network.label)[-1]
    values = float_activations(graph, (frame.astype(float) - source.zero_point) * source.scale)
    activations: Mapping[int, NDArray[np.int8]] = reference.run(frame)
    for index, activation in activations.items():
        tensor = graph.tensors[index]
        real = (activation.astype(float) - tensor.zero_point) * tensor.scale
        low, high = ((edge - tensor.zero_point) * tensor.scale for edge in (-128, 127))
        expected = np.clip(values[index], low, high)
        assert expected.shape == activation.shape
        noise, signal = np.mean((real - expected) ** 2), np.mean(expected**2)
        assert noise < signal / 100 or noise < tensor.scale**2, f"{network}: tensor {index}"
