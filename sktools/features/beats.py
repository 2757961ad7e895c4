"""Heartbeats of a pulse wave as they come, and the heart rate between them: the twin of firmware/stager/sk_beats.c.

Multi-scale peak detection after Bishop and Ercole (Acta Neurochir Suppl 126, 2018, 189) in the fast form of Charlton
and others (MSPTDfast v2, Physiol Meas 2025): 20 Hz, windows of 6 s, scales of 30 bpm and faster. Differences: the wave
is brought to 20 Hz by triangular weights, so that any sampling rate does; windows follow each other every 4 s, and each
gives the beats of its middle 4 s; peaks are moved to the vertex of a parabola; intervals that do not fit are left out.

Everything is causal but for the second after the middle of a window, and needs bounded memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

STEP_MS = 50
WINDOW, HOP, MARGIN = 120, 80, 20
"""Grid points of a window, between windows, and at either end of a window whose beats other windows give."""

LARGEST_SCALE = 19
"""Of 59 scales of a window, the largest that still belongs to 30 bpm: 59 / 19 in 6 s are 31 peaks per minute."""

SCALES = (1, 2, 3, 5, 7, 9, 11, 13, 15, 17, 19)
"""Scales whose peaks are counted to find the best one; a peak must then be one at every scale up to it."""

BRIDGED = 2
"""Missing grid points in a row that are filled by a straight line."""

LEAST_WEIGHT = 0.05
LEAST_SWING = 1e-5
"""Of a window's largest value: a wave that swings less is rounding, not a pulse."""

SHORTEST_MS, LONGEST_MS = 300.0, 2000.0
NEAR = 0.2
"""An interval further than this share from the median of those before it is left out."""

REMEMBERED = 5
"""Intervals that the median is taken of."""

STUBBORN = 4
"""After so many intervals in a row that did not fit, the ones before are forgotten."""

FEWEST_INTERVALS, FITTING_SHARE = 2, 0.75
"""Intervals that must fit for a heart rate, and their share of all: 99.8 % of the windows of white noise give none."""


@dataclass(frozen=True)
class Beats:
    """times: of every beat. rate_times: when a heart rate became known. Both in ms, ascending. rates: bpm, of 4 s."""

    times: Floats
    rate_times: NDArray[np.int64]
    rates: Floats


@dataclass(frozen=True)
class Grid:
    """first: ms of the first point. values: every STEP_MS. known: whether samples lie near enough.

    done: ms of the sample with which each point was complete.
    """

    first: int
    values: Floats
    known: NDArray[np.bool_]
    done: NDArray[np.int64]


def on_grid(times: NDArray[np.int64], values: Floats) -> Grid:
    """Samples (times in ms, ascending) on the grid; each counts for the points before and after it, by nearness."""
    index = times // STEP_MS
    first, last = int(index[0]), int(index[-1])
    after = (times - index * STEP_MS) / STEP_MS
    weight, total = np.zeros(last - first + 2), np.zeros(last - first + 2)
    for offset, share in ((0, 1 - after), (1, after)):
        np.add.at(weight, index - first + offset, share)
        np.add.at(total, index - first + offset, share * values)
    count = last - first  # the last point and the one after it are not complete
    known = weight[:count] > LEAST_WEIGHT
    complete = np.searchsorted(index, first + np.arange(count), side="right")
    filled = np.where(known, total[:count] / np.maximum(weight[:count], LEAST_WEIGHT), 0.0)
    return Grid(first * STEP_MS, filled, known, times[complete])


