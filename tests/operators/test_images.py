"""Random two-dimensional networks equal the oracle, on this machine and on the virtual board."""

from __future__ import annotations

from pathlib import Path

import pytest

import sktools
from sktools.compiler.model_file import read_model
from tests.soak.table import Amount, Figures
from tests.support.image_network import image_network
from tests.support.operator_networks import Network, assert_equal_to_the_oracle
from tests.support.tools import needs_cc, needs_qemu


@needs_cc
@pytest.mark.timeout(24 * 3600)
@pytest.mark.parametrize("optimize", ["none", "balanced"])
def test_a_random_image_network_equals_the_oracle(
    optimize: str, tmp_path: Path, amount: Amount, figures: Figures
) -> None:
    seeds = range(amount(8, 1000))
    for seed in seeds:
        network = Network("image", str(seed), image_network(seed))
        assert_equal_to_the_oracle(network, tmp_path / str(seed), optimize, least_outputs=1)
    figures(f"two-dimensional networks, --optimize {optimize}", networks=len(seeds), differing=0)


def test_the_networks_hold_every_step() -> None:
    held = {operator.op for seed in range(40) for operator in read_model(image_network(seed)).operators}
    assert held >= {
        *("CONV_2D", "DEPTHWISE_CONV_2D", "MAX_POOL_2D", "AVERAGE_POOL_2D", "PAD", "CONCATENATION", "QUANTIZE"),
        *("ADD", "MUL", "LOGISTIC"),
    }


@needs_qemu
def test_a_random_image_network_on_the_virtual_board(tmp_path: Path) -> None:
    path = tmp_path / "image.tflite"
    path.write_bytes(image_network(5))
    bundle = sktools.run(path, frames=2, output=tmp_path / "results", build_folder=tmp_path / "build")
    parity = bundle.profile.to_json()["parity"]
    assert parity["mismatched"] == 0 and parity["elements"] > 100
