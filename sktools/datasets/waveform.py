"""A quantity sampled at a fixed rate: pulse waves, acceleration, saturation, as sensors deliver them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sktools.errors import DataError

LONGEST_SECONDS = 36 * 3600.0
"""Longest recording that is taken for one night; a longer one has a broken clock."""


@dataclass(frozen=True)
class Waveform:
    """A sampled quantity.

    values: float32 [n] or [n, axes], in `unit`; NaN where nothing was measured.
    rate: samples a second. start: seconds from the recording's first epoch to the first sample.
    """

    values: NDArray[np.float32]
    rate: float
    unit: str
    start: float = 0.0

    def __post_init__(self) -> None:
        if not (np.isfinite(self.rate) and self.rate > 0):
            raise DataError(f"sampling rate {self.rate:g} Hz, expected more than 0")
        if self.values.ndim not in (1, 2) or len(self.values) == 0:
            raise DataError(
                f"waveform of shape {list(self.values.shape)}, expected [n] or [n, axes] with n of 1 or more"
            )
        if self.seconds > LONGEST_SECONDS:
            raise DataError(
                f"waveform of {self.seconds / 3600:.4g} h, a night has {LONGEST_SECONDS / 3600:.0f} at most"
            )

    @property
    def seconds(self) -> float:
        return len(self.values) / self.rate


def single(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """Values in single precision; those too large for it are infinite, which is no measurement."""
    with np.errstate(over="ignore", invalid="ignore"):
        return values.astype(np.float32)


@dataclass(frozen=True)
class ClockReport:
    """What `on_grid` met. gaps: intervals between samples of more than GAP_PERIODS periods. back_steps: places where
    the clock went back. seconds_masked: time that two stretches claim, masked. not_finite: samples without a time.
    """

    gaps: int
    back_steps: int
    seconds_masked: float
    not_finite: int


GAP_PERIODS = 1.5


def on_grid(
    times: NDArray[np.float64], values: NDArray[np.float64], rate: float, unit: str
) -> tuple[Waveform, ClockReport]:
    """Time-stamped samples as a waveform on the grid of their nominal rate.

    times: seconds [n]. values: [n] or [n, axes]. A grid point takes the nearest sample within half a period, else it
    is NaN (a gap). Where the clock steps back, two stretches claim the same time: neither is believed, the time is
    NaN. Raises DataError where nothing has a time or the span is longer than a night.
    """
    flat = values[:, None] if values.ndim == 1 else values
    timed = np.isfinite(times)
    lost = int((~timed).sum())
    stamps, flat = times[timed], flat[timed]
    if not len(stamps):
        raise DataError("no sample has a finite time")
    span = float(stamps.max() - stamps.min())
    if span > LONGEST_SECONDS:
        raise DataError(f"sample times span {span / 3600:.4g} h, a night has {LONGEST_SECONDS / 3600:.0f} at most")
    steps = np.diff(stamps)
    # Jitter of a sample or two is not a clock that went back; such samples are put in order.
    back = np.flatnonzero(steps < -2 / rate)
    gaps = int((steps > GAP_PERIODS / rate).sum())
    claimed: list[tuple[float, float]] = []
    highest = np.maximum.accumulate(stamps)
    for index in back:
        later = stamps[index + 1 :]
        caught_up = np.flatnonzero(later > highest[index])
        until = float(highest[index])
        claimed.append((float(later[: caught_up[0]].min() if len(caught_up) else later.min()), until))
    order = np.argsort(stamps, kind="stable")
    stamps, flat = stamps[order], flat[order]
    start = float(stamps[0])
    count = round((float(stamps[-1]) - start) * rate) + 1
    grid = start + np.arange(count) / rate
    after = np.searchsorted(stamps, grid).clip(0, len(stamps) - 1)
    before = (after - 1).clip(0)
    nearest = np.where(np.abs(stamps[after] - grid) <= np.abs(stamps[before] - grid), after, before)
    result = single(flat[nearest])
    # A nominal rate is seldom exact to the sample: half a period and a little is still this sample's.
    result[np.abs(stamps[nearest] - grid) > 0.75 / rate] = np.nan
    masked = np.zeros(count, bool)
    for low, high in claimed:
        masked |= (grid >= low - 0.5 / rate) & (grid <= high + 0.5 / rate)
    result[masked] = np.nan
    waveform = Waveform(result[:, 0] if values.ndim == 1 else result, rate, unit, start)
    return waveform, ClockReport(gaps, len(back), float(masked.sum() / rate), lost)