def find_beats(times: NDArray[np.int64], values: Floats) -> Beats:
    """The beats and heart rates of a pulse wave. times: ms, ascending, [n]. values: any unit, [n].

    A gap of more than a window begins anew, but for the intervals that later ones are compared with.
    """
    found: list[float] = []
    rate_times: list[int] = []
    rates: list[float] = []
    chain = Intervals()
    breaks = np.flatnonzero(np.diff(times // STEP_MS) > WINDOW) + 1
    for part, wave in zip(np.split(times, breaks), np.split(values, breaks), strict=True):
        chain.interrupt()
        for window in _windows(part, wave):
            if window.wave is None:
                chain.interrupt()
                continue
            peaks = find_peaks(window.wave)
            peaks = peaks[(peaks >= MARGIN - 0.5) & (peaks < MARGIN + HOP - 0.5)]
            beats = window.first + STEP_MS * peaks
            found += beats.tolist()
            rate = chain.follow(beats.tolist())
            if rate is not None:
                rate_times.append(window.done)
                rates.append(rate)
    return Beats(np.array(found), np.array(rate_times, np.int64), np.array(rates))


@dataclass(frozen=True)
class _Window:
    """wave: [WINDOW], None if it has a gap. first: ms of its first point. done: ms of the sample that completed it."""

    wave: Floats | None
    first: int
    done: int


def _windows(times: NDArray[np.int64], values: Floats) -> Iterator[_Window]:
    if len(times) == 0:
        return
    grid = on_grid(times, values)
    for start in range(0, len(grid.values) - WINDOW + 1, HOP):
        inside = slice(start, start + WINDOW)
        wave = bridged(grid.values[inside], grid.known[inside])
        yield _Window(wave, grid.first + STEP_MS * start, int(grid.done[start + WINDOW - 1]))


def bridged(values: Floats, known: NDArray[np.bool_]) -> Floats | None:
    """A window with its short gaps filled; None if a gap is longer, or lies at an end."""
    if known.all():
        return values
    edges = np.flatnonzero(np.diff(np.concatenate([[1], known.astype(np.int8), [1]])))
    result = values.copy()
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        if last - first > BRIDGED or first == 0 or last == len(values):
            return None
        result[first:last] = np.linspace(values[first - 1], values[last], last - first + 2)[1:-1]
    return result


def find_peaks(wave: Floats) -> Floats:
    """Peaks of a window as fractions of grid points, ascending."""
    count = len(wave)
    away = np.arange(count) - (count - 1) / 2
    level = wave - wave[0]  # a large mean would cost digits
    level = level - 12 * (away * level).sum() / (count * (count * count - 1.0)) * away
    if np.ptp(level) < LEAST_SWING * np.abs(wave).max():
        return np.zeros(0)
    highest = np.zeros((LARGEST_SCALE, count), bool)
    for scale in range(1, LARGEST_SCALE + 1):
        middle = level[scale:-scale]
        highest[scale - 1, scale:-scale] = (middle > level[: -2 * scale]) & (middle > level[2 * scale :])
    largest = SCALES[int(highest.sum(axis=1)[np.array(SCALES) - 1].argmax())]
    peaks = np.flatnonzero(highest[:largest].all(axis=0))
    left, top, right = level[peaks - 1], level[peaks], level[peaks + 1]
    return np.asarray(peaks + 0.5 * (left - right) / (left - 2 * top + right))


class Intervals:
    """Judges the intervals between beats; keeps REMEMBERED good ones."""

    def __init__(self) -> None:
        self._before: float | None = None
        self._good: list[float] = []
        self._misfits = 0

    def interrupt(self) -> None:
        """Nothing was measured for a while: the next beat has no interval."""
        self._before = None

    def follow(self, beats: list[float]) -> float | None:
        """The heart rate of some more beats (ms), in bpm; None if too few of their intervals fit."""
        total, fitting, all_of_them = 0.0, 0, 0
        for beat in beats:
            interval = None if self._before is None else beat - self._before
            self._before = beat
            all_of_them += interval is not None
            if interval is not None and self._fits(interval):
                total += interval
                fitting += 1
        good = fitting >= FEWEST_INTERVALS and fitting >= FITTING_SHARE * all_of_them
        return 60_000.0 * fitting / total if good else None

    def _fits(self, interval: float) -> bool:
        if not SHORTEST_MS <= interval <= LONGEST_MS:
            return False
        if self._good:
            median = float(np.sort(self._good)[len(self._good) // 2])
            if abs(interval - median) > NEAR * median:
                self._misfits += 1
                if self._misfits >= STUBBORN:
                    self._good, self._misfits = [], 0
                return False
        self._misfits = 0
        self._good = [*self._good, interval][-REMEMBERED:]
        return True
