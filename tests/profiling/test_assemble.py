from __future__ import annotations

import pytest

from sktools.profiling.assemble import assemble
from sktools.profiling.profile import Profile
from sktools.profiling.session import measure
from tests.profiling import fakes


def _profile(device: fakes.Device | None = None, **changes: object) -> Profile:
    found = measure(fakes.model(), device or fakes.Device(), fakes.Oracle(), fakes.frames(3))
    return assemble(fakes.setting(**changes), fakes.model(), found, None)  # type: ignore[arg-type]


def test_a_step_is_booked_on_its_cost_owner() -> None:
    layers = _profile().layers
    assert [layer.cycles for layer in layers] == [121.0, 0.0, 300.0]
    assert [layer.instructions for layer in layers] == [100.0, 0.0, 200.0]


def test_latency_is_calibrated_and_labelled_predicted() -> None:
    totals = _profile().totals
    assert totals.latency_kind == "predicted"
    assert totals.latency_ms == pytest.approx(421 * 1.109 / 192e6 * 1e3)
    assert totals.ms_per_sleep_hour == pytest.approx(totals.latency_ms / 2)
    assert totals.energy_kind == "estimated"


def test_cycles_of_a_chip_are_measured() -> None:
    totals = _profile(calibration=None).totals
    assert totals.latency_kind == "measured"
    assert totals.latency_ms == pytest.approx(421 / 192e6 * 1e3)


def test_layers_sum_to_blocks_and_blocks_to_the_total() -> None:
    profile = _profile()
    assert [block.name for block in profile.blocks] == ["ENC", "DEC"]
    assert sum(block.cycles or 0 for block in profile.blocks) == profile.totals.cycles
    assert sum(block.macs for block in profile.blocks) == profile.totals.macs == 112
    assert sum(block.share or 0 for block in profile.blocks) == pytest.approx(1.0)
    assert sum(block.latency_ms or 0 for block in profile.blocks) == pytest.approx(profile.totals.latency_ms)


def test_a_board_that_counts_nothing_has_no_latency() -> None:
    profile = _profile(fakes.Device(counted=False))
    assert profile.totals.cycles is None and profile.totals.latency_ms is None and profile.totals.latency_kind is None
    assert all(layer.cycles is None for layer in profile.layers)
    assert all(block.share is None for block in profile.blocks)
    Profile.from_json(profile.to_json())


def test_mismatches_reach_the_totals() -> None:
    profile = _profile(fakes.Device(flip=1, amount=2))
    assert (profile.parity.mismatched, profile.parity.max_abs_diff, profile.parity.frames) == (3, 2, 3)
    assert profile.parity.elements == 3 * (12 + 8)
