"""Graph passes, one file each: Graph -> Graph, never changing a bit of what remains observable."""

from collections.abc import Callable

from sktools.compiler.graph import Graph, Operator
from sktools.compiler.model_file import read_model
from sktools.compiler.passes.drop_shape_arithmetic import drop_shape_arithmetic
from sktools.compiler.passes.fold_pad import fold_pad
from sktools.compiler.passes.fold_space_to_batch import fold_space_to_batch
from sktools.compiler.passes.lay_out_batches import lay_out_batches, stands_alone
from sktools.compiler.passes.leave_edges_to_host import leave_edges_to_host

GRAPH_PASSES: tuple[Callable[[Graph], Graph], ...] = (drop_shape_arithmetic, fold_space_to_batch, fold_pad)
"""What they fold costs nothing afterwards."""


def load_graph(tflite: bytes, *, observable: bool = False) -> Graph:
    """The int8 network of a file: read_model and every graph pass. Raises ModelError.

    observable: every activation is wanted, so nothing is folded but what has no kernel of its own (padding along two
    axes), or no meaning on a fixed batch.
    """
    graph = leave_edges_to_host(read_model(tflite))
    if not observable:
        for rewrite in GRAPH_PASSES:
            graph = rewrite(graph)
        return graph
    laid_out = lay_out_batches(drop_shape_arithmetic(graph))

    def stands(operator: Operator) -> bool:
        return stands_alone(operator, laid_out)

    return fold_pad(fold_space_to_batch(laid_out, keep=stands), keep=stands)


__all__ = [
    "GRAPH_PASSES",
    "drop_shape_arithmetic",
    "fold_pad",
    "fold_space_to_batch",
    "lay_out_batches",
    "leave_edges_to_host",
    "load_graph",
]
