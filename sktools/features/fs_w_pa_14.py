"""FS-W-PA-14: 14 features of wrist PPG and motion, windows of 60 s every 30 s, one row an epoch."""

from __future__ import annotations

import numpy as np

from sktools.datasets.recording import Recording
from sktools.features.feature_set import FeatureSet, FeatureTable, register
from sktools.features.heart_rate import NOTE, heart_rate_features
from sktools.features.motion import movement_features
from sktools.features.raw_signals import raw_features
from sktools.model_config import EPOCH_SECONDS

WINDOW_SECONDS = 60.0
NAMES = (
    "hr_bpm",
    "hrv_td_mean_nn",
    "hrv_td_sd_nn",
    "hrv_td_median_nn",
    "hrv_fd_lfhf_ratio",
    "spo2_mu",
    "spo2_std",
    "spo2_med",
    "mov_mu",
    "mov_std",
    "mov_med",
    "rsp_bpm",
    "spo2_qos",
    "hrv_qos",
)
GROUPS = {
    "heart_rate": (0, 1, 2, 3),
    "beats": (4, 11, 13),
    "oximeter": (5, 6, 7, 12),
    "motion": (8, 9, 10),
}
"""What goes missing together: a slow heart rate, what needs the pulse wave itself, the oximeter, the accelerometer."""


def extract(recording: Recording) -> FeatureTable:
    """FS-W-PA-14 of a recording: its own features where it holds them, else from its signals; the rest is masked."""
    notes: list[str] = list(recording.notes)
    found = dict(recording.features)
    if recording.waveforms:
        raw, told = raw_features(recording.waveforms, recording.epochs, WINDOW_SECONDS, EPOCH_SECONDS)
        found = raw | found
        notes += told
    if "heart_rate" in recording.signals and "hr_bpm" not in found:
        found |= heart_rate_features(recording.signals["heart_rate"], recording.epochs, WINDOW_SECONDS, EPOCH_SECONDS)
        notes.append(NOTE)
    if "acceleration" in recording.signals and "mov_mu" not in found:
        found |= movement_features(recording.signals["acceleration"], recording.epochs, WINDOW_SECONDS, EPOCH_SECONDS)
    columns = [found.get(name, np.full(recording.epochs, np.nan)) for name in NAMES]
    values = np.stack(columns, axis=1)
    valid = np.isfinite(values)
    return FeatureTable(
        recording.dataset,
        recording.subject,
        NAMES,
        np.where(valid, values, 0.0),
        valid,
        recording.stages,
        tuple(notes),
    )


FS_W_PA_14 = register(FeatureSet("fs-w-pa-14", NAMES, GROUPS, extract))
