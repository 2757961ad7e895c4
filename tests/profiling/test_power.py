"""Energy between marks, on recordings whose energy is known."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from sktools.errors import EXIT_MISSING, LinkError, MissingError
from sktools.link.client import Run
from sktools.profiling.power import Joulescope, PowerTrace, between_marks, measure_energy
from tests.support.fake_joulescope import Instrument, fake_package, recording


def test_the_energy_of_each_whole_inference() -> None:
    found = between_marks(recording("..II...IIII.."))
    # 10 mW over 200 and 400 us
    assert (found.least, found.most) == (pytest.approx(2.0), pytest.approx(4.0))
    assert found.microjoules == pytest.approx(3.0)
    assert found.milliseconds == pytest.approx(0.3)
    assert found.inferences == 2
    assert "2 inferences" in found.note and "10.0 mW" in found.note


def test_inferences_cut_off_at_either_end_do_not_count() -> None:
    found = between_marks(recording("II..I..II"))
    assert found.inferences == 1
    assert found.microjoules == pytest.approx(1.0)


@pytest.mark.parametrize("marks", ["", ".", "....", "IIII", "II..", "..II"])
def test_without_a_whole_inference(marks: str) -> None:
    with pytest.raises(LinkError, match="saw no whole inference") as caught:
        between_marks(recording(marks))
    assert "GPIO 22" in caught.value.hint


def test_lost_samples_are_no_energy() -> None:
    damaged = recording("..II..II..")
    damaged.current[250] = np.nan
    with pytest.raises(LinkError, match="lost samples"):
        between_marks(damaged)
    outside = recording("..II..")
    outside.current[10] = np.nan
    assert between_marks(outside).inferences == 1


class Board:
    """Runs, or fails."""

    def __init__(self, fails: bool = False) -> None:
        self.runs = 0
        self._fails = fails

    def run(self, frame: bytes, *, with_crc: bool = True) -> Run:
        assert not with_crc  # its work would be counted
        if self._fails:
            raise LinkError("the board is gone")
        self.runs += 1
        return Run(b"", ())


class Meter:
    def __init__(self, board: Board) -> None:
        self._board = board

    def record(self, seconds: float) -> PowerTrace:
        while self._board.runs < 3:
            pass
        return recording(".II.")


def test_the_board_runs_while_the_meter_records() -> None:
    board = Board()
    assert measure_energy(board, b"frame", Meter(board), 0.1).inferences == 1  # type: ignore[arg-type]


def test_a_board_that_fails_meanwhile() -> None:
    class Quick:
        def record(self, seconds: float) -> PowerTrace:
            return recording(".II.")

    with pytest.raises(LinkError, match="the board is gone"):
        measure_energy(Board(fails=True), b"frame", Quick(), 0.1)  # type: ignore[arg-type]


def test_a_joulescope_is_asked_for_the_marks(monkeypatch: pytest.MonkeyPatch) -> None:
    instrument = Instrument()
    monkeypatch.setitem(sys.modules, "joulescope", fake_package([instrument]))
    found = between_marks(Joulescope().record(1.0))
    assert instrument.parameters == {"current_lsb": "gpi0"}
    assert found.milliseconds == pytest.approx(200.0)
    assert found.microjoules == pytest.approx(2000.0)


def test_without_an_instrument_or_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "joulescope", fake_package([]))
    with pytest.raises(MissingError, match="no one Joulescope on USB"):
        Joulescope()
    monkeypatch.setitem(sys.modules, "joulescope", None)
    with pytest.raises(MissingError, match="needs the package joulescope") as caught:
        Joulescope()
    assert caught.value.exit_code == EXIT_MISSING
