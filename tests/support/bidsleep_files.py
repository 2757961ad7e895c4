"""BIDSleep folders for tests, written from the published description alone (PhysioNet, bidsleep-dataset 1.0.1).

BidslabXX/<night>/: motion.csv (header Timestamp,x,y,z; Unix seconds, g), hr.csv (no header; Unix seconds, bpm, about
0.2 Hz), labels.mat (recStart: wall clock of the US East Coast; expert_label and dreem_label: one number per 30 s from
recStart, 0 wake, 1 N1, 2 N2, 3 N3, 4 REM, 5 unknown).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

EAST = ZoneInfo("America/New_York")


def write_night(
    root: Path,
    person: str,
    night: int,
    start: str,
    expert: Sequence[int],
    dreem: Sequence[int] = (),
    *,
    fold: int = 0,
    hours: float | None = None,
    matlab: str = "5",
    gap: tuple[float, float] = (0, 0),
    without: Sequence[str] = (),
    seed: int = 0,
) -> Path:
    """One night. start: local time. fold: 1 for the second pass of an hour that the clock shows twice.

    gap: seconds without any sample. without: files that are left out. matlab: 5 or 7.3.
    """
    folder = root / person / str(night)
    folder.mkdir(parents=True)
    generator = np.random.default_rng(seed)
    unix = datetime.fromisoformat(start).replace(tzinfo=EAST, fold=fold).timestamp()
    seconds = hours * 3600 if hours is not None else 30 * max(len(expert), len(dreem), 4)

    def kept(times: np.ndarray) -> np.ndarray:
        return times[(times < gap[0]) | (times >= gap[1])]

    if "hr.csv" not in without:
        beats = kept(np.arange(-60, seconds + 60, 5.0))
        rates = 60 + generator.integers(-3, 4, len(beats))
        lines = [f"{unix + time:.3f},{rate:.1f}" for time, rate in zip(beats, rates, strict=True)]
        (folder / "hr.csv").write_text("\n".join(lines) + "\n")
    if "motion.csv" not in without:
        ticks = kept(np.arange(0, seconds, 0.1))
        rows = [f"{unix + time:.4f},{generator.normal(0, 0.01):.4f},0.0100,-0.9900" for time in ticks]
        (folder / "motion.csv").write_text("\n".join(["Timestamp,x,y,z", *rows, f"{unix + seconds:.4f},0.0"]) + "\n")
    if "labels.mat" not in without:
        _write_labels(folder / "labels.mat", start.replace("T", " "), expert, dreem, matlab)
    return folder


def _write_labels(path: Path, start: str, expert: Sequence[int], dreem: Sequence[int], matlab: str) -> None:
    vectors = {"expert_label": np.array(expert, float), "dreem_label": np.array(dreem, float)}
    if matlab == "5":
        from scipy.io import savemat

        savemat(path, {"recStart": start, **{name: found[:, None] for name, found in vectors.items()}})
        return
    import h5py

    with h5py.File(path, "w") as file:
        text = file.create_dataset("recStart", data=np.array([ord(letter) for letter in start], np.uint16)[:, None])
        text.attrs["MATLAB_class"] = np.bytes_("char")
        for name, found in vectors.items():
            # MATLAB writes an empty array as its size, with a mark.
            values = file.create_dataset(name, data=found[None, :] if len(found) else np.zeros(2, np.uint64))
            values.attrs["MATLAB_class"] = np.bytes_("double")
            if not len(found):
                values.attrs["MATLAB_empty"] = np.uint8(1)
