from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from sktools.errors import LinkError
from sktools.profiling.parity import Parity, compare
from sktools.profiling.session import FETCH_LIMIT, measure
from tests.profiling import fakes


def test_equal_activations_need_no_fetch() -> None:
    device = fakes.Device()
    found = measure(fakes.model(), device, fakes.Oracle(), fakes.frames(3))
    assert found.layers == (Parity(36, 0, 0), None, Parity(24, 0, 0))
    assert found.output_parity == Parity(24, 0, 0)
    assert device.fetches == []
    assert np.array_equal(found.outputs, found.host_outputs)


@pytest.mark.parametrize(("step", "layer"), [(0, 0), (1, 2)])
def test_one_wrong_byte_is_found_and_fetched(step: int, layer: int) -> None:
    device = fakes.Device(flip=step, amount=3)
    found = measure(fakes.model(), device, fakes.Oracle(), fakes.frames(2))
    parity = found.layers[layer]
    assert parity is not None
    assert (parity.mismatched, parity.max_abs_diff) == (2, 3)
    assert device.fetches == [step, step]
    assert not found.lower_bound


def test_fetching_is_bounded_and_says_so() -> None:
    device = fakes.Device(flip=0)
    found = measure(fakes.model(), device, fakes.Oracle(), fakes.frames(FETCH_LIMIT + 3))
    assert len(device.fetches) == FETCH_LIMIT
    assert found.lower_bound
    assert found.layers[0] is not None and found.layers[0].mismatched == FETCH_LIMIT + 3


def test_bytes_that_contradict_their_crc_are_refused() -> None:
    with pytest.raises(LinkError, match="CRC-32 and the bytes"):
        measure(fakes.model(), fakes.Device(flip=0, lies=True), fakes.Oracle(), fakes.frames(1))


def test_costs_are_means_over_frames() -> None:
    found = measure(fakes.model(), fakes.Device(), fakes.Oracle(), fakes.frames(3))
    assert found.instructions == (100.0, 200.0)
    assert found.cycles == (121.0, 300.0)
    assert found.cycles_by_frame == (420, 421, 422)


def test_a_counter_that_lost_a_step_is_refused() -> None:
    class Forgetful(fakes.Device):
        def run(self, frame):  # type: ignore[no-untyped-def]
            answer = super().run(frame)
            return dataclasses.replace(answer, costs=answer.costs[1:])

    with pytest.raises(LinkError, match="counter saw 1 steps of frame 0, the model has 2"):
        measure(fakes.model(), Forgetful(), fakes.Oracle(), fakes.frames(3))


def test_a_device_with_other_steps_is_refused() -> None:
    class Other(fakes.Device):
        def run(self, frame):  # type: ignore[no-untyped-def]
            return dataclasses.replace(super().run(frame), crcs=(0,))

    with pytest.raises(LinkError, match="reported 1 steps, the model has 2"):
        measure(fakes.model(), Other(), fakes.Oracle(), fakes.frames(1))


def test_sqnr_of_observable_layers() -> None:
    oracle = fakes.Oracle()
    found = measure(
        fakes.model(),
        fakes.Device(),
        oracle,
        fakes.frames(2),
        real=fakes.real(2),
        float_activations=oracle.float_activations,
    )
    assert found.sqnr[1] is None
    exact, noisy = found.sqnr[0], found.sqnr[2]
    assert exact is not None and exact.decibel == 200.0
    assert noisy is not None and noisy.noise == pytest.approx(16 * 0.01**2)


def test_compare_counts_over_the_whole_int8_range() -> None:
    parity = compare(np.array([-128, 0, 127], np.int8), np.array([127, 0, 126], np.int8))
    assert parity == Parity(3, 2, 255)


def test_an_output_that_differs_from_its_own_crc_counts() -> None:
    class Liar(fakes.Device):
        def run(self, frame):  # type: ignore[no-untyped-def]
            answer = super().run(frame)
            return dataclasses.replace(answer, output=answer.output ^ 1)

    found = measure(fakes.model(), Liar(), fakes.Oracle(), fakes.frames(2))
    assert found.layers[2] == Parity(16, 16, 1) == found.output_parity
