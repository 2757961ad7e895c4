"""The cycle model against 39 published functions of hand-written Cortex-M4 assembly, by group (docs/cycle-model.md)."""

from __future__ import annotations

import pytest

from tests.boards.pricing import Priced, cost_table, errors, priced_functions
from tests.support.tools import needs_cc

GROUPS = {
    "all": (39, (-0.82, 1.40, -7.1, 0.1)),
    "aligned": (33, (-0.42, 0.56, -2.3, 0.1)),
    "aligned, data in flash": (9, (-0.66, 0.48, -1.4, -0.1)),
    "misaligned": (6, (-3.06, 2.27, -7.1, -0.3)),
}
"""Group -> functions in it; mean, standard deviation, least and largest error in percent."""


@pytest.fixture(scope="module")
def functions(tmp_path_factory: pytest.TempPathFactory) -> tuple[Priced, ...]:
    return priced_functions(cost_table(tmp_path_factory.mktemp("cost")))


def members(functions: tuple[Priced, ...], group: str) -> list[Priced]:
    return {
        "all": list(functions),
        "aligned": [row for row in functions if row.is_aligned],
        "aligned, data in flash": [row for row in functions if row.is_aligned and row.has_flash_data],
        "misaligned": [row for row in functions if not row.is_aligned],
    }[group]


@needs_cc
@pytest.mark.parametrize("group", GROUPS)
def test_each_group_is_priced_as_documented(functions: tuple[Priced, ...], group: str) -> None:
    count, expected = GROUPS[group]
    own = members(functions, group)
    assert len(own) == count
    mean, deviation, least, largest = errors(own)
    assert (mean, deviation) == pytest.approx(expected[:2], abs=0.01)
    assert (least, largest) == pytest.approx(expected[2:], abs=0.06)


@needs_cc
def test_known_functions_are_priced_to_the_cycle(functions: tuple[Priced, ...]) -> None:
    cycles = {row.name: row.cycles for row in functions}
    for name in ("kyber512_m4fspeed polybasemulopt1632", "dilithium2_old smallbasemul", "dilithium2_old smalliNTT"):
        published = next(row.published for row in functions if row.name == name)
        assert cycles[name] == published


@needs_cc
def test_the_upper_bound_is_above_most_misaligned_functions_cycles(functions: tuple[Priced, ...]) -> None:
    misaligned = members(functions, "misaligned")
    assert all(row.high > row.cycles for row in misaligned)
    assert errors(misaligned, high=True)[0] > errors(misaligned)[0]
