"""MACs counted from the configuration equal TensorFlow's own count of the network's graph."""

from __future__ import annotations

from pathlib import Path

import pytest

from sktools.metrics.complexity import FLOPS_PER_MAC, macs_per_frame
from sktools.model_config import ModelConfig, NetworkConfig, load_config
from sktools.training.networks import build_network

MODELS = sorted((Path(__file__).parents[2] / "models").glob("ss-?-tcn-sm/config.yaml"))


def convolution_flops(network: NetworkConfig) -> int:
    """Float operations of the convolutions of one frame, by TensorFlow's profiler."""
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2_as_graph

    model = build_network(network, "counted", 1)
    call = tf.function(lambda frame: model(frame, training=False))
    concrete = call.get_concrete_function(tf.TensorSpec((1, network.epochs, network.features)))
    _, definition = convert_variables_to_constants_v2_as_graph(concrete)
    profiler = tf.compat.v1.profiler
    options = profiler.ProfileOptionBuilder(profiler.ProfileOptionBuilder.float_operation()).with_empty_output()
    with tf.Graph().as_default() as graph:
        tf.graph_util.import_graph_def(definition, name="")
        node = profiler.profile(graph=graph, cmd="op", options=options.build())
    found = {}
    while node.children:  # a chain: each operator kind is the child of the one before
        (node,) = node.children
        found[node.name] = node.float_ops
    return found["Conv2D"] + found["DepthwiseConv2dNative"]


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.parent.name)
def test_the_zoos_networks(path: Path) -> None:
    network = load_config(path).network
    assert convolution_flops(network) == FLOPS_PER_MAC * macs_per_frame(network)


def test_a_network_of_another_shape(small_config: ModelConfig) -> None:
    network = small_config.network
    assert convolution_flops(network) == FLOPS_PER_MAC * macs_per_frame(network)
