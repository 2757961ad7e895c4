"""The synthetic cohort: reproducible, like sleep, and as hard as it says."""

from __future__ import annotations

import numpy as np
import pytest

from sktools import zoo
from sktools.datasets.oracle import oracle_kappa, stage_posterior
from sktools.datasets.registry import find_reader, open_dataset
from sktools.datasets.sleep_cycles import SHARES, cycle_chain, sample_stages
from sktools.datasets.synthetic import cohort_night
from sktools.datasets.synthetic_night import FEATURE_MODELS, SyntheticNight
from sktools.features.fs_w_pa_14 import NAMES


@pytest.fixture(scope="module")
def nights() -> list[SyntheticNight]:
    return [cohort_night(index) for index in range(16)]


@pytest.mark.parametrize("model", ["ss-2", "ss-3", "ss-4", "ss-5"])
def test_the_best_classifier_scores_between_half_and_four_fifths(nights: list[SyntheticNight], model: str) -> None:
    kappa = oracle_kappa(nights, zoo.find_config(model)[0].classes.map)
    print(f"{model}: best classifier of the synthetic cohort, kappa {kappa:.3f}")
    assert 0.5 <= kappa <= 0.8


def test_the_posterior_is_a_distribution_and_calibrated(nights: list[SyntheticNight]) -> None:
    posterior = np.concatenate([stage_posterior(night) for night in nights])
    stages = np.concatenate([night.stages for night in nights])
    assert np.allclose(posterior.sum(axis=1), 1)
    # Where it says 60 to 80 %, it must be right about so often: the bound is the generator's own posterior.
    top, right = posterior.max(axis=1), posterior.argmax(axis=1) == stages
    band = (top > 0.6) & (top < 0.8)
    assert abs(right[band].mean() - top[band].mean()) < 0.03


def test_knowing_the_features_helps(nights: list[SyntheticNight]) -> None:
    class_map = zoo.find_config("ss-4")[0].classes.map
    blind = [
        SyntheticNight(n.subject, n.stages, n.latents, np.zeros_like(n.worn), n.scored, n.features) for n in nights
    ]
    assert oracle_kappa(blind, class_map) < oracle_kappa(nights, class_map) - 0.3


def test_nights_look_like_sleep(nights: list[SyntheticNight]) -> None:
    share = np.bincount(np.concatenate([night.stages for night in nights]), minlength=5) / sum(
        len(night.stages) for night in nights
    )
    for stage, (low, high) in enumerate([(0.05, 0.25), (0.02, 0.12), (0.35, 0.6), (0.1, 0.25), (0.12, 0.27)]):
        assert low < share[stage] < high
    for night in nights:
        assert night.stages[0] == 0
        thirds = np.array_split(night.stages, 3)
        assert (thirds[0] == 3).sum() >= (thirds[2] == 3).sum()
        assert 6.5 * 120 <= len(night.stages) <= 9 * 120


def test_rem_episodes_repeat_about_every_ninety_minutes(nights: list[SyntheticNight]) -> None:
    gaps: list[float] = []
    for night in nights:
        rem = np.flatnonzero(night.stages == 4)
        starts = rem[np.flatnonzero(np.diff(rem, prepend=-1000) > 60)]
        gaps += (np.diff(starts) / 2).tolist()
    assert 70 < float(np.mean(gaps)) < 110


def test_stage_shares_are_those_of_the_table() -> None:
    chain = cycle_chain()
    stages = sample_stages(chain, 400_000, np.random.default_rng(0))
    morning = np.bincount(stages[5000:], minlength=5) / len(stages[5000:])
    assert np.allclose(morning, SHARES["morning"], atol=0.02)


def test_a_subject_does_not_depend_on_the_others() -> None:
    reader = find_reader("synthetic")
    first = reader.read(None, "syn-007")
    list(open_dataset("synthetic").recordings(subjects=["syn-001", "syn-002"]))
    again = reader.read(None, "syn-007")
    assert np.array_equal(first.stages, again.stages)
    assert all(np.array_equal(first.features[n], again.features[n], equal_nan=True) for n in first.features)
    assert not np.array_equal(first.stages[:700], reader.read(None, "syn-008").stages[:700])


def test_features_are_those_of_the_set_in_plausible_units() -> None:
    assert tuple(model.name for model in FEATURE_MODELS) == NAMES
    night = find_reader("synthetic").read(None, "syn-001")
    assert tuple(night.features) == NAMES
    assert 35 < np.nanmean(night.features["hr_bpm"]) < 100
    assert np.nanmean(night.features["hrv_td_mean_nn"]) == pytest.approx(1, abs=0.5)
    assert 85 < np.nanmean(night.features["spo2_mu"]) < 100
    assert np.nanmin(night.features["hrv_qos"]) > 0 and np.nanmax(night.features["hrv_qos"]) < 1
    assert find_reader("synthetic").synthetic and "synthetic" in night.notes


def test_an_oximeter_quality_of_0_is_good_as_in_features_of_raw_signals(nights: list[SyntheticNight]) -> None:
    for night in nights:
        status, movement = night.features["spo2_qos"], night.features["mov_mu"]
        assert np.nanmin(status) >= 0 and np.nanmedian(status) < 0.5
        worn = np.isfinite(status)
        assert np.corrcoef(status[worn], np.log(movement[worn]))[0, 1] > 0
