"""MACs of a compiled model equal a count of every product, one by one, and for the zoo the configuration's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sktools.compiler import compile_model
from sktools.compiler.graph import Graph, Operator
from sktools.compiler.passes import load_graph
from sktools.metrics.complexity import macs_per_frame
from sktools.model_config import load_config
from tests.support.random_network import Family, random_family, random_network

MODELS = sorted((Path(__file__).parents[2] / "models").glob("ss-?-tcn-sm/model.tflite"))


def products(operator: Operator, graph: Graph) -> Iterator[None]:
    """One item a product of a weight and an input, those with padding included, as a kernel's loops run over them."""
    weights = graph.tensors[operator.inputs[1]].shape
    output = graph.tensors[operator.outputs[0]].shape
    depth = 1 if operator.op == "DEPTHWISE_CONV_2D" else weights[3]
    for _row in range(output[1]):
        for _column in range(output[2]):
            for _channel in range(output[3]):
                for _tap in range(weights[1] * weights[2]):
                    for _input in range(depth):
                        yield


@pytest.mark.parametrize("optimize", ["none", "balanced"])
def test_every_product_is_counted_once(optimize: str) -> None:
    for family in (Family(frames=9, skip=True), random_family(5, max_width=12, max_frames=40)):
        tflite = random_network(family)
        graph = load_graph(tflite)
        convolutions = {operator.index: operator for operator in graph.operators if "CONV_2D" in operator.op}
        for layer in compile_model(tflite, name="counted", optimize=optimize).layers:
            operator = convolutions.get(layer.index)
            assert layer.macs == (sum(1 for _ in products(operator, graph)) if operator else 0), layer.name


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.parent.name)
def test_the_zoos_models_have_their_configurations_macs(path: Path) -> None:
    network = load_config(path.parent / "config.yaml").network
    layers = compile_model(path.read_bytes(), name="zoo").layers
    assert sum(layer.macs for layer in layers) == macs_per_frame(network)
