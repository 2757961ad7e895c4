"""Channels of an EDF file (European Data Format, Kemp et al., Electroencephalogr Clin Neurophysiol 82 (1992) 391)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sktools.datasets.waveform import LONGEST_SECONDS, Waveform, single
from sktools.errors import DataError, MissingError

FIXED_HEADER, SIGNAL_HEADER = 256, 256
SAMPLES_FIELD = 216
"""Bytes of each signal's header before the number of samples a record: label 16, transducer 80, unit 8, ranges 4 x 8,
prefilter 80.
"""


@dataclass(frozen=True)
class EdfRecording:
    """channels: by the name asked for, those that the file has. labels: every channel of the file. start: clock time
    of the first sample, None where the file has none. seconds: duration.
    """

    channels: Mapping[str, Waveform]
    labels: tuple[str, ...]
    start: datetime | None
    seconds: float


def read_edf(path: Path, wanted: Mapping[str, Sequence[str]]) -> EdfRecording:
    """The wanted channels of an EDF file, each at its own rate.

    wanted: name -> the labels it may have, in any case. A channel that the file lacks is absent.
    Raises DataError where the file is missing, cut, or its header lies.
    """
    try:
        import pyedflib
    except ImportError as error:
        raise MissingError("EDF files need pyEDFlib, which is not installed", "pip install 'sktools[train]'") from error
    check_header(path)
    try:
        with pyedflib.EdfReader(str(path), annotations_mode=pyedflib.DO_NOT_READ_ANNOTATIONS) as reader:
            labels = tuple(str(label).strip() for label in reader.getSignalLabels())
            channels: dict[str, Waveform] = {}
            for name, known in wanted.items():
                index = _find(labels, known)
                if index is not None:
                    channels[name] = Waveform(
                        single(reader.readSignal(index)),
                        float(reader.getSampleFrequency(index)),
                        str(reader.getPhysicalDimension(index)).strip(),
                    )
            try:
                start = reader.getStartdatetime()
            except ValueError:
                start = None
            return EdfRecording(channels, labels, start, float(reader.file_duration))
    except (OSError, ValueError, MemoryError) as error:
        reason = str(error).replace(f"{path}: ", "").strip() or type(error).__name__
        raise DataError(f"{path}: cannot be read as EDF ({reason})") from error


def check_header(path: Path) -> None:
    """Raises DataError where header and file size do not agree: a cut copy, or a header that lies.

    The library checks it too, but writes to stdout.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            fixed = file.read(FIXED_HEADER)
            signals = _number(path, fixed[252:256], "number of signals") if len(fixed) == FIXED_HEADER else 0
            if len(fixed) < FIXED_HEADER or not 0 < signals <= 512:
                raise DataError(f"{path}: is not an EDF file, or cut in its header")
            described = file.read(SIGNAL_HEADER * signals)
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    if len(described) < SIGNAL_HEADER * signals:
        raise DataError(f"{path}: is cut in its header")
    records = _number(path, fixed[236:244], "number of data records")
    try:
        record_seconds = float(fixed[244:252])
    except ValueError as error:
        raise DataError(f"{path}: duration of a data record is {fixed[244:252]!r}") from error
    if records < 1 or not 0 < record_seconds * records <= LONGEST_SECONDS:
        raise DataError(f"{path}: {records} data records of {record_seconds:g} s are no night")
    at = SAMPLES_FIELD * signals
    samples = [_number(path, described[at + 8 * i : at + 8 * i + 8], "samples a record") for i in range(signals)]
    expected = FIXED_HEADER + SIGNAL_HEADER * signals + 2 * records * sum(samples)
    if size < expected:
        raise DataError(f"{path}: is cut: {size:,} bytes, its header tells of {expected:,}")


def _number(path: Path, field: bytes, what: str) -> int:
    try:
        return int(field)
    except ValueError as error:
        raise DataError(f"{path}: is not an EDF file, or damaged: {what} is {field!r}") from error


def _find(labels: Sequence[str], known: Sequence[str]) -> int | None:
    lowered = [label.lower() for label in labels]
    for name in known:
        if name.lower() in lowered:
            return lowered.index(name.lower())
    return None
