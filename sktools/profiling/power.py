"""Energy of an inference, measured: current and voltage between the board's power-analyser marks."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from sktools.boards.driver import Session
from sktools.errors import LinkError, MissingError, SktoolsError

RECORD_S = 5.0
"""Holds several inferences, the serial line's share included."""


@dataclass(frozen=True)
class PowerTrace:
    """Samples [n] of current (A), voltage (V) and whether the board marked an inference; rate_hz samples a second."""

    current: npt.NDArray[np.float64]
    voltage: npt.NDArray[np.float64]
    marked: npt.NDArray[np.bool_]
    rate_hz: float


@dataclass(frozen=True)
class InferenceEnergy:
    """Means over `inferences`. microjoules: least and most beside them. milliseconds: between the marks."""

    microjoules: float
    least: float
    most: float
    milliseconds: float
    inferences: int

    @property
    def note(self) -> str:
        """One line for people."""
        power = self.microjoules / self.milliseconds
        return (
            f"measured between the GPIO marks of {self.inferences} inferences: "
            f"{self.least:,.1f} to {self.most:,.1f} uJ, {power:.1f} mW over {self.milliseconds:.2f} ms"
        )


class PowerMeter(Protocol):
    """Something that measures the board's supply and sees its marks."""

    def record(self, seconds: float) -> PowerTrace:
        """Records without a gap. Raises LinkError where it cannot."""


def between_marks(recording: PowerTrace) -> InferenceEnergy:
    """The energy of each whole inference in a recording; those cut off at either end are left out.

    Raises LinkError where none is whole, or samples between the marks are missing (NaN).
    """
    edges = np.diff(recording.marked.astype(np.int8))
    starts, ends = np.flatnonzero(edges == 1) + 1, np.flatnonzero(edges == -1) + 1
    if starts.size and ends.size and ends[0] < starts[0]:
        ends = ends[1:]
    windows = list(zip(starts, ends, strict=False))
    if not windows:
        raise LinkError(
            "the power analyser saw no whole inference: its input does not follow the board's mark",
            "connect GPIO 22 of the board to the analyser's input 0, and their grounds",
        )
    power = recording.current * recording.voltage
    joules = np.array([power[start:end].sum() / recording.rate_hz for start, end in windows])
    if np.isnan(joules).any():
        raise LinkError("the power analyser lost samples within an inference", "close other programs on its USB bus")
    lengths = np.array([end - start for start, end in windows]) / recording.rate_hz
    return InferenceEnergy(
        microjoules=float(joules.mean() * 1e6),
        least=float(joules.min() * 1e6),
        most=float(joules.max() * 1e6),
        milliseconds=float(lengths.mean() * 1e3),
        inferences=len(windows),
    )


def measure_energy(session: Session, frame: bytes, meter: PowerMeter, seconds: float = RECORD_S) -> InferenceEnergy:
    """Has the board run one frame again and again while the meter records.

    Activations are not checksummed meanwhile: that work would stand between the marks.
    Raises LinkError where the board, or the meter, does not do its part.
    """
    stop = threading.Event()
    failed: list[SktoolsError] = []

    def keep_running() -> None:
        try:
            while not stop.is_set():
                session.run(frame, with_crc=False)
        except SktoolsError as error:
            failed.append(error)

    runner = threading.Thread(target=keep_running)
    runner.start()
    try:
        recording = meter.record(seconds)
    finally:
        stop.set()
        runner.join()
    if failed:
        raise failed[0]
    return between_marks(recording)


class Joulescope:
    """A Joulescope JS110 or JS220 in the board's supply, its input 0 on the board's mark.

    Raises MissingError where the package `joulescope` or the instrument is missing.
    """

    def __init__(self) -> None:
        try:
            import joulescope
        except ImportError as error:
            raise MissingError(
                "--joulescope needs the package joulescope, which is not installed", "pip install 'sktools[joulescope]'"
            ) from error
        try:
            self._device: Any = joulescope.scan_require_one(config="auto")
        except RuntimeError as error:
            raise MissingError(
                f"there is no one Joulescope on USB: {error}", "plug it in, and close its user interface"
            ) from error

    def record(self, seconds: float) -> PowerTrace:
        with self._device as device:
            device.parameter_set("current_lsb", "gpi0")
            data = device.read(
                contiguous_duration=seconds, out_format="samples_get", fields=["current", "voltage", "current_lsb"]
            )
        signals = data["signals"]
        current, voltage, mark = (np.asarray(signals[name]["value"]) for name in ("current", "voltage", "current_lsb"))
        length = min(len(current), len(voltage), len(mark))
        return PowerTrace(
            current[:length].astype(np.float64),
            voltage[:length].astype(np.float64),
            mark[:length] != 0,
            length / seconds,
        )
