from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from sktools.boards.driver import Counter
from sktools.errors import UsageError
from sktools.profiling.assemble import assemble
from sktools.profiling.comparison import Limit, compare, load_limits, violations
from sktools.profiling.profile import Profile
from sktools.profiling.session import measure
from tests.profiling import fakes


@pytest.fixture
def before() -> Profile:
    found = measure(fakes.model(), fakes.Device(), fakes.Oracle(), fakes.frames(3))
    return assemble(fakes.setting(), fakes.model(), found, fakes.accuracy())


@pytest.fixture
def after(before: Profile) -> Profile:
    """Half the cycles, more flash, less accuracy."""
    assert before.totals.cycles is not None and before.totals.latency_ms is not None and before.accuracy is not None
    return dataclasses.replace(
        before,
        totals=dataclasses.replace(
            before.totals, cycles=before.totals.cycles / 2, latency_ms=before.totals.latency_ms / 2
        ),
        memory=dataclasses.replace(before.memory, flash_bytes=22000),
        accuracy={**before.accuracy, "accuracy": 0.7},
    )


def _figure(before: Profile, after: Profile, name: str) -> tuple[float | None, float | None]:
    delta = next(delta for delta in compare(before, after).figures if delta.name == name)
    return delta.change, delta.ratio


def test_changes_and_ratios(before: Profile, after: Profile) -> None:
    assert _figure(before, after, "cycles")[1] == 0.5
    assert _figure(before, after, "flash_bytes") == (2000, 1.1)
    assert _figure(before, after, "accuracy")[0] == pytest.approx(-0.05)
    assert _figure(before, after, "arena_bytes") == (0, 1)


def test_layers_and_blocks_stand_side_by_side(before: Profile) -> None:
    found = compare(before, before)
    assert [(delta.name, delta.before, delta.change) for delta in found.layers] == [
        (layer.name, layer.cycles, 0.0) for layer in before.layers
    ]
    assert [delta.name for delta in found.blocks] == ["ENC", "DEC"]
    assert found.notes == ()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"contract": "other"}, "contracts differ"),
        ({"frame_hours": 1.0}, "frames of 2 h in one and of 1 h"),
        ({"layers": ()}, "different networks"),
    ],
)
def test_what_is_not_comparable_is_refused(before: Profile, changes: dict[str, object], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        compare(before, dataclasses.replace(before, **changes))  # type: ignore[arg-type]


def test_a_layer_of_another_shape_is_another_network(before: Profile) -> None:
    layers = (before.layers[0], dataclasses.replace(before.layers[1], macs=13), before.layers[2])
    with pytest.raises(UsageError, match="first difference at layer 1"):
        compare(before, dataclasses.replace(before, layers=layers))


def test_cycles_of_other_counters_are_not_compared(before: Profile) -> None:
    chip = dataclasses.replace(
        before,
        counter=Counter("dwt", ""),
        totals=dataclasses.replace(before.totals, latency_kind="measured"),
    )
    found = compare(before, chip)
    assert _figure(before, chip, "cycles") == (None, None)
    assert _figure(before, chip, "latency_ms") == (0, 1)
    assert found.layers[0].before == before.layers[0].latency_us
    assert any("cycles are not compared" in note for note in found.notes)
    assert any("latency is predicted before and measured after" in note for note in found.notes)


def test_scores_of_other_subjects_are_not_compared(before: Profile) -> None:
    assert before.accuracy is not None
    other = dataclasses.replace(before, accuracy={**before.accuracy, "subjects": ["c"]})
    assert _figure(before, other, "kappa") == (None, None)
    assert compare(before, other).notes == ("accuracy is not compared: the results are of other subjects",)


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        ({"flash_bytes": Limit(max_increase=0.1)}, []),
        (
            {"flash_bytes": Limit(max_increase=0.09)},
            ["flash_bytes: rose from 20,000 to 22,000, at most 9 % is allowed"],
        ),
        ({"accuracy": Limit(max_decrease=0.06)}, []),
        ({"accuracy": Limit(max_decrease=0.04)}, ["accuracy: fell from 0.75 to 0.7, at most 0.04 is allowed"]),
        ({"cycles": Limit(max=100)}, ["cycles: 210.5, at most 100 is allowed"]),
        ({"kappa": Limit(min=0.6)}, ["kappa: 0.5, at least 0.6 is wanted"]),
        ({"cycles": Limit(max_decrease=0.4)}, ["cycles: fell from 421 to 210.5, at most 40 % is allowed"]),
    ],
)
def test_limits(before: Profile, after: Profile, limits: dict[str, Limit], told: list[str]) -> None:
    assert list(violations(compare(before, after), limits)) == told


def test_a_figure_that_is_not_there_does_not_meet_its_limit(before: Profile) -> None:
    unscored = dataclasses.replace(before, accuracy=None)
    assert len(violations(compare(before, unscored), {"accuracy": Limit(min=0.1)})) == 1


def test_limits_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "limits.yaml"
    path.write_text("cycles: {max_increase: 0.02}\nmismatched: {max: 0}\n")
    assert load_limits(path) == {"cycles": Limit(max_increase=0.02), "mismatched": Limit(max=0)}
    path.write_text("cycle: {max: 1}\n")
    with pytest.raises(UsageError, match="did you mean 'cycles'"):
        load_limits(path)
    path.write_text("cycles: {maximum: 1}\n")
    with pytest.raises(UsageError, match="maximum"):
        load_limits(path)
