"""The oracle: each operator by its own judge, in a process of its own that may die without harm."""

from __future__ import annotations

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from sktools.compiler.reference import LITERT, MICRO, Reference, segments_of
from sktools.errors import ModelError
from sktools.metrics.reference import reference_outputs
from sktools.reference_process import reference_process
from tests.support.tflite_writer import TfliteWriter

SCALE = float(np.float32(0.05))


def sum_with_scale(scale: float) -> bytes:
    """x + x."""
    writer = TfliteWriter()
    source, output = writer.activation((1, 4), SCALE, 0), writer.activation((1, 4), scale, 0)
    writer.operator("ADD", (source, source), output, FusedActivationFunction=0)
    return writer.finish(source, output)


ABORTS = sum_with_scale(SCALE * 2.0**-21)
"""LiteRT's reference asserts that twice the input's scale is less than 2^20 of the output's."""


def test_kernels_that_abort_are_one_error_and_others_go_on() -> None:
    sound = Reference(sum_with_scale(2 * SCALE))
    frame = np.array([1, 2, 3, 4], np.int8)
    before = sound.run(frame)
    with pytest.raises(ModelError, match="SIGABRT"):
        Reference(ABORTS)
    assert np.array_equal(sound.run(frame)[sound.graph.output], before[sound.graph.output])


def test_evaluation_survives_kernels_that_abort_too() -> None:
    frames = np.array([[1.0, 2.0, 3.0, 4.0]], np.float32) * np.float32(SCALE)
    with pytest.raises(ModelError, match="SIGABRT"):
        reference_outputs(ABORTS, frames)
    assert reference_outputs(sum_with_scale(2 * SCALE), frames).values.tolist() == [[1, 2, 3, 4]]


def test_a_process_that_was_ended_is_started_again() -> None:
    sound = Reference(sum_with_scale(2 * SCALE))
    reference_process().close()
    assert sound.run(np.array([1, 2, 3, 4], np.int8))[sound.graph.output].tolist() == [[1, 2, 3, 4]]


def test_more_networks_than_the_process_keeps() -> None:
    networks = [Reference(sum_with_scale(SCALE * factor)) for factor in (1, 2, 3, 4, 5, 6)]
    frame = np.array([60, 60, 60, 60], np.int8)
    answers = [int(network.run(frame)[network.graph.output].flat[0]) for network in networks]
    assert answers == [120, 60, 40, 30, 24, 20]


def dense_between_products() -> tuple[bytes, tuple[int, int, int]]:
    """MUL, FULLY_CONNECTED, MUL, whose factors differ in float32 and double; and the tensors that they leave."""
    writer = TfliteWriter()
    random = np.random.default_rng(1)
    source = writer.activation((16, 8), 0.0235, 7)
    first, dense, last = (writer.activation((16, 8), scale, -9) for scale in (0.00187, 0.0121, 0.000931))
    for factor_source, product in ((source, first), (dense, last)):
        factor = writer.constant(random.integers(-128, 128, 8).astype(np.int8), (0.00713,), (3,))
        writer.operator("MUL", (factor_source, factor), product, FusedActivationFunction=0)
        if product == first:
            weights = writer.constant(random.integers(-127, 128, (8, 8)).astype(np.int8), (0.0113,))
            bias = writer.constant(random.integers(-900, 900, 8).astype(np.int32), (np.float32(0.0113 * 0.00187),))
            writer.operator("FULLY_CONNECTED", (first, weights, bias), dense, FusedActivationFunction=0)
    return writer.finish(source, last), (first, dense, last)


def test_each_operator_is_judged_by_its_own_runtime() -> None:
    network, (first, dense, last) = dense_between_products()
    segments = segments_of(network)
    assert [segment.runtime for segment in segments] == [LITERT, MICRO, LITERT]
    assert [(segment.inputs, segment.outputs) for segment in segments] == [((0,), (first,)), ((first,), (dense,)),
                                                                          ((dense,), (last,))]  # fmt: skip
    oracle = Reference(network)
    frame = np.random.default_rng(2).integers(-128, 128, (16, 8)).astype(np.int8)
    found = oracle.run(frame)
    # LiteRT on the whole network: its first product is right, and its last one on another dense layer's answer.
    whole = Interpreter(
        model_content=network,
        experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
        experimental_preserve_all_tensors=True,
    )
    whole.allocate_tensors()
    whole.set_tensor(0, frame)
    whole.invoke()
    assert np.array_equal(found[first], whole.get_tensor(first))
    # The last product again, alone: LiteRT's own on what tflite-micro's dense layer left.
    alone = Interpreter(model_content=segments[2].content, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    alone.allocate_tensors()
    alone.set_tensor(dense, found[dense])
    alone.invoke()
    assert np.array_equal(found[last], alone.get_tensor(last))


def test_an_output_that_a_later_operator_reads_is_the_models() -> None:
    from sktools.compiler import compile_model

    writer = TfliteWriter()
    source, output, unread = (writer.activation((1, 4), scale, 0) for scale in (SCALE, 2 * SCALE, 4 * SCALE))
    writer.operator("ADD", (source, source), output, FusedActivationFunction=0)
    writer.operator("ADD", (output, source), unread, FusedActivationFunction=0)
    model = compile_model(writer.finish(source, output), name="tail")
    assert [layer.tensor for layer in model.layers] == [output, unread]
    assert model.layers[model.output_layer].tensor == output
