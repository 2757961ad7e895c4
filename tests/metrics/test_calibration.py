"""Calibration error of made-up probabilities, and a temperature that finds its way back."""

from __future__ import annotations

import numpy as np
import pytest

from sktools.errors import DataError
from sktools.metrics.calibration import expected_calibration_error, fit_temperature, probabilities


def test_the_error_is_the_distance_between_confidence_and_accuracy() -> None:
    shares = np.array([[0.9, 0.1]] * 10 + [[0.6, 0.4]] * 10)
    right = np.array([0] * 7 + [1] * 3 + [0] * 6 + [1] * 4)
    assert expected_calibration_error(shares, right) == pytest.approx(0.5 * 0.2)
    assert expected_calibration_error(np.array([[1.0, 0.0]]), np.array([0])) == 0
    with pytest.raises(DataError):
        expected_calibration_error(np.zeros((0, 2)), np.zeros(0, int))


def test_a_temperature_is_found_again_and_lowers_the_error() -> None:
    generator = np.random.default_rng(0)
    logits = generator.normal(0, 2, (20_000, 3))
    shares = probabilities(logits)
    labels = (generator.random((len(logits), 1)) > shares.cumsum(axis=1)).sum(axis=1)
    sharp = 3.0 * logits
    found = fit_temperature(sharp, labels)
    assert found == pytest.approx(3.0, rel=0.05)
    assert expected_calibration_error(probabilities(sharp, found), labels) < 0.02
    assert expected_calibration_error(probabilities(sharp), labels) > 0.1
    with pytest.raises(DataError):
        fit_temperature(sharp[:0], labels[:0])
