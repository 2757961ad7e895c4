"""The decision step: Python and C agree on every byte, and no clock means the plain argmax."""

from __future__ import annotations

import ctypes
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sktools.errors import DataError
from sktools.metrics.clock import Clock
from sktools.metrics.decision import Decision, decision_of, plain_decision

ROOT = Path(__file__).resolve().parents[2]
SOURCE = """
#include "sk_decision.h"
void decide(uint16_t classes, uint16_t rows, uint16_t epochs_per_row, const int16_t *prior, const int8_t *output,
            int32_t count, int32_t epoch, int8_t *stages)
{
    sk_decision_t decision = {classes, rows, epochs_per_row, prior};
    sk_decide(&decision, output, count, epoch, stages);
}
"""
NO_CLOCK = -(1 << 31)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """The C step; undefined behaviour ends the process."""
    folder = tmp_path_factory.mktemp("decision")
    (folder / "decide.c").write_text(SOURCE)
    flags = ["-std=c99", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]
    traps = ["-fsanitize=undefined", "-fsanitize-undefined-trap-on-error"]
    include = f"-I{ROOT / 'firmware' / 'decision'}"
    command = ["cc", *flags, *traps, include, str(folder / "decide.c"), "-o", str(folder / "decide.so")]
    subprocess.run(command, check=True, capture_output=True)
    return ctypes.CDLL(str(folder / "decide.so"))


def in_c(library: ctypes.CDLL, decision: Decision, output: np.ndarray, epoch: int) -> np.ndarray:
    prior = np.ascontiguousarray(decision.prior)
    stages = np.zeros(len(output), np.int8)
    library.decide(
        decision.classes,
        len(prior),
        decision.epochs_per_row,
        prior.ctypes.data_as(ctypes.c_void_p),
        np.ascontiguousarray(output).ctypes.data_as(ctypes.c_void_p),
        len(output),
        ctypes.c_int32(epoch),
        stages.ctypes.data_as(ctypes.c_void_p),
    )
    return stages


@given(data=st.data(), seed=st.integers(0, 2**32 - 1))
def test_python_and_c_give_the_same_stages(library: ctypes.CDLL, data: st.DataObject, seed: int) -> None:
    classes = data.draw(st.integers(2, 5))
    rows = data.draw(st.integers(0, 6))
    generator = np.random.default_rng(seed)
    reach = data.draw(st.sampled_from([3, 300, 32767]))
    prior = generator.integers(-reach, reach + 1, (rows, classes)).astype(np.int16)
    decision = Decision(classes, data.draw(st.integers(1, 20)), prior)
    # Few levels, so that ties are common.
    spread = data.draw(st.sampled_from([1, 127]))
    output = generator.integers(-spread - 1, spread + 1, (40, classes)).astype(np.int8)
    epoch = data.draw(st.integers(-60, 4000))
    expected = decision.decide(output, epoch + np.arange(40))
    assert in_c(library, decision, output, epoch).tobytes() == expected.tobytes()
    assert in_c(library, decision, output, NO_CLOCK).tobytes() == output.argmax(axis=1).astype(np.int8).tobytes()


def test_the_prior_is_rounded_to_the_outputs_scale() -> None:
    shares = np.full((4, 2), 0.5)
    clock = Clock(("A", "B"), 5, shares, np.array([[1.0, -1.0], [0.26, 0.0], [0.0, 0.0], [0.0, 0.0]]))
    decision = decision_of(clock, 0.1, 2)
    assert decision.epochs_per_row == 10
    assert decision.prior.tolist() == [[10, -10], [3, 0], [0, 0]]  # one row of zeros stays
    output = np.array([[0, 15], [0, 21], [0, 3], [0, 1]], np.int8)
    assert decision.decide(output, np.array([0, 9, 10, 20])).tolist() == [0, 1, 0, 1]
    assert decision.decide(output, np.array([-5, 900, 900, 900])).tolist() == [0, 1, 1, 1]


def test_without_a_clock_it_is_the_argmax() -> None:
    output = np.random.default_rng(0).integers(-128, 128, (50, 3)).astype(np.int8)
    for decision in (decision_of(None, 0.1, 3), plain_decision(3)):
        assert decision.decide(output, np.arange(50)).tolist() == output.argmax(axis=1).tolist()
    flat = Clock(("A", "B", "C"), 5, np.full((2, 3), 1 / 3), np.zeros((2, 3)))
    assert len(decision_of(flat, 0.1, 3).prior) == 0
    with pytest.raises(DataError, match="3 classes"):
        decision_of(flat, 0.1, 2)
