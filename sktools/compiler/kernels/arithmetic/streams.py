"""Records of the depthwise kernels that stream rows through registers (firmware/kernels/fast/sk_streams.h)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sktools.compiler.kernels.arithmetic.requantization import (
    SCALE,
    FittedLayer,
    Requantization,
    Requantizer,
    fit_layer,
    fit_mixed,
    linear_layer,
)
from sktools.compiler.kernels.arithmetic.windows import RowWindow

SHORTEST_STREAM = 4
"""SK_STREAM_SHORTEST: least rows / dilation of the kernels of three and five taps."""

SHORTEST_LONG_STREAM = 6
"""SK_STREAM_SHORTEST_LONG: of those of seven and nine taps."""

SHORTEST_CAUSAL_STREAM = 2
"""SK_STREAM_SHORTEST_CAUSAL: of the causal ones."""

STREAM_SHIFT = 8
"""SK_STREAM_SHIFT: these kernels use it in place of FIT_SHIFT."""


@dataclass(frozen=True)
class Stream:
    """A depthwise kernel that streams a channel's rows through registers.

    name: the kernel's, without its requantizer. taps, before: its taps, and those of them before the output's row.
    shortest: least rows / dilation.
    """

    name: str
    taps: int
    before: int
    shortest: int

    def first_tap(self, window: RowWindow) -> int | None:
        """Which of the kernel's taps is the window's first; the others are 0. None if the kernel does not cover it."""
        first = self.before - window.padding // window.dilation
        if window.padding % window.dilation or not 0 <= first <= self.taps - window.taps:
            return None
        return first if window.rows // window.dilation >= self.shortest else None


STREAMS = (
    Stream("depthwise_3", 3, 1, SHORTEST_STREAM),
    Stream("depthwise_5", 5, 2, SHORTEST_STREAM),
    Stream("depthwise_5_causal", 5, 4, SHORTEST_CAUSAL_STREAM),
    Stream("depthwise_7", 7, 3, SHORTEST_LONG_STREAM),
    Stream("depthwise_9", 9, 4, SHORTEST_LONG_STREAM),
    Stream("depthwise_9_causal", 9, 8, SHORTEST_CAUSAL_STREAM),
)
"""Shortest first: a window takes the first one that covers it."""


def stream_of(window: RowWindow) -> tuple[Stream, int] | None:
    """The stream that covers a window, and which of its taps is the window's first; None if none does."""
    for stream in STREAMS:
        first = stream.first_tap(window)
        if first is not None:
            return stream, first
    return None


def pack_stream(
    weights: NDArray[np.int8],
    bias: NDArray[np.int32],
    zero_point: int,
    requantization: Requantization,
    requantizer: Requantizer,
) -> NDArray[np.int32] | None:
    """Records [channels, words] of sk_streams_t for FITTED, MIXED or LINEAR; None if that is not exact.

    weights: [taps of the kernel, channels]; bias: [channels]; zero_point: the input's.
    """
    pack = {Requantizer.FITTED: _fitted, Requantizer.MIXED: _mixed, Requantizer.LINEAR: _linear}[requantizer]
    return pack(np.ascontiguousarray(weights.T), bias, zero_point, requantization)


def _fitted(
    weights: NDArray[np.int8], bias: NDArray[np.int32], zero_point: int, requantization: Requantization
) -> NDArray[np.int32] | None:
    fitted = fit_layer(weights, bias, zero_point, requantization, fit_shift=STREAM_SHIFT)
    return None if fitted is None else _fitted_records(fitted, np.zeros_like(bias))


def _mixed(
    weights: NDArray[np.int8], bias: NDArray[np.int32], zero_point: int, requantization: Requantization
) -> NDArray[np.int32] | None:
    mixed = fit_mixed(weights, bias, zero_point, requantization)
    return None if mixed is None else _fitted_records(*mixed)


def _linear(
    weights: NDArray[np.int8], bias: NDArray[np.int32], zero_point: int, requantization: Requantization
) -> NDArray[np.int32] | None:
    linear = linear_layer(weights, bias, zero_point, requantization)
    if linear is None or (requantization.low, requantization.high) != (-128, 127):
        return None
    folded = 2 * (linear.bias.astype(np.int64) - zero_point * linear.weights.astype(np.int64).sum(axis=1))
    words = _as_words(linear.weights, linear.shift)
    return np.column_stack([words, linear.rounding, folded, linear.multiplier]).astype(np.int32)


def _fitted_records(fitted: FittedLayer, shifts: NDArray[np.int32]) -> NDArray[np.int32]:
    weights = (fitted.weights // SCALE).astype(np.int8)  # 0 where the output never changes
    return np.column_stack([_as_words(weights, shifts), fitted.bias, fitted.multiplier]).astype(np.int32)


def _as_words(weights: NDArray[np.int8], shifts: NDArray[np.int32]) -> NDArray[np.int32]:
    """weights: [channels, taps]; the shift is the byte after them."""
    channels, taps = weights.shape
    words = np.zeros((channels, 4 * ((taps + 4) // 4)), np.int8)
    words[:, :taps] = weights
    words[:, taps] = shifts
    return words.view("<i4")
