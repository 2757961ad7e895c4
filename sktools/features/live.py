"""Frames as a watch has them: every 30 s the newest `epochs` epochs, and the answer for an epoch read some time later.

While the night is younger than a frame, the frame's first rows are 0, which is the mean of a normalised feature; the
newest epoch is always the last row. The answer for epoch t with a delay of D epochs is row `epochs - 1 - D` of the
frame that ends with epoch t + D. If the recording ends before, it is read from the last frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sktools.features.evaluation_set import EvaluationSet
from sktools.features.frames import join

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class LiveNight:
    """One night of an evaluation set.

    frames: float32 [epochs of the night, epochs, features], a view: frame t ends with epoch t.
    """

    subject: str
    frames: Floats


def live_nights(chosen: EvaluationSet) -> tuple[LiveNight, ...]:
    """The rolling frames of every night, in the order of the evaluation set."""
    owners = np.array(chosen.frame_subjects)
    epochs = int(chosen.labels.shape[1])
    return tuple(
        LiveNight(
            night.subject,
            rolling(join(chosen.features[owners == night.subject], len(night.measured)), epochs),
        )
        for night in chosen.nights
    )


def rolling(features: Floats, epochs: int) -> Floats:
    """Frames [length, epochs, features] of a night's normalised features [length, features], a view."""
    padded = np.concatenate([np.zeros((epochs - 1, features.shape[1]), features.dtype), features])
    return np.lib.stride_tricks.sliding_window_view(padded, epochs, axis=0).transpose(0, 2, 1)


def read_late(outputs: NDArray[np.generic], delay: int) -> NDArray[np.generic]:
    """The answer for each epoch of a night, [length, classes], from what the network made of its rolling frames.

    outputs: [length, epochs, classes]. delay: epochs, less than `epochs`.
    """
    length, epochs = outputs.shape[:2]
    if not 0 <= delay < epochs:
        raise ValueError(f"a delay of {delay} epochs does not fit frames of {epochs}")
    frame = np.minimum(np.arange(length) + delay, length - 1)
    return np.asarray(outputs[frame, epochs - 1 - (frame - np.arange(length))])


def into_frames(chosen: EvaluationSet, nights: Sequence[NDArray[np.generic]]) -> NDArray[np.generic]:
    """Answers of each night, [length, classes], placed like the frames of the evaluation set: [n, epochs, classes].

    Past a night's end they are 0.
    """
    epochs, classes = int(chosen.labels.shape[1]), int(nights[0].shape[1])
    placed = np.zeros((*chosen.labels.shape, classes), nights[0].dtype)
    owners = np.array(chosen.frame_subjects)
    for night, answers in zip(chosen.nights, nights, strict=True):
        mine = np.flatnonzero(owners == night.subject)
        flat = np.zeros((len(mine) * epochs, classes), answers.dtype)
        flat[: len(answers)] = answers
        placed[mine] = flat.reshape(len(mine), epochs, classes)
    return placed
