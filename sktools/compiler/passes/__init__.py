"""Graph passes, one file each: Graph -> Graph, never changing a bit of what remains observable."""

from collections.abc import Callable

from sktools.compiler.graph import Graph
from sktools.compiler.model_file import read_model
from sktools.compiler.passes.drop_shape_arithmetic import drop_shape_arithmetic
from sktools.compiler.passes.fold_pad import fold_pad
from sktools.compiler.passes.fold_space_to_batch import fold_space_to_batch

GRAPH_PASSES: tuple[Callable[[Graph], Graph], ...] = (drop_shape_arithmetic, fold_space_to_batch, fold_pad)
"""Run at every level: what they fold has no kernel of its own, or no meaning on a fixed batch."""


def load_graph(tflite: bytes) -> Graph:
    """read_model and every graph pass. Raises ModelError."""
    graph = read_model(tflite)
    for rewrite in GRAPH_PASSES:
        graph = rewrite(graph)
    return graph


__all__ = ["GRAPH_PASSES", "drop_shape_arithmetic", "fold_pad", "fold_space_to_batch", "load_graph"]
