"""Rendered projects hold what their sources include, where the compiler looks for it."""

from __future__ import annotations

import re
from os.path import normpath
from pathlib import PurePosixPath

import numpy as np
import pytest

from sktools.boards.board import load_board
from sktools.build.export import library_files
from sktools.build.project import include_folders, project_files
from sktools.compiler import compile_model
from tests.support.random_network import Family, random_network
from tests.support.tflite_writer import ACTIVATIONS, TfliteWriter

_INCLUDE = re.compile(rb'^\s*#include "([^"]+)"', re.MULTILINE)


def convolution_alone() -> bytes:
    """A network of which every kernel is a fast one: none of the plain kernels' headers is in its project."""
    random = np.random.default_rng(2)
    writer = TfliteWriter()
    source, output = writer.activation((1, 1, 24, 8), 0.05, -3), writer.activation((1, 1, 24, 8), 0.5, -128)
    scales = random.uniform(0.002, 0.01, 8).astype(np.float32)
    weights = writer.constant(random.integers(-127, 128, (8, 1, 1, 8)).astype(np.int8), scales)
    bias = writer.constant(random.integers(-900, 900, 8).astype(np.int32), scales * np.float32(0.05))
    window = {"Padding": 1, "StrideW": 1, "StrideH": 1, "DilationWFactor": 1, "DilationHFactor": 1}
    writer.operator("CONV_2D", (source, weights, bias), output, FusedActivationFunction=ACTIVATIONS["RELU"], **window)
    return writer.finish(source, output)


NETWORKS = {
    "convolution": convolution_alone(),
    "family": random_network(Family(frames=32, filters=(8,), depths=(1,), dilations=(1,))),
}


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("kind", ["firmware", "library"])
def test_every_included_file_is_found(name: str, kind: str) -> None:
    model = compile_model(NETWORKS[name], name=name)
    if name == "convolution":
        assert all(file.startswith("fast/") for file in model.kernels)
    if kind == "firmware":
        files = project_files(model, load_board("virtual").target, NETWORKS[name])
    else:
        files = library_files(model, ())
    sources = {
        path: content for path, content in files.items() if path.startswith("src/") and path[-2:] in (".c", ".h")
    }
    folders = [*include_folders(sources), "include"]
    for path, content in sources.items():
        for included in (found.decode() for found in _INCLUDE.findall(content)):
            places = [normpath(f"{folder}/{included}") for folder in (PurePosixPath(path).parent, *folders)]
            assert any(place in files for place in places), f"{path} includes {included}"
