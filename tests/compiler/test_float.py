"""A whole network's float evaluation against its int8 activations; single operators: tests/operators."""

from __future__ import annotations

import numpy as np

from sktools.compiler.reference import Reference, float_activations
from tests.support.random_network import Family, random_network

RANDOM = np.random.default_rng(5)


def test_the_float_evaluation_is_what_the_int8_network_approximates() -> None:
    tflite = random_network(Family(skip=True, seed=3))
    reference = Reference(tflite)
    graph = reference.graph
    source = graph.tensors[graph.input]
    frame = RANDOM.integers(-60, 61, source.shape).astype(np.int8)
    values = float_activations(graph, (frame.astype(float) - source.zero_point) * source.scale)
    for index, activation in reference.run(frame).items():
        tensor = graph.tensors[index]
        real = (activation.astype(float) - tensor.zero_point) * tensor.scale
        noise, signal = np.mean((real - values[index]) ** 2), np.mean(values[index] ** 2)
        assert noise < signal / 10 or noise < tensor.scale**2, f"tensor {index}"
