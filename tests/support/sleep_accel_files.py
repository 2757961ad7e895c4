"""Sleep-Accel folders for tests: the real one where it is, and small ones written in the release's format."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest


def real_folder() -> Path:
    """SKTOOLS_SLEEP_ACCEL, or shared/data/sleep-accel beside the repository; skips the test where neither is there."""
    repository = Path(__file__).resolve().parents[2]
    folder = Path(os.environ.get("SKTOOLS_SLEEP_ACCEL", repository.parent / "shared" / "data" / "sleep-accel"))
    if not (folder / "labels").is_dir():
        pytest.skip(f"the Sleep-Accel recordings are not at {folder} (SKTOOLS_SLEEP_ACCEL names another place)")
    return folder


def write_subject(
    folder: Path, subject: str, stages: Sequence[int], seed: int = 0, motion_rate: float = 0.0, wake_bpm: float = 70.0
) -> None:
    """One subject: a label line each 30 s, a heart rate every 5 s or so (higher when awake), optional motion."""
    generator = np.random.default_rng(seed)
    for name in ("labels", "heart_rate"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    lines = [f"{30 * index} {stage}" for index, stage in enumerate(stages)]
    (folder / "labels" / f"{subject}_labeled_sleep.txt").write_text("\n".join(lines) + "\n")
    end = 30 * len(stages)
    times = np.arange(-600, end, 5.0) + generator.uniform(0, 1, len(np.arange(-600, end, 5.0)))
    awake = np.array([stages[min(max(int(time // 30), 0), len(stages) - 1)] == 0 for time in times])
    rate = np.where(awake, wake_bpm, 55.0) + generator.normal(0, 2, len(times))
    rows = [f"{time:.5f},{value:.0f}" for time, value in zip(times, rate, strict=True)]
    (folder / "heart_rate" / f"{subject}_heartrate.txt").write_text("\n".join(rows) + "\n")
    if motion_rate:
        (folder / "motion").mkdir(exist_ok=True)
        clock = np.arange(0, end, 1 / motion_rate)
        still = np.array([0.0, 0.0, 1.0]) + generator.normal(0, 0.002, (len(clock), 3))
        moving = np.array([stages[min(int(time // 30), len(stages) - 1)] == 0 for time in clock])
        still[moving, 2] += 0.1 * np.sin(2 * np.pi * 6 * clock[moving])
        np.savetxt(folder / "motion" / f"{subject}_acceleration.txt", np.column_stack([clock, still]), fmt="%.5f")
