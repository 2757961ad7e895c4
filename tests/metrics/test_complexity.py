"""MACs by hand for a network small enough."""

from __future__ import annotations

from sktools.metrics.complexity import flops_per_sleep_hour, layer_costs, macs_per_frame, parameters
from sktools.model_config import NetworkConfig


def test_a_small_network_by_hand() -> None:
    network = NetworkConfig(kernel=3, filters=(6,), depths=(2,), dilations=(4,), classes=2, epochs=10, features=4)
    costs = {(cost.block, cost.name): (cost.macs, cost.parameters) for cost in layer_costs(network)}
    assert costs == {
        ("ENC", "depthwise"): (120, 12 + 16),
        ("B1.1", "depthwise"): (120, 12 + 16),
        ("B1.1", "se_reduce"): (4, 4 + 1),
        ("B1.1", "se_expand"): (4, 4 + 4),
        ("B1.1", "pointwise"): (240, 24 + 24),
        ("B1.2", "depthwise"): (180, 18 + 24),
        ("B1.2", "se_reduce"): (6, 6 + 1),
        ("B1.2", "se_expand"): (6, 6 + 6),
        ("B1.2", "pointwise"): (360, 36 + 24),
        ("DEC", "convolution"): (360, 36 + 2),
    }
    assert macs_per_frame(network) == sum(macs for macs, _ in costs.values())
    assert parameters(network) == sum(count for _, count in costs.values())
    assert flops_per_sleep_hour(network) == 2 * macs_per_frame(network) * 12


def test_without_squeeze_excite_only_its_cost_goes() -> None:
    shape = {"kernel": 3, "filters": (6, 8), "depths": (1, 1), "dilations": (1, 2), "classes": 2}
    with_it, without = (NetworkConfig(**shape, squeeze_ratio=ratio) for ratio in (4, 0))
    excite = sum(cost.macs for cost in layer_costs(with_it) if cost.name.startswith("se_"))
    assert excite > 0 and macs_per_frame(with_it) - macs_per_frame(without) == excite
