"""Hypnograms as CSV: every night in one file, one line per epoch."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from sktools.features.hypnogram import HypnogramEpoch
from sktools.features.hypnogram_format import HypnogramFormat, register_format
from sktools.model_config import EPOCH_SECONDS

COLUMNS = ("subject", "epoch", "seconds", "time", "stage", "measured", "true")
"""A probability p_<stage> for each class follows. seconds: from the first epoch to the start of this one. time: clock
time of its start. measured: 1 or 0. true: the label.
"""


def hypnogram_csv(epochs: Sequence[HypnogramEpoch], classes: Sequence[str]) -> bytes:
    """UTF-8 text with a header line; what is not known is empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*COLUMNS, *(f"p_{name}" for name in classes)])
    for row in epochs:
        known = [row.subject, row.epoch, row.epoch * EPOCH_SECONDS, row.time, row.stage, int(row.measured), row.true]
        writer.writerow([*known, *(f"{value:.4f}" for value in row.probabilities)])
    return out.getvalue().encode()


CSV = register_format(HypnogramFormat("csv", ".csv", "one table of all nights", False, hypnogram_csv))
