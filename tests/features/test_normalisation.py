"""By subject as published, causal for a watch."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sktools.errors import DataError
from sktools.features.feature_set import FeatureTable
from sktools.features.normalisation import by_subject, causal, normalise
from sktools.features.prior import fit_prior
from sktools.model_config import FeaturesConfig, PriorConfig


def test_by_subject_standardises_over_valid_rows_and_fills_with_the_median() -> None:
    values = np.array([[1.0], [2.0], [9.0], [0.0]])
    valid = np.array([[True], [True], [True], [False]])
    normal = by_subject(values, valid)
    mean, std = 4.0, np.std([1, 2, 9])
    assert np.allclose(normal[:, 0], (np.array([1, 2, 9, 2]) - mean) / std)


def test_a_missing_or_constant_feature_is_zero() -> None:
    values = np.array([[5.0, 7.0]] * 6)
    valid = np.array([[True, False]] * 6)
    assert not by_subject(values, valid).any()


@given(st.integers(0, 2**32 - 1), st.integers(1, 50))
def test_causal_rows_do_not_depend_on_later_rows(seed: int, cut: int) -> None:
    generator = np.random.default_rng(seed)
    values = generator.normal(60, 5, (60, 3))
    valid = generator.random((60, 3)) < 0.8
    prior = PriorConfig((60.0, 55.0, 0.0), (5.0, 4.0, 10.0), 30.0)
    whole = causal(values, valid, prior)
    assert np.array_equal(causal(values[:cut], valid[:cut], prior), whole[:cut])


def test_causal_starts_at_the_prior_and_ends_at_the_subject() -> None:
    generator = np.random.default_rng(1)
    values = generator.normal(80, 2, (20_000, 1))
    valid = np.ones_like(values, bool)
    prior = PriorConfig((60.0,), (10.0,), 60.0)
    normal = causal(values, valid, prior)
    assert normal[0, 0] == pytest.approx((values[0, 0] - 60) / 10, rel=0.1)
    assert np.mean(normal[-5000:]) == pytest.approx(0, abs=0.1)
    assert np.std(normal[-5000:]) == pytest.approx(1, abs=0.2)


def test_causal_matches_a_plain_running_computation() -> None:
    generator = np.random.default_rng(2)
    values = generator.normal(1, 2, (40, 1))
    valid = generator.random((40, 1)) < 0.7
    prior = PriorConfig((0.5,), (1.5,), 10.0)
    expected = []
    for row in range(40):
        seen = values[: row + 1, 0][valid[: row + 1, 0]]
        count = 10 + len(seen)
        mean = (10 * 0.5 + seen.sum()) / count
        # Second moment about the prior mean: the prior counts as `epochs` rows of its variance.
        second = (10 * 1.5**2 + ((seen - 0.5) ** 2).sum()) / count - (mean - 0.5) ** 2
        expected.append((values[row, 0] - mean) / np.sqrt(second) if valid[row, 0] else 0.0)
    assert np.allclose(causal(values, valid, prior)[:, 0], expected)


def test_values_are_clipped_and_the_prior_must_fit() -> None:
    values = np.zeros((400, 1))
    values[7] = 1e6
    table = FeatureTable("d", "s", ("x",), values, np.ones_like(values, bool), np.zeros(400, np.int8))
    assert normalise(table, FeaturesConfig(clip=3.0)).max() == 3.0
    prior = PriorConfig((0.0, 0.0), (1.0, 1.0))
    with pytest.raises(DataError, match="prior has 2 features"):
        normalise(table, FeaturesConfig(normalisation="causal", prior=prior))


def test_a_prior_is_the_subjects_mean_and_the_spread_within_nights() -> None:
    generator = np.random.default_rng(4)

    def night(centre: float, length: int) -> FeatureTable:
        values = np.column_stack([generator.normal(centre, 3, length), np.zeros(length)])
        valid = np.column_stack([np.ones(length, bool), np.zeros(length, bool)])
        return FeatureTable("d", "s", ("x", "absent"), values, valid, np.zeros(length, np.int8))

    # A long night counts as much as a short one; the distance between subjects is not spread within a night.
    prior = fit_prior([night(50, 9000), night(90, 1000)], epochs=30)
    assert prior.mean[0] == pytest.approx(70, abs=0.3) and prior.std[0] == pytest.approx(3, abs=0.2)
    assert (prior.mean[1], prior.std[1], prior.epochs) == (0.0, 1.0, 30)
    with pytest.raises(DataError, match="found 0"):
        fit_prior([])
