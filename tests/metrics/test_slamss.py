"""The work of the comparison network, by hand."""

from __future__ import annotations

from sktools.metrics.slamss import slamss_costs, slamss_flops_per_sleep_hour, slamss_macs


def test_the_layers_by_hand() -> None:
    convolutions = [12 * 9 * 3 * 64, 12 * 9 * 64 * 64, 12 * 9 * 64 * 64]
    lstms = [12 * 4 * 256 * (64 + 256), 12 * 4 * 256 * (256 + 256)]
    assert [cost.macs for cost in slamss_costs()] == convolutions + lstms == [20736, 442368, 442368, 3932160, 6291456]
    assert slamss_macs() == 11_129_088


def test_an_hour_by_how_far_the_windows_slide() -> None:
    assert slamss_flops_per_sleep_hour(1) == 12 * slamss_flops_per_sleep_hour(12) == 2 * 11_129_088 * 120
