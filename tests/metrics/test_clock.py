"""clock.json: fitted from nights, written, read back, refused if damaged."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from sktools.errors import DataError
from sktools.metrics.clock import CLOCK_FILE, Clock, fit_clock, read_clock, write_clock

CLASSES = ("WAKE", "SLEEP")


def night(*runs: tuple[int, int]) -> np.ndarray:
    return np.concatenate([np.full(epochs, stage, np.int64) for stage, epochs in runs])


def test_the_shares_are_those_of_the_minutes() -> None:
    clock = fit_clock([night((0, 10), (1, 30)), night((0, 10), (1, 30))], CLASSES, smoothing=0.01)
    assert clock.minutes_per_row == 5 and clock.shares.shape == (120, 2)
    assert clock.shares_of(np.arange(40)).argmax(axis=1).tolist() == [0] * 10 + [1] * 30
    # No night reaches row 50: its shares are those of the whole night, so its prior is 0.
    assert clock.shares[50] == pytest.approx([0.25, 0.75], abs=0.01)
    assert np.abs(clock.logit_prior[50]).max() == 0


def test_the_prior_is_the_log_odds_of_a_minute_against_the_night() -> None:
    nights = [night((0, 10), (1, 110), (0, 120))]
    clock = fit_clock(nights, CLASSES, weight=0.5, minutes=60, smoothing=1.0)
    whole = np.array([131, 111]) / 242
    shares = (np.array([10, 0]) + whole) / 11
    assert clock.logit_prior[0] == pytest.approx(0.5 * np.log(shares / whole))
    assert clock.logit_prior[12:].any() == np.False_


def test_minutes_count_from_bedtime() -> None:
    # Bedtime is 10 minutes into the recording: what comes before it counts for the first row.
    late = fit_clock([night((0, 20), (1, 20))], CLASSES, bedtimes=[600.0], smoothing=0.01)
    assert late.shares[0] == pytest.approx([2 / 3, 1 / 3], abs=0.01) and late.shares[1, 1] > 0.99
    # Bedtime is 10 minutes before the recording: its first epoch is epoch 20.
    early = fit_clock([night((0, 20), (1, 20))], CLASSES, bedtimes=[-600.0], smoothing=0.01)
    assert early.shares[2:4, 0].min() > 0.99 and early.shares[4:6, 1].min() > 0.99
    assert early.shares_of(np.array([-3, 0, 39])).tolist() == early.shares[[0, 0, 3]].tolist()


def test_unscored_epochs_and_other_peoples_nights_leave_it_alone() -> None:
    base = fit_clock([night((0, 10), (1, 30))], CLASSES)
    with_gap = fit_clock([night((0, 10), (1, 30), (-1, 100))], CLASSES)
    assert np.array_equal(base.shares, with_gap.shares)
    with pytest.raises(DataError, match="no labelled epoch"):
        fit_clock([night((-1, 10))], CLASSES)


def test_it_is_written_and_read_back(tmp_path: Path) -> None:
    clock = fit_clock([night((0, 10), (1, 300), (0, 5))], CLASSES)
    write_clock(tmp_path / CLOCK_FILE, clock)
    again = read_clock(tmp_path, CLASSES)
    assert again is not None
    assert again.classes == CLASSES and again.facts == clock.facts
    assert np.allclose(again.shares, clock.shares, atol=1e-5)
    assert np.allclose(again.logit_prior, clock.logit_prior, atol=1e-4)
    assert read_clock(tmp_path / "absent") is None
    with pytest.raises(DataError, match="the model's are A, B"):
        read_clock(tmp_path, ("A", "B"))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda d: d.update(rows=[]), "no clock|1 or more rows"),
        (lambda d: d.pop("classes"), "no clock"),
        (lambda d: d["rows"][1].update(minute=7), "another minute"),
        (lambda d: d["rows"][0].update(shares=[0.5, 0.9]), "sum to 1"),
        (lambda d: d["rows"][0].update(shares=[1.0]), "no clock"),
        (lambda d: d["rows"][0].update(logit_prior=[float("nan"), 0.0]), "not finite"),
        (lambda d: d.update(minutes_per_row=0), "another minute|minutes per row"),
        (lambda d: d.update(rows="x"), "no clock"),
    ],
)
def test_a_damaged_file_is_one_clear_line(tmp_path: Path, change: object, reason: str) -> None:
    path = tmp_path / CLOCK_FILE
    write_clock(path, fit_clock([night((0, 10), (1, 300))], CLASSES))
    document = json.loads(path.read_text())
    change(document)  # type: ignore[operator]
    path.write_text(json.dumps(document))
    with pytest.raises(DataError, match=reason) as caught:
        read_clock(tmp_path)
    assert str(path) in caught.value.message and "\n" not in caught.value.message


def test_a_table_of_another_shape_is_refused() -> None:
    with pytest.raises(DataError, match="expected"):
        Clock(CLASSES, 5, np.full((2, 2), 0.5), np.zeros((3, 2)))
