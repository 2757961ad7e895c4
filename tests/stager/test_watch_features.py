"""FS-WATCH-14 in C is FS-WATCH-14 in Python: on real nights, and on any heart rates and counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sktools.datasets.recording import Recording, Signal
from sktools.datasets.registry import open_dataset
from sktools.features.feature_set import FeatureTable
from sktools.features.fs_watch_14 import FIXED, FS_WATCH_14, NAMES
from sktools.features.normalisation import normalise
from sktools.features.prior import fit_prior
from sktools.metrics.quantized import quantize
from sktools.model_config import FeaturesConfig, PriorConfig
from tests.soak.table import Amount, Figures
from tests.stager.host import build_driver, model_text, play
from tests.support.sleep_accel_files import real_folder
from tests.support.tools import needs_cc

pytestmark = needs_cc

START, EPOCH, FEATURES = 1_000_000_000_000, 30_000, len(NAMES)
SCALE, ZERO_POINT = 0.05, 3
PRIOR = PriorConfig(
    (62.0, 8.0, 0.5, 0.0, 0.0, 0.0, 0.6, 0.0, 0.0, 0.7, -2.0, -1.0, 2.5, 4.0),
    (5.0, 4.0, 0.3, 2.0, 2.0, 2.0, 0.4, 0.6, 0.4, 0.5, 2.0, 1.6, 1.3, 1.2),
    240.0,
)


@dataclass(frozen=True)
class Twin:
    """What the C makes of a recording: features [epochs, 14], which of them are valid, and the int8 row."""

    values: NDArray[np.float64]
    valid: NDArray[np.bool_]
    rows: NDArray[np.int64]


def driver(folder: Path, prior: PriorConfig) -> Path:
    mean, std = list(prior.mean), list(prior.std)
    for column, (centre, spread) in FIXED.items():
        mean[column], std[column] = centre, spread
    return build_driver(folder, model_text(10, mean, std, prior.epochs, sum(1 << column for column in FIXED)))


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return driver(tmp_path_factory.mktemp("watch"), PRIOR)


def in_c(program: Path, recording: Recording) -> Twin:
    events: list[tuple[int, int, str]] = []
    for order, (name, word) in enumerate((("heart_rate", "rate"), ("activity_counts", "count"))):
        if name in recording.signals:
            signal = recording.signals[name]
            for time, value in zip(np.floor(1000 * signal.times).astype(int), signal.values, strict=True):
                events.append((int(time), order + 1, f"{word} {START + int(time)} {float(value)!r}"))
    for epoch in range(1, recording.epochs + 1):
        # Before what comes at the very end of the epoch, which is the next one's.
        events.append((epoch * EPOCH, 0, f"epoch {START + epoch * EPOCH}\nrow\nquantised"))
    lines = [text for _, _, text in sorted(events, key=lambda event: event[:2])]
    said = play(program, [f"init {START}", f"bed {START}", *lines])
    rows = np.array([[float(word) for word in line.split()[1:]] for line in said if line.startswith("row")])
    quantised = np.array([[int(word) for word in line.split()[1:]] for line in said if line.startswith("quantised")])
    valid = (rows[:, :1].astype(int) >> np.arange(FEATURES) & 1).astype(bool)
    return Twin(rows[:, 1:], valid, quantised)


def spread(table: FeatureTable) -> NDArray[np.float64]:
    """The standard deviation of each feature within the night."""
    found = [table.values[table.valid[:, i], i] for i in range(FEATURES)]
    return np.array([max(float(values.std()), 1e-6) if len(values) else 1.0 for values in found])


def host_rows(table: FeatureTable, prior: PriorConfig) -> NDArray[np.int8]:
    normal = normalise(table, FeaturesConfig(set=FS_WATCH_14.name, normalisation="causal", prior=prior))
    return quantize(normal, SCALE, ZERO_POINT)


def test_on_real_nights(tmp_path: Path, amount: Amount, figures: Figures) -> None:
    """Each feature within 0.02 of its spread on 99.9 % of the epochs, and masked on both sides or on none."""
    nights = list(islice(open_dataset("sleep-accel", real_folder()).recordings(), amount(2, 25)))
    assert all("activity_counts" in night.signals for night in nights)
    tables = [FS_WATCH_14.extract(night) for night in nights]
    prior = fit_prior(tables, 240.0)
    program = driver(tmp_path, prior)
    close, epochs, worst, different, total = np.zeros(FEATURES), 0, 0.0, 0, 0
    for night, table in zip(nights, tables, strict=True):
        twin = in_c(program, night)
        far = np.abs(twin.values - table.values) / spread(table)
        worst = max(worst, float(far.max()))
        close += ((far <= 0.02) & (twin.valid == table.valid)).sum(axis=0)
        epochs += night.epochs
        different += int((twin.rows != host_rows(table, prior)).sum())
        total += table.values.size
    assert (close >= 0.999 * epochs).all()
    assert different <= 1e-4 * total  # a value that lies between two steps of int8
    assert worst < 0.02
    figures("live features in C", nights=len(nights), epochs=epochs, int8_values=total, int8_different=different)


RATES = st.lists(st.tuples(st.floats(0.05, 90.0), st.floats(25.0, 225.0)), max_size=60)
"""Seconds since the value before, and bpm; some are not plausible."""

COUNTS = st.dictionaries(st.integers(0, 29), st.floats(0.0, 500.0), max_size=30)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=st.floats(-100.0, 100.0), rates=RATES, counts=COUNTS)
def test_on_anything(
    program: Path, first: float, rates: Sequence[tuple[float, float]], counts: dict[int, float]
) -> None:
    signals = {}
    if rates:
        times = first + np.cumsum([step for step, _ in rates])
        # A watch has whole milliseconds.
        times = np.unique(np.floor(1000 * times)) / 1000
        signals["heart_rate"] = Signal(times, np.array([rate for _, rate in rates])[: len(times)], "bpm")
    if counts:
        epochs = np.array(sorted(counts))
        signals["activity_counts"] = Signal(30.0 * epochs, np.array([counts[i] for i in epochs.tolist()]), "counts")
    recording = Recording("any", "any", np.zeros(32, np.int8), signals)
    table = FS_WATCH_14.extract(recording)
    twin = in_c(program, recording)
    assert np.array_equal(twin.valid, table.valid)
    assert np.abs(twin.values - table.values).max() < 2e-3
    assert np.abs(twin.rows - host_rows(table, PRIOR)).max() <= 1
