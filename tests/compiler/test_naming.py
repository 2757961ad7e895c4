"""Blocks of the family are recognised; other networks get one block an operator."""

from __future__ import annotations

import numpy as np

from sktools.compiler import compile_model
from tests.support.random_network import Family, random_network
from tests.support.tflite_writer import TfliteWriter


def blocks(tflite: bytes) -> list[str]:
    layers = compile_model(tflite, name="x", optimize="none").layers
    return list(dict.fromkeys(layer.block for layer in layers))


def test_the_ss_4_shape_has_the_pages_blocks() -> None:
    family = Family(filters=(24, 32, 48, 64), depths=(2, 2, 1, 1), dilations=(1, 2, 4, 8), frames=32)
    assert blocks(random_network(family)) == ["ENC", "B1.1", "B1.2", "B2.1", "B2.2", "B3.1", "B4.1", "DEC"]


def test_blocks_without_squeeze_excite_and_with_skips() -> None:
    family = Family(filters=(14, 14), depths=(2, 1), dilations=(1, 4), se_ratio=0, skip=True, frames=32)
    assert blocks(random_network(family)) == ["ENC", "B1.1", "B1.2", "B2.1", "DEC"]


def test_layer_names_are_unique() -> None:
    names = [layer.name for layer in compile_model(random_network(Family()), name="x", optimize="none").layers]
    assert len(set(names)) == len(names)


def test_another_family_gets_a_block_an_operator() -> None:
    writer = TfliteWriter()
    source = writer.activation((1, 6, 4), 0.1, 0)
    other = writer.constant(np.ones((1, 6, 4), dtype=np.int8), (0.1,))
    output = writer.operator("ADD", (source, other), writer.activation((1, 6, 4), 0.2, 0), FusedActivationFunction=0)
    assert blocks(writer.finish(source, output)) == ["ADD_0"]
