"""The firmware's parser and server under libFuzzer, ASan and UBSan."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.targets import CORPUS, build, clang, run
from tests.soak.table import Amount, Figures, shards

CLANG = clang()
SHARDS = 4
FAST = {"frame": 40_000, "server": 15_000}
"""Target -> inputs in `make test`."""

pytestmark = pytest.mark.skipif(CLANG is None, reason="clang with libFuzzer (libclang-rt-14-dev) is not installed")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    shards(metafunc, SHARDS)


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("target", FAST)
def test_no_input_trips_a_sanitizer_or_the_oracle(
    target: str, shard: int, amount: Amount, figures: Figures, tmp_path: Path
) -> None:
    assert CLANG is not None
    count = amount(FAST[target], 10_000_000 // SHARDS)
    campaign = run(build(target, tmp_path, CLANG), count, shard + 1, CORPUS / target, 7000)
    figures(
        f"libFuzzer on the firmware's {target}, ASan and UBSan",
        inputs=campaign.inputs,
        failures=int(bool(campaign.failure)),
    )
    assert campaign.failure == ""
    assert campaign.inputs >= count
