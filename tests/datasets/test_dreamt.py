"""DREAMT: stages per epoch, what is missing, units of acceleration."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sktools.datasets.dreamt import Dreamt
from sktools.errors import DataError
from tests.support.dreamt_files import write_night

STAGES = ["P", "W", "N1", "N2", "N3", "R", "Missing", "W"]


def test_a_night(tmp_path: Path) -> None:
    write_night(tmp_path, "S010", STAGES)
    write_night(tmp_path, "S002", STAGES, folder="data_64Hz")
    reader = Dreamt()
    assert reader.subjects(tmp_path) == ("S002", "S010")
    night = reader.read(tmp_path, "S010")
    assert night.stages.tolist() == [-1, 0, 1, 2, 3, 5, -1, 0] and night.bedtime == 30.0
    rate, ppg, motion = night.signals["heart_rate"], night.waveforms["ppg"], night.waveforms["acceleration"]
    assert np.all(rate.values == 60) and rate.times[0] >= 10 and len(rate.times) <= 231
    assert ppg.rate == 64 and ppg.seconds == pytest.approx(240, abs=0.1)
    assert motion.values.shape[1] == 3 and motion.values[0, 2] == pytest.approx(1) and motion.unit == "g"


def test_acceleration_in_g_stays_as_it_is_and_a_gap_is_masked(tmp_path: Path) -> None:
    write_night(tmp_path, "S001", STAGES, one_g=1.0, gap=(65, 125))
    night = Dreamt().read(tmp_path, "S001")
    assert np.nanmax(night.waveforms["acceleration"].values) == pytest.approx(1)
    assert np.isnan(night.waveforms["ppg"].values[64 * 70 : 64 * 120]).all()
    assert night.stages.tolist() == [-1, 0, 1, -1, 3, 5, -1, 0]


def test_missing_columns_and_files(tmp_path: Path) -> None:
    write_night(tmp_path, "S001", STAGES, without=["BVP", "HR"])
    write_night(tmp_path, "S002", STAGES, without=["Sleep_Stage"])
    write_night(tmp_path, "S003", ["W", "N9"])
    reader = Dreamt()
    night = reader.read(tmp_path, "S001")
    assert set(night.waveforms) == {"acceleration"} and not night.signals and len(night.notes) >= 2
    assert set(reader.read(tmp_path, "S002").stages) == {-1}
    with pytest.raises(DataError, match="unknown stage 'N9'"):
        reader.read(tmp_path, "S003")
    with pytest.raises(DataError, match="no such file"):
        reader.read(tmp_path, "S004")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"_whole_df\.csv"):
        reader.subjects(tmp_path / "empty")
