"""MACs, FLOPs and parameters of a network, counted from its configuration without TensorFlow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sktools.model_config import EPOCHS_PER_HOUR, NetworkConfig

FLOPS_PER_MAC = 2


@dataclass(frozen=True)
class LayerCost:
    """One parametrised layer. macs: multiply-accumulates a frame. parameters: with batch-norm statistics."""

    block: str
    name: str
    macs: int
    parameters: int


def layer_costs(network: NetworkConfig) -> tuple[LayerCost, ...]:
    """Cost of each convolution of an SS-N-TCN-SM network, in execution order (batch norms counted with theirs).

    Only convolutions count as MACs: pooling, the gate's multiplication and skip additions do not, as in the
    published figures.
    """
    return tuple(_costs(network))


def macs_per_frame(network: NetworkConfig) -> int:
    """Multiply-accumulates of one frame."""
    return sum(cost.macs for cost in layer_costs(network))


def parameters(network: NetworkConfig) -> int:
    """Parameters with batch-norm statistics, as Keras counts them."""
    return sum(cost.parameters for cost in layer_costs(network))


def flops_per_sleep_hour(network: NetworkConfig) -> float:
    """Floating-point operations an hour of sleep, 2 a MAC."""
    return FLOPS_PER_MAC * macs_per_frame(network) * EPOCHS_PER_HOUR / network.epochs


def _costs(network: NetworkConfig) -> Iterator[LayerCost]:
    norm = 4
    width = network.features

    def depthwise(block: str, channels: int) -> LayerCost:
        weights = network.kernel * channels
        return LayerCost(block, "depthwise", network.epochs * weights, weights + norm * channels)

    yield depthwise("ENC", width)
    for index, (filters, depth) in enumerate(zip(network.filters, network.depths, strict=True)):
        for level in range(depth):
            block = f"B{index + 1}.{level + 1}"
            yield depthwise(block, width)
            if network.squeeze_ratio:
                squeezed = network.squeezed(width)
                yield LayerCost(block, "se_reduce", width * squeezed, width * squeezed + squeezed)
                yield LayerCost(block, "se_expand", squeezed * width, squeezed * width + width)
            yield LayerCost(block, "pointwise", network.epochs * width * filters, width * filters + norm * filters)
            width = filters
    weights = network.kernel * width * network.classes
    yield LayerCost("DEC", "convolution", network.epochs * weights, weights + network.classes)
