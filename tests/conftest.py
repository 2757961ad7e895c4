"""What several stages' tests share."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

from tests.soak.table import amount, figures, pytest_terminal_summary

# A busy machine is no failure: no property fails for the time that it takes.
settings.register_profile("sktools", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("sktools")

_HANG_S = 600
"""No test of the fast share takes nearly as long; the soak's limits are a day."""

__all__ = ["amount", "figures", "pytest_terminal_summary"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", action="store_true", help="run the long tests at their full figures")
    parser.addoption("--soak-share", type=float, default=1.0, metavar="PART", help="with --soak: a part of the figures")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "soak: takes long; run by make soak")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--soak"):
        return
    skip = pytest.mark.skip(reason="long; make soak runs it")
    for item in items:
        limit = item.get_closest_marker("timeout")
        if limit is not None and limit.args[0] > _HANG_S:
            item.add_marker(pytest.mark.timeout(_HANG_S), append=False)
        if item.get_closest_marker("soak"):
            item.add_marker(skip)
