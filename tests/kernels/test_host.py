"""The fast kernels against the reference arithmetic, on this machine under ASan and UBSan."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sktools.compiler.kernels.fast.conv_1xk_few_outputs import WINDOW
from tests.kernels import cases
from tests.kernels.cases import Case
from tests.kernels.host import HostDriver, build_host_driver

pytestmark = pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler (cc) on this machine")

SEEDS = st.integers(0, 2**32 - 1)
ROWS = st.integers(1, 40)
property_test = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostDriver]:
    running = HostDriver(build_host_driver(tmp_path_factory.mktemp("driver")))
    yield running
    running.close()


def check(driver: HostDriver, case: Case | None) -> None:
    """A layer that packing refuses proves nothing and fails nothing; test_packing.py holds how rare that is."""
    if case is not None:
        np.testing.assert_array_equal(driver.run(case), case.expected, err_msg=f"{case.kernel} {case.scalars}")


@st.composite
def streams(draw: st.DrawFn) -> tuple[str, int, int]:
    """Kernel, rows, dilation."""
    kernel, dilation = draw(st.sampled_from(sorted(cases.STREAMED))), draw(st.integers(1, 16))
    return kernel, cases.STREAMED[kernel][2] * dilation + draw(st.integers(0, 40)), dilation


@pytest.mark.parametrize("end", cases.STREAMED_ENDS)
@property_test
@given(seed=SEEDS, stream=streams(), channels=st.integers(1, 20), in_place=st.booleans())
def test_depthwise_in_registers(
    driver: HostDriver, end: str, seed: int, stream: tuple[str, int, int], channels: int, in_place: bool
) -> None:
    kernel, rows, dilation = stream
    check(driver, cases.streamed_case(seed, rows, channels, dilation, in_place, kernel, end))


@property_test
@given(
    SEEDS,
    ROWS,
    st.integers(1, 12),
    st.tuples(st.integers(1, 16), st.integers(1, 9)).flatmap(
        lambda window: st.tuples(st.just(window[0]), st.just(window[1]), st.integers(0, (window[1] - 1) * window[0]))
    ),
    st.booleans(),
    st.sampled_from([("any", -20.0, 2.0), ("relu", -10.0, -4.5), ("relu", -13.0, 2.0), ("linear", -14.0, -1.6)]),
)
def test_depthwise_any(
    driver: HostDriver,
    seed: int,
    rows: int,
    channels: int,
    window: tuple[int, int, int],
    in_place: bool,
    end: tuple[str, float, float],
) -> None:
    """window: dilation, taps, padding."""
    check(driver, cases.dw_case(seed, rows, channels, *window, in_place, end[1:], end[0]))


@property_test
@given(
    SEEDS,
    st.integers(1, 9),
    st.integers(1, 72),
    st.integers(1, 96),
    st.booleans(),
    st.booleans(),
    st.floats(-9, 0),
    st.booleans(),
)
def test_pointwise(
    driver: HostDriver,
    seed: int,
    rows: int,
    inputs: int,
    outputs: int,
    in_place: bool,
    gated: bool,
    magnitude: float,
    relu: bool,
) -> None:
    check(driver, cases.pointwise_case(seed, rows, inputs, outputs, in_place, gated, magnitude, relu))


@property_test
@given(
    SEEDS, st.integers(1, 9), st.integers(1, 72), st.integers(1, 96), st.booleans(), st.booleans(), st.floats(-9, -4)
)
def test_narrow(
    driver: HostDriver,
    seed: int,
    rows: int,
    inputs: int,
    outputs: int,
    in_place: bool,
    gated: bool,
    magnitude: float,
) -> None:
    check(driver, cases.narrow_case(seed, rows, inputs, outputs, in_place, gated, magnitude))


@property_test
@given(SEEDS, st.integers(1, 9), st.integers(1, 160), st.integers(1, 160), st.booleans(), st.floats(-20, 1))
def test_any_of_one_tap(
    driver: HostDriver, seed: int, rows: int, inputs: int, outputs: int, in_place: bool, exponent: float
) -> None:
    check(driver, cases.any_case(seed, rows, inputs, outputs, (1, 1, 0), in_place, (exponent - 3, exponent)))


@property_test
@given(
    SEEDS, st.integers(1, 20), st.integers(1, 90), st.integers(1, 40), st.integers(2, 9), st.integers(1, 8), st.data()
)
def test_any_of_many_taps(
    driver: HostDriver, seed: int, rows: int, inputs: int, outputs: int, taps: int, dilation: int, data: st.DataObject
) -> None:
    padding = data.draw(st.integers(0, (taps - 1) * dilation))
    check(driver, cases.any_case(seed, rows, inputs, outputs, (taps, dilation, padding), False, (-12, -4)))


@st.composite
def windows(draw: st.DrawFn) -> tuple[int, int, int, int]:
    """Output channels, taps, dilation and padding whose sums under way fit the kernel's window."""
    outputs = draw(st.integers(1, 20))
    dilation = draw(st.integers(1, max(1, WINDOW // outputs - 2)))
    taps = draw(st.integers(1, 1 + (WINDOW // outputs - 2) // dilation))
    return outputs, taps, dilation, draw(st.integers(0, (taps - 1) * dilation))


@property_test
@given(SEEDS, st.integers(1, 120), st.integers(20, 160), windows(), st.booleans())
def test_conv(
    driver: HostDriver, seed: int, rows: int, inputs: int, window: tuple[int, int, int, int], in_place: bool
) -> None:
    case = cases.conv_case(seed, rows, inputs, *window, in_place)
    assert case is not None
    check(driver, case)


@property_test
@given(SEEDS, ROWS, st.integers(1, 160), st.booleans())
def test_mul(driver: HostDriver, seed: int, rows: int, channels: int, in_place: bool) -> None:
    check(driver, cases.mul_case(seed, rows, channels, in_place))


@property_test
@given(SEEDS, ROWS, st.integers(1, 40), st.booleans())
def test_lines(driver: HostDriver, seed: int, rows: int, channels: int, in_place: bool) -> None:
    check(driver, cases.lines_case(seed, rows, channels, in_place))


@property_test
@given(SEEDS, ROWS, st.integers(1, 40), st.booleans())
def test_factor(driver: HostDriver, seed: int, rows: int, channels: int, in_place: bool) -> None:
    check(driver, cases.factor_case(seed, rows, channels, in_place))


@property_test
@given(SEEDS, st.integers(1, 700), st.integers(1, 20))
def test_sums(driver: HostDriver, seed: int, rows: int, channels: int) -> None:
    check(driver, cases.sums_case(seed, rows, channels))


@settings(property_test, max_examples=30)
@given(SEEDS, st.integers(1, 400), st.booleans())
def test_add(driver: HostDriver, seed: int, elements: int, in_place: bool) -> None:
    check(driver, cases.add_case(seed, elements, in_place))


@property_test
@given(SEEDS, st.integers(1, 128), st.integers(1, 96), st.booleans(), st.floats(-9, -4))
def test_vector(driver: HostDriver, seed: int, inputs: int, outputs: int, in_place: bool, magnitude: float) -> None:
    check(driver, cases.vector_case(seed, inputs, outputs, in_place, magnitude))


@property_test
@given(SEEDS, st.integers(1, 200), st.booleans())
def test_scale(driver: HostDriver, seed: int, elements: int, in_place: bool) -> None:
    check(driver, cases.scale_case(seed, elements, in_place))
