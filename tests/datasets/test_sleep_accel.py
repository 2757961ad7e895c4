"""The Sleep-Accel reader: the release's formats, mended files, bad files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sktools.datasets.registry import Skipped, find_reader, open_dataset, readers
from sktools.errors import DataError, MissingError, UsageError
from tests.support.sleep_accel_files import real_folder, write_subject

NIGHT = [-1, -1, 0, 0, 1, 2, 3, 4, 5, 5, 2, 0]


def test_labels_start_unscored_and_n4_becomes_n3(tmp_path: Path) -> None:
    write_subject(tmp_path, "7", NIGHT)
    (night,) = open_dataset("sleep-accel", tmp_path).recordings()
    assert night.stages.tolist() == [-1, -1, 0, 0, 1, 2, 3, 3, 5, 5, 2, 0]
    heart_rate = night.signals["heart_rate"]
    assert heart_rate.times[0] < 0 and np.all(np.diff(heart_rate.times) > 0)
    assert set(night.signals) == {"heart_rate"}


def test_motion_is_read_where_it_is_there(tmp_path: Path) -> None:
    write_subject(tmp_path, "7", NIGHT, motion_rate=50)
    (night,) = open_dataset("sleep-accel", tmp_path).recordings()
    acceleration = night.signals["acceleration"]
    assert acceleration.values.shape == (50 * 30 * len(NIGHT), 3) and acceleration.unit == "g"


def test_activity_counts_keep_their_times_and_their_gaps(tmp_path: Path) -> None:
    for subject in ("7", "8", "9"):
        write_subject(tmp_path, subject, NIGHT)
    (tmp_path / "counts").mkdir()
    (tmp_path / "counts" / "7_counts.txt").write_text("60 1.5\n90 0\n270 40.25\n300 nan\n")
    (tmp_path / "counts" / "8_counts.txt").write_text("99990 1.5\n")
    nights = {night.subject: night for night in open_dataset("sleep-accel", tmp_path).recordings()}
    counts = nights["7"].signals["activity_counts"]
    assert counts.unit == "counts"
    assert counts.times.tolist() == [60, 90, 270] and counts.values.tolist() == [1.5, 0, 40.25]
    assert nights["7"].notes[-1] == "7_counts.txt: activity counts for 3 of 12 epochs, from 60 s on"
    assert all("activity_counts" not in nights[subject].signals for subject in ("8", "9"))
    assert "no value within the night" in nights["8"].notes[-1] and "no such file" in nights["9"].notes[-1]


def test_the_real_counts_lie_on_the_epochs() -> None:
    nights = {night.subject: night for night in open_dataset("sleep-accel", real_folder()).recordings()}
    if not (real_folder() / "counts").is_dir():
        pytest.skip("this folder has no activity counts")
    for night in nights.values():
        assert np.all(night.signals["activity_counts"].times % 30 == 0)
    assert len(nights["7749105"].signals["activity_counts"].times) == 118
    assert "118 of 960 epochs" in nights["7749105"].notes[-1]


def test_subjects_come_in_numeric_order(tmp_path: Path) -> None:
    for subject in ("1000", "46", "759"):
        write_subject(tmp_path, subject, NIGHT)
    assert find_reader("sleep-accel").subjects(tmp_path) == ("46", "759", "1000")


def test_an_epoch_missing_from_the_file_is_unscored(tmp_path: Path) -> None:
    write_subject(tmp_path, "7", NIGHT)
    path = tmp_path / "labels" / "7_labeled_sleep.txt"
    lines = path.read_text().splitlines()
    path.write_text("\n".join(lines[:4] + lines[6:]))
    (night,) = open_dataset("sleep-accel", tmp_path).recordings()
    assert night.stages.tolist() == [-1, -1, 0, 0, -1, -1, 3, 3, 5, 5, 2, 0]


def test_heart_rate_out_of_order_and_repeated_is_mended(tmp_path: Path) -> None:
    write_subject(tmp_path, "7", NIGHT)
    path = tmp_path / "heart_rate" / "7_heartrate.txt"
    path.write_text("10,60\n5,50\n10,70\n20,nan\n30,65\n")
    (night,) = open_dataset("sleep-accel", tmp_path).recordings()
    assert night.signals["heart_rate"].times.tolist() == [5, 10, 30]
    assert night.signals["heart_rate"].values.tolist() == [50, 65, 65]
    assert len(night.notes) == 2


@pytest.mark.parametrize(
    ("file", "content", "reason"),
    [
        ("labels/2_labeled_sleep.txt", "", "is empty"),
        ("labels/2_labeled_sleep.txt", "0 zero\n", "does not hold 2 numbers"),
        ("labels/2_labeled_sleep.txt", "0 0 0\n", "3 columns"),
        ("labels/2_labeled_sleep.txt", "0 7\n", "unknown stage 7"),
        ("labels/2_labeled_sleep.txt", "0 0\n99999999 0\n", "no night"),
        ("labels/2_labeled_sleep.txt", "-30 0\n0 0\n", "no night"),
        ("heart_rate/2_heartrate.txt", "99999,60\n", "no value within the night"),
        ("heart_rate/2_heartrate.txt", "\x00\x01binary", "numbers"),
        ("heart_rate/2_heartrate.txt", None, "no such file"),
    ],
)
def test_a_bad_subject_is_skipped_and_told(tmp_path: Path, file: str, content: str | None, reason: str) -> None:
    for subject in ("1", "2", "3"):
        write_subject(tmp_path, subject, NIGHT)
    if content is None:
        (tmp_path / file).unlink()
    else:
        (tmp_path / file).write_text(content)
    skipped: list[Skipped] = []
    nights = list(open_dataset("sleep-accel", tmp_path).recordings(on_skip=skipped.append))
    assert [night.subject for night in nights] == ["1", "3"]
    assert [item.subject for item in skipped] == ["2"]
    assert reason in skipped[0].reason and Path(file).name in skipped[0].reason


def test_a_folder_of_no_use_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="no such folder"):
        list(open_dataset("sleep-accel", tmp_path / "absent").recordings())
    with pytest.raises(DataError, match="no 'labels' folder"):
        list(open_dataset("sleep-accel", tmp_path).recordings())
    with pytest.raises(UsageError, match="needs the folder"):
        list(open_dataset("sleep-accel").recordings())
    write_subject(tmp_path, "2", NIGHT)
    (tmp_path / "heart_rate" / "2_heartrate.txt").unlink()
    with pytest.raises(DataError, match="none of 1 subjects"):
        list(open_dataset("sleep-accel", tmp_path).recordings())


def test_unknown_names_are_answered_with_the_nearest(tmp_path: Path) -> None:
    write_subject(tmp_path, "759667", NIGHT)
    with pytest.raises(UsageError, match="did you mean 'sleep-accel'"):
        list(open_dataset("sleepaccel", tmp_path).recordings())
    with pytest.raises(UsageError, match="did you mean '759667'"):
        list(open_dataset("sleep-accel", tmp_path).recordings(subjects=["759666"]))
    assert find_reader("sleep_accel") is readers()["sleep-accel"]


def test_every_real_night_is_read() -> None:
    skipped: list[Skipped] = []
    nights = list(open_dataset("sleep-accel", real_folder()).recordings(on_skip=skipped.append))
    assert not skipped
    assert len(nights) == len(find_reader("sleep-accel").subjects(real_folder()))
    for night in nights:
        assert (night.stages >= 0).mean() > 0.9
        inside = (night.signals["heart_rate"].times >= 0) & (night.signals["heart_rate"].times < 30 * night.epochs)
        assert 30 < night.signals["heart_rate"].values[inside].mean() < 120
