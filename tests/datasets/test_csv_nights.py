"""A user's own nights, declared by nights.yaml."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sktools.datasets.recording import Recording
from sktools.datasets.registry import Skipped, find_reader, open_dataset
from sktools.errors import DataError, MissingError, UsageError
from sktools.features.fs_w_pa_14 import extract
from tests.support.csv_files import DECLARATION, START, write_declaration, write_night


def _read(folder: Path, declaration: str, **files: str) -> Recording:
    write_declaration(folder, declaration)
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text)
    reader = find_reader("csv")
    return reader.read(folder, reader.subjects(folder)[0])


def _lines(header: str, *rows: object) -> str:
    return "\n".join([header, *map(str, rows)]) + "\n"


HEART_RATE = 'signals:\n  heart_rate: {file: "{subject}.csv", columns: [bpm], time: t%s}\n'
PPG = 'signals:\n  ppg: {file: "{subject}.csv", columns: [v], rate: 10, time: t}\n'


def test_declared_columns_become_a_recording(tmp_path: Path) -> None:
    write_declaration(tmp_path)
    night = write_night(tmp_path, "anna", epochs=8)
    write_night(tmp_path, "ben", epochs=6, seed=1)
    read = list(open_dataset("csv", tmp_path).recordings())
    assert [item.subject for item in read] == ["anna", "ben"] and read[0].epochs == 8
    assert np.array_equal(read[0].stages, night.recording.stages) and read[0].start == "2024-03-01T23:30:00"
    waves = read[0].waveforms
    assert np.allclose(waves["ppg"].values, night.recording.waveforms["ppg"].values, atol=1e-4)
    there = night.recording.waveforms["acceleration"].values[::2]
    assert waves["acceleration"].rate == 32 and waves["acceleration"].unit == "g"
    assert np.allclose(waves["acceleration"].values, there, atol=1e-4)
    assert waves["spo2"].values.shape == (240,) and not read[0].notes
    table = extract(read[0])
    expected = extract(night.recording)
    both = table.valid[:, 0] & expected.valid[:, 0]
    assert both.any() and np.allclose(table.values[both, 0], expected.values[both, 0], atol=0.1)


def test_labels_are_optional(tmp_path: Path) -> None:
    write_declaration(tmp_path)
    write_night(tmp_path, "anna", epochs=4, labelled=False)
    (read,) = open_dataset("csv", tmp_path).recordings()
    assert read.stages.tolist() == [-1] * 4 and any("unscored" in note for note in read.notes)
    write_declaration(tmp_path, DECLARATION[: DECLARATION.index("labels:")])
    (read,) = open_dataset("csv", tmp_path).recordings()
    assert read.stages.tolist() == [-1] * 4 and not read.notes


def test_a_missing_signal_is_noted_and_a_broken_one_skips_the_subject(tmp_path: Path) -> None:
    write_declaration(tmp_path)
    for number, subject in enumerate("abc"):
        write_night(tmp_path, subject, epochs=4, seed=number)
    (tmp_path / "a_spo2.csv").unlink()
    (tmp_path / "b_acc.csv").write_text("clock,x,y\n1,2,3\n")
    skipped: list[Skipped] = []
    read = list(open_dataset("csv", tmp_path).recordings(on_skip=skipped.append))
    assert [night.subject for night in read] == ["a", "c"] and "no file for spo2" in read[0].notes[0]
    assert "no column 'z'; its columns are clock, x, y" in skipped[0].reason


def test_times_in_seconds_milliseconds_and_iso(tmp_path: Path) -> None:
    rows = [(0, 60), (5, 61), (11, 62), (70, 63)]
    plain = _read(tmp_path / "1", HEART_RATE % "", s=_lines("t,bpm", *(f"{t},{v}" for t, v in rows)))
    milli = _read(
        tmp_path / "2", HEART_RATE % ", time_unit: ms", s=_lines("t,bpm", *(f"{1000 * t},{v}" for t, v in rows))
    )
    iso = _read(
        tmp_path / "3",
        HEART_RATE % "",
        s=_lines("bpm;t", *(f"{v};2024-03-01T23:{30 + t // 60}:{t % 60:02d}.000Z" for t, v in rows)).replace(";", ","),
    )
    unix = _read(tmp_path / "4", HEART_RATE % "", s=_lines("t,bpm", *(f"{START.timestamp() + t},{v}" for t, v in rows)))
    for read in (plain, milli, iso, unix):
        assert read.signals["heart_rate"].times == pytest.approx([0, 5, 11, 70], abs=1e-3)
        assert read.signals["heart_rate"].values.tolist() == [60, 61, 62, 63] and read.epochs == 2
    assert iso.start == unix.start == "2024-03-01T23:30:00" and plain.start == milli.start == ""


def test_labels_of_their_own_epochs_and_times(tmp_path: Path) -> None:
    declaration = HEART_RATE % "" + 'labels: {file: "{subject}-l.csv", column: s, time: t, epoch_seconds: 60}\n'
    files = {
        "x": _lines("t,bpm", *(f"{t},60" for t in range(0, 400, 5))),
        "x-l": _lines("t,s", "30,W", "90,N2", "210,R"),
    }
    write_declaration(tmp_path, declaration + 'subjects: "*-l.csv"\n')
    for name, text in files.items():
        (tmp_path / f"{name}.csv").write_text(text)
    (read,) = open_dataset("csv", tmp_path).recordings()
    # The first label is the first epoch; what no label covers is unscored.
    assert read.stages.tolist() == [0, 0, 2, 2, -1, -1, 5, 5]
    assert read.signals["heart_rate"].times[0] == -30


def test_broken_values_are_left_out(tmp_path: Path) -> None:
    text = _lines("t,bpm", "0,60", "5,nan", "10,n/a", "15,inf", "x,70", "20", "25,65", "25,67", "30,64")
    signal = _read(tmp_path, HEART_RATE % "", s=text).signals["heart_rate"]
    assert signal.times.tolist() == [0, 25, 30] and signal.values.tolist() == [60, 66, 64]


def test_clock_jumps_are_masked_and_told(tmp_path: Path) -> None:
    times = [*np.arange(0, 60, 0.1), *np.arange(50, 100, 0.1), *np.arange(130, 200, 0.1)]
    read = _read(tmp_path, PPG, s=_lines("t,v", *(f"{t:.1f},{i % 7}" for i, t in enumerate(times))))
    values = read.waveforms["ppg"].values
    assert np.isnan(values[505:595]).all() and np.isnan(values[1005:1295]).all() and np.isfinite(values[610:990]).all()
    assert any("steps back 1 times; 10 s masked" in note for note in read.notes)
    assert any("1 gaps" in note for note in read.notes)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        ("t,v\n", "no samples"),
        ("t,v\na,b\n", "holds no numbers"),
        ("a,b\n1,2\n", "no column 'v'"),
        ("t,v\nsoon,1\n", "neither seconds nor ISO 8601"),
        ("t,v\n0,1\n1e12,1\n", "a night has"),
        ("t,v\n\x00,1\n", "neither seconds|not CSV"),
        ("t,v\n0,0,25\n0,1,0,50\n", "line 2 has 3 fields, the header has 2"),
    ],
)
def test_unusable_files_name_themselves(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(DataError, match=reason) as failed:
        _read(tmp_path, PPG, s=text)
    assert "s.csv" in failed.value.message


def test_an_empty_field_at_the_end_of_each_line_is_nothing(tmp_path: Path) -> None:
    signal = _read(tmp_path, HEART_RATE % "", s=_lines("t,bpm", "0,60,", "5,61,,")).signals["heart_rate"]
    assert signal.values.tolist() == [60, 61]


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    write_declaration(tmp_path, PPG)
    (tmp_path / "s.csv").write_bytes(b"t,v\n\xff\xfe\n")
    with pytest.raises(DataError, match="not UTF-8"):
        find_reader("csv").read(tmp_path, "s")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("signals: {}\n", "signals is empty"),
        ("signals: {pgp: {file: '{subject}', columns: [a], rate: 1}}\n", "did you mean 'ppg'"),
        ("signals: {ppg: {file: '{subject}', columns: [a]}}\n", "'rate'"),
        ("signals: {ppg: {file: '{subject}', columns: [a], rate: -1}}\n", "rate is -1"),
        ("signals: {ppg: {file: '{subject}', columns: [a, b], rate: 1}}\n", "2 columns, expected 1"),
        ("signals: {ppg: {file: 'x.csv', columns: [a], rate: 1}}\n", "needs {subject}"),
        ("signals: {ppg: {file: '../{subject}.csv', columns: [a], rate: 1}}\n", "must lie within"),
        ("signals: {ppg: {file: '/{subject}.csv', columns: [a], rate: 1}}\n", "must lie within"),
        ("signals: {ppg: {file: '{subject}', columns: [a], rate: 1, colums: 2}}\n", "did you mean 'columns'"),
        ("signals: {ppg: {file: '{subject}', columns: [a], rate: 1, time: t, time_unit: h}}\n", "time_unit 'h'"),
        (PPG + "labels: {file: '{subject}', column: s, map: {A: 4}}\n", "goes to stage 4"),
        (PPG + "subjects: 'x'\n", "needs one"),
        ("[]", "expected a mapping"),
    ],
)
def test_a_wrong_declaration_names_the_key(tmp_path: Path, text: str, reason: str) -> None:
    write_declaration(tmp_path, text)
    with pytest.raises(UsageError, match=reason):
        find_reader("csv").subjects(tmp_path)


def test_no_declaration_no_files_no_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no nights\.yaml"):
        find_reader("csv").subjects(tmp_path)
    write_declaration(tmp_path, PPG)
    with pytest.raises(DataError, match="no file fits"):
        find_reader("csv").subjects(tmp_path)
    with pytest.raises(MissingError):
        find_reader("csv").subjects(tmp_path / "absent")


def test_unknown_labels_and_mixed_clocks_are_refused(tmp_path: Path) -> None:
    declaration = HEART_RATE % "" + 'labels: {file: "{subject}/l.csv", column: s, time: t}\n'
    write_declaration(tmp_path, declaration)
    (tmp_path / "1.csv").write_text("t,bpm\n0,60\n60,61\n")
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "l.csv").write_text("t,s\n0,W\n30,sleepy\n")
    with pytest.raises(DataError, match="unknown stage 'sleepy'"):
        find_reader("csv").read(tmp_path, "1")
    (tmp_path / "1" / "l.csv").write_text("t,s\n2024-01-01T00:00:00,W\n")
    with pytest.raises(DataError, match="cannot be brought together"):
        find_reader("csv").read(tmp_path, "1")


def test_subjects_in_folders_and_in_natural_order(tmp_path: Path) -> None:
    write_declaration(tmp_path, PPG.replace("{subject}.csv", "{subject}/{subject}-ppg.csv"))
    for subject in ("10", "9", "a"):
        (tmp_path / subject).mkdir()
        (tmp_path / subject / f"{subject}-ppg.csv").write_text("t,v\n0,1\n31,1\n")
    (tmp_path / "9" / "8-ppg.csv").write_text("")
    assert find_reader("csv").subjects(tmp_path) == ("a", "9", "10")


def test_activity_counts_are_read_as_they_are(tmp_path: Path) -> None:
    declared = 'signals:\n  activity_counts: {file: "{subject}.csv", columns: [count], time: t}\n'
    read = _read(tmp_path, declared, s=_lines("t,count", "0,1.5", "30,0", "60,", "120,7"))
    counts = read.signals["activity_counts"]
    assert counts.unit == "counts"
    assert counts.times.tolist() == [0, 30, 120] and counts.values.tolist() == [1.5, 0, 7]
