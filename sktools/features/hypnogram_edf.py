"""Hypnograms as an EDF+ file of annotations alone (Kemp and Olivan, Clin Neurophysiol 114 (2003) 1755).

The texts are the standard ones of EDF+ ("Sleep stage W", N1, N2, N3, N for NREM, R); classes that the standard does not
have keep their names ("Sleep stage LIGHT").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sktools.features.hypnogram import HypnogramEpoch
from sktools.features.hypnogram_format import HypnogramFormat, register_format
from sktools.model_config import EPOCH_SECONDS, standard_names

TEXTS: Mapping[str, str] = {"WAKE": "W", "REM": "R", "NREM": "N"}
RECORD_BYTES = 80
"""Of annotations per data record, which is one epoch; an even number."""

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
UNKNOWN_START = datetime(1985, 1, 1)
"""EDF+ has no other way to leave the start open than this date and 'Startdate X'."""


def hypnogram_edf(epochs: Sequence[HypnogramEpoch], classes: Sequence[str]) -> bytes:
    """One night, one data record of 30 s per epoch. The name of the subject is left out of the header: it is X."""
    names = standard_names(classes)
    start = datetime.fromisoformat(epochs[0].time) if epochs[0].time else None
    records = []
    for index, row in enumerate(epochs):
        name = names[list(classes).index(row.stage)]
        onset = index * EPOCH_SECONDS
        # A record begins with its own onset; its annotation follows.
        text = f"+{onset}\x14\x14\0+{onset}\x15{EPOCH_SECONDS}\x14Sleep stage {TEXTS.get(name, name)[:40]}\x14\0"
        records.append(text.encode("ascii", "replace").ljust(RECORD_BYTES, b"\0"))
    return _header(start, len(records)) + b"".join(records)


def _header(start: datetime | None, records: int) -> bytes:
    day = f"{start.day:02d}-{MONTHS[start.month - 1]}-{start.year}" if start else "X"
    at = start or UNKNOWN_START
    fixed = [
        ("0", 8),
        ("X X X X", 80),
        (f"Startdate {day} X sktools X", 80),
        (f"{at:%d.%m}.{at.year % 100:02d}", 8),
        (f"{at:%H.%M.%S}", 8),
        ("512", 8),
        ("EDF+C", 44),
        (str(records), 8),
        (str(EPOCH_SECONDS), 8),
        ("1", 4),
    ]
    signal = [
        ("EDF Annotations", 16),
        ("", 80),
        ("", 8),
        ("-1", 8),
        ("1", 8),
        ("-32768", 8),
        ("32767", 8),
        ("", 80),
        (str(RECORD_BYTES // 2), 8),
        ("", 32),
    ]
    return b"".join(text.ljust(width).encode("ascii") for text, width in [*fixed, *signal])


EDF = register_format(HypnogramFormat("edf", ".edf", "EDF+ annotations", True, hypnogram_edf))
