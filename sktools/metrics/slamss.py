"""Work of SLAMSS, the comparison network (Song et al., PLoS ONE 18(5), e0285703, 2023), by the zoo's own counter.

The paper leaves the attention open, and the sleep stage page counts convolutions and LSTMs only; so does this. The page
counts a convolution's MAC as one operation and a gate's as two, and gives the second LSTM 75,816 operations where
its 256 inputs, 256 states and four gates make 6.3 million MACs in 12 epochs.
"""

from __future__ import annotations

from collections.abc import Iterator

from sktools.metrics.complexity import FLOPS_PER_MAC, LayerCost
from sktools.model_config import EPOCHS_PER_HOUR

EPOCHS, INPUTS = 12, ("activity", "heart rate mean", "heart rate standard deviation")
KERNEL, FILTERS, UNITS = 9, 64, 256
GATES = 4


def slamss_costs(epochs: int = EPOCHS) -> tuple[LayerCost, ...]:
    """Cost of each convolution and LSTM for one window of `epochs`, in execution order."""
    return tuple(_costs(epochs))


def slamss_macs() -> int:
    """Multiply-accumulates of one window of 12 epochs."""
    return sum(cost.macs for cost in slamss_costs())


def slamss_flops_per_sleep_hour(epochs_a_window: int) -> float:
    """Floating-point operations an hour of sleep, 2 a MAC, where every window answers `epochs_a_window` new epochs:
    1 where it slides by an epoch, 12 where the windows follow each other.
    """
    return FLOPS_PER_MAC * slamss_macs() * EPOCHS_PER_HOUR / epochs_a_window


def _costs(epochs: int) -> Iterator[LayerCost]:
    width = len(INPUTS)
    for index in range(3):
        weights = KERNEL * width * FILTERS
        yield LayerCost("CNN", f"conv_{index + 1}", epochs * weights, weights + FILTERS)
        width = FILTERS
    for index in range(2):
        weights = GATES * UNITS * (width + UNITS)
        yield LayerCost("LSTM", f"lstm_{index + 1}", epochs * weights, weights + GATES * UNITS)
        width = UNITS
