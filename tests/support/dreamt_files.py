"""DREAMT folders for tests, written from the published description alone (PhysioNet, dreamt 2.x).

data_64Hz/SXXX_whole_df.csv: one row every 1/64 s with TIMESTAMP (s since the start), BVP, IBI, EDA, TEMP, ACC_X, ACC_Y,
ACC_Z (1/64 g, as an Empatica E4 has them), HR and Sleep_Stage: P (preparation), W, N1, N2, N3, R, Missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

RATE = 64
COLUMNS = ("TIMESTAMP", "BVP", "IBI", "EDA", "TEMP", "ACC_X", "ACC_Y", "ACC_Z", "HR", "Sleep_Stage")


def write_night(
    root: Path,
    subject: str,
    stages: Sequence[str],
    *,
    gap: tuple[float, float] = (0, 0),
    one_g: float = 64.0,
    folder: str = "data_64Hz",
    without: Sequence[str] = (),
) -> Path:
    """One person's night. gap: seconds whose rows are not there. without: columns that are not there."""
    (root / folder).mkdir(parents=True, exist_ok=True)
    seconds = np.arange(len(stages) * 30 * RATE) / RATE
    kept = seconds[(seconds < gap[0]) | (seconds >= gap[1])]
    names = [name for name in COLUMNS if name not in without]
    lines = [",".join(names)]
    for time in kept:
        row = {
            "TIMESTAMP": f"{time:.6f}", "BVP": f"{np.sin(2 * np.pi * time):.3f}", "IBI": "", "EDA": "0.1",
            "TEMP": "33.1",
            "ACC_X": "0", "ACC_Y": "0", "ACC_Z": f"{one_g:g}", "HR": "60.0" if time >= 10 else "",
            "Sleep_Stage": stages[int(time // 30)],
        }  # fmt: skip
        lines.append(",".join(row[name] for name in names))
    path = root / folder / f"{subject}_whole_df.csv"
    path.write_text("\n".join(lines) + "\n")
    return path
