"""A profile with everything in it, and a browser to look at pages with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sktools.profiling.assemble import assemble
from sktools.profiling.profile import Profile
from sktools.profiling.session import measure
from tests.profiling import fakes
from tests.support.browser import Browser, browser, find_chromium

NIGHTS = {
    "nights": [
        {"subject": "a", "true": [0, 1, -1, 1], "device": [0, 1, 1, 0]},
        {"subject": "b", "true": [0, 0, 1, 1, 1, 1], "device": [0, 1, 1, 1, 1, 1]},
    ]
}


@pytest.fixture(scope="session")
def profile() -> Profile:
    oracle = fakes.Oracle()
    found = measure(
        fakes.model(),
        fakes.Device(),
        oracle,
        fakes.frames(3),
        real=fakes.real(3),
        float_activations=oracle.float_activations,
    )
    return assemble(fakes.setting(), fakes.model(), found, fakes.accuracy())


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    executable = find_chromium()
    if executable is None:
        pytest.skip("chromium is not installed")
    with browser(executable) as running:
        yield running
