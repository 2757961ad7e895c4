"""Rolling frames, and the row that a late answer is read from."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sktools.features.evaluation_set import EvaluationSet, NightSpan
from sktools.features.frames import Night, cut
from sktools.features.live import into_frames, live_nights, read_late, rolling

WIDTH = 3


def chosen_of(lengths: dict[str, int], epochs: int) -> EvaluationSet:
    """Nights whose features are their subject's number and their epoch."""
    frames, owners, spans = [], [], []
    for number, (subject, length) in enumerate(lengths.items()):
        features = np.stack([np.full(length, number + 1), np.arange(length), np.ones(length)], axis=1)
        night = Night("d", subject, features.astype(np.float32), np.zeros(length, np.int64))
        frames.append(cut(night, epochs))
        owners += [subject] * len(frames[-1].features)
        spans.append(NightSpan(subject, "", np.ones(length, bool), bedtime=300.0 * number))
    return EvaluationSet(
        "d",
        np.concatenate([part.features for part in frames]),
        np.concatenate([part.labels for part in frames]),
        np.concatenate([part.mask for part in frames]),
        tuple(owners),
        tuple(lengths),
        0,
        (),
        (),
        False,
        tuple(spans),
    )


@given(length=st.integers(1, 60), epochs=st.integers(1, 20))
def test_a_frame_ends_now_and_begins_with_zeros_early_in_the_night(length: int, epochs: int) -> None:
    features = np.arange(1, length + 1, dtype=np.float32)[:, None]
    frames = rolling(features, epochs)
    assert frames.shape == (length, epochs, 1)
    for now in range(length):
        wanted = [now + 1 - back if now - back >= 0 else 0 for back in reversed(range(epochs))]
        assert frames[now, :, 0].tolist() == wanted


@given(length=st.integers(1, 50), epochs=st.integers(2, 12), data=st.data())
def test_an_answer_is_read_from_the_frame_that_is_due(length: int, epochs: int, data: st.DataObject) -> None:
    delay = data.draw(st.integers(0, epochs - 1))
    # The "network" answers each row with its frame's newest epoch and the row's own epoch.
    newest = np.repeat(np.arange(length)[:, None], epochs, axis=1)
    own = newest - np.arange(epochs)[::-1]
    answers = read_late(np.stack([newest, own], axis=2), delay)
    for epoch in range(length):
        assert answers[epoch].tolist() == [min(epoch + delay, length - 1), epoch]


def test_a_delay_longer_than_a_frame_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        read_late(np.zeros((3, 4, 2)), 4)


def test_nights_of_a_set_stay_apart_and_fall_back_into_their_frames() -> None:
    chosen = chosen_of({"a": 17, "b": 5, "c": 8}, epochs=8)
    nights = live_nights(chosen)
    assert [(night.subject, len(night.frames)) for night in nights] == [("a", 17), ("b", 5), ("c", 8)]
    for number, night in enumerate(nights):
        measured = night.frames[..., 2] == 1
        assert np.all(night.frames[..., 0][measured] == number + 1)
        assert night.frames[:, -1, 1].tolist() == list(range(len(night.frames)))
    back = into_frames(chosen, [night.frames[:, -1] for night in nights])
    assert np.array_equal(back, chosen.features)


def test_epochs_count_from_bedtime() -> None:
    chosen = chosen_of({"a": 17, "b": 5}, epochs=8)
    epochs = chosen.epochs_since_bedtime()
    assert epochs[:3].ravel().tolist() == list(range(24))
    assert epochs[3].tolist() == list(range(-10, -2))
