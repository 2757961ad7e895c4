"""Sleep measures, agreement and intervals, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from sktools.errors import DataError
from sktools.metrics.agreement import bland_altman, bootstrap_by_subject
from sktools.metrics.classification import plain_accuracy
from sktools.metrics.sleep import SleepSummary, sleep_summary


def test_a_night_by_hand() -> None:
    classes = np.array([9, 0, 0, 1, 2, 0, 1, 9, 0, 0])
    scored = classes != 9
    assert sleep_summary(classes, scored, 0) == SleepSummary(1.5, 37.5, 1.0, 1.5)


def test_wake_may_be_any_class_and_a_night_may_be_sleepless() -> None:
    awake = np.ones(10, np.int64)
    assert sleep_summary(awake, awake > 0, 1) == SleepSummary(0.0, 0.0, 5.0, 0.0)
    assert sleep_summary(awake, awake > 0, 0) == SleepSummary(5.0, 100.0, 0.0, 0.0)
    with pytest.raises(DataError, match="no scored epoch"):
        sleep_summary(awake, awake > 1, 0)


def test_bland_altman_by_hand() -> None:
    result = bland_altman([10, 20, 30], [12, 20, 34])
    assert (result.subjects, result.bias) == (3, 2.0)
    assert result.lower == pytest.approx(2 - 1.96 * 2) and result.upper == pytest.approx(2 + 1.96 * 2)
    assert bland_altman([1.0], [3.0]).lower is None
    with pytest.raises(DataError):
        bland_altman([], [])


def test_the_bootstrap_draws_subjects_not_epochs() -> None:
    alike = np.array([[[90, 10], [10, 90]]] * 8)
    assert bootstrap_by_subject(alike, plain_accuracy) == (0.9, 0.9)
    mixed = np.array([[[100, 0], [0, 100]]] * 4 + [[[50, 50], [50, 50]]] * 4)
    low, high = bootstrap_by_subject(mixed, plain_accuracy)
    # Half the subjects at 1, half at 0.5: the binomial spread of 8 draws is 0.5 * sqrt(0.25 / 8) = 0.088.
    assert 0.5 < low < 0.75 - 0.088 and 0.75 + 0.088 < high < 1
    assert bootstrap_by_subject(mixed, plain_accuracy) == (low, high)
