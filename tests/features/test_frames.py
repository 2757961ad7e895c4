"""Frames that overlap: every epoch covered, and a night put together from them."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sktools.features.feature_set import FeatureTable
from sktools.features.frames import blend, overlapping, prepare_night
from sktools.model_config import ClassesConfig, FeaturesConfig


@given(st.integers(1, 700), st.integers(2, 240), st.integers(1, 240))
def test_every_epoch_is_covered_and_equal_answers_stay(length: int, epochs: int, hop: int) -> None:
    hop = min(hop, epochs)
    starts = overlapping(length, epochs, hop)
    covered = np.zeros(length, bool)
    night = np.random.default_rng(length).normal(size=(length + epochs, 3)).astype(np.float32)
    for start in starts:
        covered[start : start + epochs] = True
    assert covered.all() and list(starts) == sorted(set(starts))
    frames = np.stack([night[start : start + epochs] for start in starts])
    assert np.allclose(blend(frames, starts, length), night[:length], atol=1e-5)


def test_an_epoch_of_which_only_the_time_is_known_was_not_measured() -> None:
    valid = np.array([[True, True], [False, True], [True, True]])
    values, stages = np.ones((3, 2)), np.zeros(3, np.int8)
    table = FeatureTable("d", "s", ("rate", "hours"), values, valid, stages, fixed={1: (0.0, 1.0)})
    night = prepare_night(table, FeaturesConfig(), ClassesConfig(("WAKE", "SLEEP"), {0: 0, 1: 1}))
    assert night.measured.tolist() == [True, False, True]


def test_an_end_of_a_frame_counts_less_unless_it_is_the_nights() -> None:
    frames = np.stack([np.zeros((12, 1)), np.ones((12, 1))]).astype(np.float32)
    night = blend(frames, (0, 6), 18)[:, 0]
    assert np.all(night[:6] == 0) and np.all(night[12:] == 1)
    # The second frame's first epochs count less than the first frame's middle, and the other way round at its end.
    assert np.all(np.diff(night[6:12]) >= 0) and night[6] < 0.5 < night[11]
