"""Random mixes of the zoo's operators: compiler and oracle agree on every activation, whichever runtimes judge."""

from __future__ import annotations

from pathlib import Path

import pytest

from sktools.compiler.model_file import read_model
from sktools.compiler.ops.base import supported_ops
from sktools.compiler.reference import LITERT, MICRO, segments_of
from tests.soak.table import Amount, Figures
from tests.support.mixed_network import mixed_network
from tests.support.operator_networks import Network, assert_equal_to_the_oracle
from tests.support.tools import needs_cc


@needs_cc
@pytest.mark.timeout(24 * 3600)
@pytest.mark.parametrize("optimize", ["none", "balanced"])
def test_a_random_mix_equals_the_oracle(optimize: str, tmp_path: Path, amount: Amount, figures: Figures) -> None:
    seeds = range(amount(6, 1000))
    for seed in seeds:
        network = Network("mix", str(seed), mixed_network(seed))
        assert_equal_to_the_oracle(network, tmp_path / str(seed), optimize, least_outputs=1)
    figures(f"mixes of operators, --optimize {optimize}", networks=len(seeds), differing=0)


def test_the_mixes_hold_the_family_s_operators_and_both_judges() -> None:
    graphs = [read_model(mixed_network(seed)) for seed in range(100)]
    held = {operator.op for graph in graphs for operator in graph.operators}
    assert held <= set(supported_ops())
    assert held >= {
        *("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "ADD", "MUL", "MEAN", "PAD", "RESHAPE", "SQUEEZE"),
        *("EXPAND_DIMS", "SPACE_TO_BATCH_ND", "BATCH_TO_SPACE_ND"),
    }
    assert any(operator.inputs and graph.output in operator.inputs for graph in graphs for operator in graph.operators)
    judges = [[segment.runtime for segment in segments_of(mixed_network(seed))] for seed in range(20)]
    assert [LITERT, MICRO, LITERT] in judges and [LITERT] in judges
