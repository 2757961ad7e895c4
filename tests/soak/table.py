"""How much a long test does, and the table of figures that `make soak` prints and docs/reliability.md keeps.

A test asks `amount` for its number of inputs and tells `figures` what came of them; the shards of one test add up under
one title, from however many processes they come.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

import pytest

Amount = Callable[[int, int], int]
Figures = Callable[..., None]

_PROPERTY = "soak"


@pytest.fixture
def amount(request: pytest.FixtureRequest) -> Amount:
    """amount(fast, full): the first in `make test`, the second in `make soak`, or the part of it that was asked for."""
    soak, share = bool(request.config.getoption("--soak")), float(request.config.getoption("--soak-share"))
    return lambda fast, full: max(1, fast, round(full * share)) if soak else fast


@pytest.fixture
def figures(record_property: Callable[[str, object], None]) -> Figures:
    """figures("serial link", frames=10, right=9, error=1, wrong=0): one row of the table, or a part of one."""

    def tell(title: str, **counts: int) -> None:
        record_property(_PROPERTY, (title, counts))

    return tell


def shards(metafunc: pytest.Metafunc, full: int, fast: int = 1) -> None:
    """Cuts a long test into pieces that processes can share: parametrizes `shard`."""
    if "shard" in metafunc.fixturenames:
        metafunc.parametrize("shard", range(full if metafunc.config.getoption("--soak") else fast))


def rows(reports: list[pytest.TestReport]) -> list[tuple[str, dict[str, int]]]:
    """The table's rows: title, and counts summed over the tests that told of it, in the order of the titles."""
    totals: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for report in reports:
        for name, value in getattr(report, "user_properties", []):
            if name == _PROPERTY:
                title, counts = value
                for key, count in counts.items():
                    totals[title][key] += count
    return [(title, dict(counts)) for title, counts in sorted(totals.items())]


def as_markdown(table: list[tuple[str, dict[str, int]]]) -> list[str]:
    lines = ["| what | figures |", "| --- | --- |"]
    for title, counts in table:
        told = ", ".join(f"{key.replace('_', ' ')} {count:,}" for key, count in counts.items())
        lines.append(f"| {title} | {told} |")
    return lines


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if not config.getoption("--soak"):
        return
    reports = [report for found in terminalreporter.stats.values() for report in found if hasattr(report, "when")]
    table = rows([report for report in reports if report.when == "call"])
    if table:
        terminalreporter.section("figures")
        terminalreporter.write_line("\n".join(as_markdown(table)))
