"""BIDSleep as real exports are: gaps, a clock change, missing files, two nights, empty labels, two MATLAB formats."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sktools.datasets.bidsleep import BidSleep
from sktools.datasets.recording import person_of
from sktools.errors import DataError, MissingError
from tests.support.bidsleep_files import write_night

STAGES = [5, 0, 0, 1, 2, 3, 4, 2, 0, 5]
BASE = [-1, 0, 0, 1, 2, 3, 5, 2, 0, -1]


@pytest.mark.parametrize("matlab", ["5", "7.3"])
def test_a_night_of_either_matlab_format(tmp_path: Path, matlab: str) -> None:
    write_night(tmp_path, "Bidslab00", 1, "2024-01-15T23:10:00", STAGES, matlab=matlab)
    night = BidSleep().read(tmp_path, "Bidslab00@1")
    assert night.stages.tolist() == BASE and night.start == "2024-01-15T23:10:00"
    rate, motion = night.signals["heart_rate"], night.signals["acceleration"]
    assert rate.times[:3].tolist() == pytest.approx([-60, -55, -50]) and rate.unit == "bpm"
    assert motion.values.shape[1] == 3 and motion.unit == "g" and motion.times[0] == pytest.approx(0, abs=1e-3)
    assert any("motion.csv: 1 line" in note for note in night.notes)


def test_nights_are_named_by_person_and_in_order(tmp_path: Path) -> None:
    for person, night in (("Bidslab10", 2), ("Bidslab02", 1), ("Bidslab10", 10), ("Bidslab10", 1)):
        write_night(tmp_path, person, night, "2024-01-15T23:10:00", STAGES)
    (tmp_path / "Bidslab10" / "notes").mkdir()
    ids = BidSleep().subjects(tmp_path)
    assert ids == ("Bidslab02@1", "Bidslab10@1", "Bidslab10@2", "Bidslab10@10")
    assert [person_of(name) for name in ids] == ["Bidslab02", *["Bidslab10"] * 3] and person_of("46343") == "46343"


def test_the_experts_labels_go_before_the_headbands(tmp_path: Path) -> None:
    write_night(tmp_path, "Bidslab00", 1, "2024-01-15T23:10:00", STAGES, [0] * 10)
    write_night(tmp_path, "Bidslab00", 2, "2024-01-16T23:10:00", [5] * 10, [0, 2] * 5)
    first, second = (BidSleep().read(tmp_path, f"Bidslab00@{night}") for night in (1, 2))
    assert first.stages.tolist() == BASE and any("scored by an expert" in note for note in first.notes)
    assert second.stages.tolist() == [0, 2] * 5 and any("Dreem" in note for note in second.notes)


@pytest.mark.parametrize("matlab", ["5", "7.3"])
def test_empty_labels_and_a_missing_file_leave_the_night_unscored(tmp_path: Path, matlab: str) -> None:
    write_night(tmp_path, "Bidslab00", 1, "2024-01-15T23:10:00", [], hours=0.5, matlab=matlab)
    write_night(tmp_path, "Bidslab00", 2, "2024-01-16T23:10:00", STAGES, without=["labels.mat"])
    empty, missing = (BidSleep().read(tmp_path, f"Bidslab00@{night}") for night in (1, 2))
    assert set(empty.stages) == {-1} and 60 <= len(empty.stages) <= 63 and empty.start == "2024-01-15T23:10:00"
    assert set(missing.stages) == {-1} and any("labels.mat: no such file" in note for note in missing.notes)


def test_without_one_sensor_the_other_counts(tmp_path: Path) -> None:
    write_night(tmp_path, "Bidslab00", 1, "2024-01-15T23:10:00", STAGES, without=["motion.csv"])
    write_night(tmp_path, "Bidslab00", 2, "2024-01-15T23:10:00", STAGES, without=["hr.csv"])
    write_night(tmp_path, "Bidslab00", 3, "2024-01-15T23:10:00", STAGES, without=["hr.csv", "motion.csv"])
    reader = BidSleep()
    assert set(reader.read(tmp_path, "Bidslab00@1").signals) == {"heart_rate"}
    assert set(reader.read(tmp_path, "Bidslab00@2").signals) == {"acceleration"}
    with pytest.raises(DataError, match="neither"):
        reader.read(tmp_path, "Bidslab00@3")


def test_the_hour_that_the_clock_shows_twice_is_told_by_the_sensors(tmp_path: Path) -> None:
    for night, fold in ((1, 0), (2, 1)):
        write_night(tmp_path, "Bidslab00", night, "2024-11-03T01:30:00", STAGES, fold=fold)
        rate = BidSleep().read(tmp_path, f"Bidslab00@{night}").signals["heart_rate"]
        assert rate.times[0] == pytest.approx(-60)


def test_a_clock_change_within_the_night_moves_no_epoch(tmp_path: Path) -> None:
    write_night(tmp_path, "Bidslab00", 1, "2024-03-10T01:57:30", STAGES)
    rate = BidSleep().read(tmp_path, "Bidslab00@1").signals["heart_rate"]
    assert np.all(np.diff(rate.times) == pytest.approx(5)) and rate.times[-1] == pytest.approx(355)


def test_a_gap_stays_a_gap(tmp_path: Path) -> None:
    write_night(tmp_path, "Bidslab00", 1, "2024-01-15T23:10:00", STAGES, gap=(60, 180))
    night = BidSleep().read(tmp_path, "Bidslab00@1")
    for signal in night.signals.values():
        assert not np.any((signal.times > 61) & (signal.times < 179))
    assert len(night.stages) == 10


def test_bad_files_get_one_clear_line(tmp_path: Path) -> None:
    reader = BidSleep()
    with pytest.raises(MissingError, match="no such folder"):
        reader.subjects(tmp_path / "nowhere")
    with pytest.raises(DataError, match="no night"):
        reader.subjects(tmp_path)
    folder = write_night(tmp_path, "Bidslab00", 1, "2024-01-15T23:10:00", [0, 9, 2])
    with pytest.raises(DataError, match="unknown stage 9"):
        reader.read(tmp_path, "Bidslab00@1")
    (folder / "labels.mat").write_bytes(b"MATLAB 5.0 MAT-file" + bytes(40))
    with pytest.raises(DataError, match=r"labels.mat: is no MATLAB file"):
        reader.read(tmp_path, "Bidslab00@1")
    far = write_night(tmp_path, "Bidslab00", 2, "2024-01-15T23:10:00", STAGES)
    for name in ("hr.csv", "motion.csv"):
        (far / name).write_text("1.0,60,0,1\n" if name == "motion.csv" else "1.0,60\n")
    with pytest.raises(DataError, match="no value within the night"):
        reader.read(tmp_path, "Bidslab00@2")
