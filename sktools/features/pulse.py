"""Heart rate, beat intervals and breathing of one window of a pulse wave, by physiokit's routines."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

PULSE_BAND = (0.5, 3.0)
HEART_RATE_BAND = (0.5, 2.0)
PEAK_WIDTH_HZ = 0.2
"""Half the width about the spectral peak that the heart rate is the centre of gravity of: 12 bpm to either side."""

INTERVAL_RANGE = (0.5, 2.0)
INTERVAL_STEP = 0.3
LF_BAND, HF_BAND = (0.04, 0.15), (0.15, 0.4)
BREATHING_BAND = (0.15, 0.7)
"""Hz: 9 to 42 breaths a minute. RIFV samples breathing once a beat, so nothing above half the heart rate is meant."""

EDGE_SECONDS = 0.05
"""A peak this near to a gap is where the wave was cut, not its top."""

FEWEST_BEATS = 4
FEWEST_MEASURED = 0.75
"""Share of a window that must be measured."""

NAMES = (
    "hr_bpm",
    "hrv_td_mean_nn",
    "hrv_td_sd_nn",
    "hrv_td_median_nn",
    "hrv_fd_lfhf_ratio",
    "rsp_bpm",
    "hrv_qos",
)


def pulse_features(window: Floats, rate: float) -> Floats | None:
    """The features NAMES of one window of the band-passed pulse wave: bpm, s, s, s, ratio, breaths a minute, share.

    window: [n] at `rate` Hz, NaN where nothing was measured. None where the window is masked: too little of it is
    measured, or it holds fewer than FEWEST_BEATS normal intervals (FS-W-PA-14's rule).
    """
    import physiokit

    present = np.isfinite(window)
    if present.mean() < FEWEST_MEASURED:
        return None
    wave = np.where(present, window, 0.0)
    beats = find_beats(wave, rate)
    if not present.all():
        beats = beats[_clear(beats, present, round(EDGE_SECONDS * rate))]
    intervals = physiokit.ppg.compute_rr_intervals(beats)
    if len(intervals) < FEWEST_BEATS:
        return None
    rejected = physiokit.ppg.filter_rr_intervals(
        intervals, sample_rate=rate, min_rr=INTERVAL_RANGE[0], max_rr=INTERVAL_RANGE[1], min_delta=INTERVAL_STEP
    )
    if not present.all():
        rejected = rejected | _across_gaps(beats, present)
    normal = rejected == 0
    if int(normal.sum()) < FEWEST_BEATS:
        return None
    heart_rate = spectral_heart_rate(wave, rate)
    seconds = intervals[normal] / rate
    frequency = physiokit.hrv.compute_hrv_frequency(
        beats[normal], rri=intervals[normal], bands=[LF_BAND, HF_BAND], sample_rate=rate
    )
    breathing, _ = physiokit.ppg.derive_respiratory_rate(
        ppg=wave,
        peaks=beats[normal],
        rri=intervals[normal],
        method="rifv",
        lowcut=BREATHING_BAND[0],
        highcut=BREATHING_BAND[1],
        sample_rate=rate,
    )
    high = frequency.bands[1].total_power
    return np.array(
        [
            heart_rate,
            seconds.mean(),
            seconds.std(ddof=1),
            np.median(seconds),
            frequency.bands[0].total_power / high if high > 0 else np.nan,
            breathing,
            normal.mean(),
        ]
    )


def spectral_heart_rate(wave: Floats, rate: float) -> float:
    """Heart rate from the spectrum, bpm: the centre of gravity of the power about physiokit's highest peak.

    The peak alone is the commonest rate of a window, and a tapered one of its middle; over a minute in which the rate
    wanders by 10 bpm it misses the mean by 3 bpm. The centre of gravity of the untapered spectrum meets it.
    """
    import physiokit

    peak, _ = physiokit.ppg.compute_heart_rate_from_fft(
        wave, sample_rate=rate, lowcut=HEART_RATE_BAND[0], highcut=HEART_RATE_BAND[1]
    )
    length = 2 ** int(np.ceil(np.log2(2 * len(wave))))
    frequencies = np.fft.rfftfreq(length, 1 / rate)
    power = np.abs(np.fft.rfft(wave, length)) ** 2
    near = np.abs(frequencies - peak / 60) <= PEAK_WIDTH_HZ
    return float(60 * (frequencies[near] * power[near]).sum() / power[near].sum())


def find_beats(wave: Floats, rate: float) -> Floats:
    """Systolic peaks as fractions of samples, ascending: physiokit's, each moved to the vertex of the parabola through
    it and its neighbours. A whole sample at 64 Hz is 16 ms, as much as a calm sleeper's variability.
    """
    import physiokit

    # physiokit takes a first wave for granted.
    if not np.any(wave > 0):
        return np.zeros(0)
    try:
        peaks = physiokit.ppg.find_peaks(wave, sample_rate=rate)
    except IndexError:
        return np.zeros(0)
    peaks = peaks[(peaks > 0) & (peaks < len(wave) - 1)]
    left, top, right = wave[peaks - 1], wave[peaks], wave[peaks + 1]
    bend = left - 2 * top + right
    shift = np.where(bend < 0, 0.5 * (left - right) / np.where(bend < 0, bend, -1.0), 0.0)
    found: Floats = peaks + np.clip(shift, -0.5, 0.5)
    return found


def _clear(beats: Floats, present: NDArray[np.bool_], margin: int) -> NDArray[np.bool_]:
    """Whether every sample within `margin` of each beat was measured."""
    missing = np.concatenate([[0], np.cumsum(~present)])
    low = np.clip(np.floor(beats).astype(int) - margin, 0, len(present))
    high = np.clip(np.ceil(beats).astype(int) + margin + 1, 0, len(present))
    clear: NDArray[np.bool_] = missing[high] == missing[low]
    return clear


def _across_gaps(beats: Floats, present: NDArray[np.bool_]) -> NDArray[np.int64]:
    """1 for each interval (ending at its beat) in which a sample is missing."""
    missing = np.concatenate([[0], np.cumsum(~present)])
    ends = np.ceil(beats).astype(int)
    lost = np.diff(missing[ends]) > 0
    return np.concatenate([lost[:1], lost]).astype(np.int64)
