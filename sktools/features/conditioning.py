"""Raw waveforms brought to one rate: what is no measurement becomes NaN, the rest is resampled stretch by stretch."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from sktools.datasets.waveform import Waveform

Floats = NDArray[np.float64]

BRIDGED_SECONDS = 0.1
"""Gaps up to this are filled by a straight line: a lost sample or two."""

SHORTEST_STRETCH_SECONDS = 4.0
"""Measured stretches shorter than this are dropped: filters have not settled, and no window could use them."""

FLAT_SECONDS = 2.0
"""A value that stands still this long is a sensor that is off or at its rail: a pulse or a moving wrist never is."""

WILD = 100.0
"""Values further from the median than this many times the middle 90 % of values are glitches."""


def measured(values: NDArray[np.float32], rate: float, flat_is_off: bool = True) -> Floats:
    """A copy [n] in which what is no measurement is NaN: infinities, glitches and, with flat_is_off, flat stretches."""
    result = values.astype(np.float64)
    result[~np.isfinite(result)] = np.nan
    finite = result[np.isfinite(result)]
    if not len(finite):
        return result
    low, middle, high = np.percentile(finite, (5, 50, 95))
    if high > low:
        result[np.abs(result - middle) > WILD * (high - low)] = np.nan
    if flat_is_off:
        for first, last in _runs(np.diff(result, prepend=np.nan) == 0):
            # The run of equal differences begins one sample after the value did.
            if last - first + 1 >= FLAT_SECONDS * rate:
                result[first - 1 : last] = np.nan
    return _bridged(result, int(BRIDGED_SECONDS * rate))


def at_rate(values: Floats, rate: float, target: float) -> Floats:
    """Values [n] resampled to a target rate, Hz, [round(n target / rate)]; NaN where the source is.

    Polyphase, so that what the target rate cannot hold is filtered out first.
    """
    from scipy.signal import resample_poly

    count = round(len(values) * target / rate)
    result = np.full(count, np.nan)
    if rate == target:
        result[:] = values[:count]
        return result
    ratio = Fraction(target / rate).limit_denominator(512)
    reached = rate * float(ratio)
    for first, last in stretches(values, rate):
        part = values[first:last]
        # Edges are continued by their mean, not by 0.
        offset = part.mean()
        moved = resample_poly(part - offset, ratio.numerator, ratio.denominator) + offset
        begin, end = int(np.ceil(first * target / rate)), min(count, int((last - 1) * target / rate) + 1)
        if end <= begin:
            continue
        wanted = np.arange(begin, end) / target - first / rate
        result[begin:end] = np.interp(wanted, np.arange(len(moved)) / reached, moved)
    return result


def band_pass(values: Floats, rate: float, low: float, high: float) -> Floats:
    """Each measured stretch band-passed forwards and backwards (physiokit, Butterworth of order 3); NaN elsewhere."""
    import physiokit

    result = np.full(len(values), np.nan)
    for first, last in stretches(values, rate):
        part = values[first:last]
        result[first:last] = physiokit.signal.filter_signal(
            part - part.mean(), lowcut=low, highcut=high, sample_rate=rate, order=3
        )
    return result


def on_epochs(waveform: Waveform, values: Floats, rate: float, epochs: int, hop: float, window: float) -> Floats:
    """Values shifted so that row i of `windows` is the window centred on epoch i: [epochs, window rate].

    values: at `rate`, of the waveform's time span; NaN where the window reaches past it.
    """
    length, step = round(window * rate), round(hop * rate)
    lead = round((window - hop) / 2 * rate)
    first = round(waveform.start * rate) + lead
    total = (epochs - 1) * step + length
    padded = np.full(total, np.nan)
    begin, end = max(first, 0), min(first + len(values), total)
    if end > begin:
        padded[begin:end] = values[begin - first : end - first]
    return np.lib.stride_tricks.sliding_window_view(padded, length)[::step]


def stretches(values: Floats, rate: float) -> Iterator[tuple[int, int]]:
    """First index and index past the last of each measured stretch that is long enough."""
    for first, last in _runs(np.isfinite(values)):
        if last - first >= SHORTEST_STRETCH_SECONDS * rate:
            yield first, last


def _runs(inside: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], inside, [False]]).astype(np.int8)))
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        yield int(first), int(last)


def _bridged(values: Floats, longest: int) -> Floats:
    for first, last in _runs(~np.isfinite(values)):
        if first > 0 and last < len(values) and last - first <= longest:
            values[first:last] = np.linspace(values[first - 1], values[last], last - first + 2)[1:-1]
    return values
