"""A folder of a user's own nights: CSV files of a synthetic night and the nights.yaml that declares them."""

from __future__ import annotations

import datetime
from pathlib import Path

import numpy as np

from sktools.datasets.synthetic_raw import RawNight, draw_raw_night

DECLARATION = """\
signals:
  ppg:             {file: "{subject}_ppg.csv", columns: [green], rate: 64}
  acceleration:    {file: "{subject}_acc.csv", columns: [x, y, z], rate: 32, time: clock, scale: 0.001}
  spo2:            {file: "{subject}_spo2.csv", columns: [spo2], rate: 1}
labels:
  file: "{subject}_stages.csv"
  column: stage
  map: {Wake: 0, N1: 1, N2: 2, N3: 3, REM: 5, "?": -1}
"""
WORDS = {0: "Wake", 1: "N1", 2: "N2", 3: "N3", 5: "REM", -1: "?"}
START = datetime.datetime(2024, 3, 1, 23, 30, tzinfo=datetime.UTC)


def write_declaration(folder: Path, text: str = DECLARATION) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "nights.yaml").write_text(text)


def write_night(folder: Path, subject: str, epochs: int = 10, seed: int = 0, labelled: bool = True) -> RawNight:
    """One subject as DECLARATION says: acceleration in mg with unix times, the others by their rates."""
    night = draw_raw_night([55, seed], epochs=epochs)
    waves = night.recording.waveforms
    folder.mkdir(parents=True, exist_ok=True)
    np.savetxt(folder / f"{subject}_ppg.csv", waves["ppg"].values, fmt="%.5f", header="green", comments="")
    axes = 1000 * waves["acceleration"].values[::2]
    stamps = START.timestamp() + np.arange(len(axes)) / 32
    np.savetxt(
        folder / f"{subject}_acc.csv",
        np.column_stack([stamps, axes]),
        fmt="%.4f",
        delimiter=",",
        header="clock,x,y,z",
        comments="",
    )
    np.savetxt(folder / f"{subject}_spo2.csv", waves["spo2"].values[::64], fmt="%g", header="spo2", comments="")
    if labelled:
        lines = [WORDS[int(stage)] for stage in night.recording.stages]
        (folder / f"{subject}_stages.csv").write_text("\n".join(["stage", *lines]) + "\n")
    return night
