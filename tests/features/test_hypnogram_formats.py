"""Hypnogram files: each format read back, by libraries of others if they are here."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from sktools.errors import UsageError
from sktools.features.hypnogram import HypnogramEpoch
from sktools.features.hypnogram_format import choose_format, files_of, hypnogram_formats

CLASSES = ("WAKE", "CORE", "DEEP", "REM")
STAGES = ("WAKE", "CORE", "CORE", "DEEP", "REM", "WAKE")


def _night(subject: str = "anna", start: str = "2024-03-01T23:59:00") -> list[HypnogramEpoch]:
    times = (
        "2024-03-01T23:59:00",
        "2024-03-01T23:59:30",
        *(f"2024-03-02T00:{at // 2:02d}:{at % 2 * 30:02d}" for at in range(4)),
    )
    return [
        HypnogramEpoch(
            subject,
            epoch,
            times[epoch] if start else "",
            stage,
            True,
            "",
            tuple(0.7 if stage == name else 0.1 for name in CLASSES),
        )
        for epoch, stage in enumerate(STAGES)
    ]


def test_formats_are_found_by_suffix_and_by_name() -> None:
    assert set(hypnogram_formats()) == {"csv", "edf", "bids", "yasa"}
    for suffix, name in ((".csv", "csv"), (".EDF", "edf"), (".tsv", "bids"), (".json", "yasa")):
        assert choose_format(Path(f"x{suffix}")).name == name
    assert choose_format(Path("stages.txt"), "yasa").name == "yasa"
    with pytest.raises(UsageError, match=r"suffix '.txt'; known: .tsv \(BIDS events\)"):
        choose_format(Path("stages.txt"))
    with pytest.raises(UsageError, match="'edff' is unknown; did you mean 'edf'"):
        choose_format(Path("x"), "edff")


def test_one_night_per_file_names_the_night() -> None:
    formats = hypnogram_formats()
    assert files_of(Path("o/s.csv"), ["a", "b"], formats["csv"]) == {Path("o/s.csv"): ("a", "b")}
    assert files_of(Path("o/s.edf"), ["a"], formats["edf"]) == {Path("o/s.edf"): ("a",)}
    found = files_of(Path("o/s.edf"), ["a", "b@2/.."], formats["edf"])
    assert found == {Path("o/s_a.edf"): ("a",), Path("o/s_b_2_...edf"): ("b@2/..",)}
    assert list(files_of(Path("sub-{subject}_events.tsv"), ["a"], formats["bids"])) == [Path("sub-a_events.tsv")]


def test_bids_events_have_yasas_values() -> None:
    text = hypnogram_formats()["bids"].write(_night(), CLASSES).decode()
    rows = list(csv.DictReader(io.StringIO(text), delimiter="\t"))
    assert [(row["onset"], row["duration"], row["value"], row["description"]) for row in rows[:4]] == [
        ("0", "30", "0", "WAKE"), ("30", "30", "2", "LIGHT"), ("60", "30", "2", "LIGHT"), ("90", "30", "3", "DEEP"),
    ]  # fmt: skip
    assert rows[4]["value"] == "4" and rows[4]["p_REM"] == "0.7000"


def test_yasas_json_is_as_its_from_dict_needs_it() -> None:
    """yasa.Hypnogram.from_json reads it: values, n_stages, freq, start, scorer, proba (YASA 0.8)."""
    found = json.loads(hypnogram_formats()["yasa"].write(_night(), CLASSES))
    assert found["values"] == ["WAKE", "LIGHT", "LIGHT", "DEEP", "REM", "WAKE"] and found["n_stages"] == 4
    assert found["freq"] == "30s" and found["start"] == "2024-03-01T23:59:00" and list(found["proba"])[1] == "LIGHT"
    assert json.loads(hypnogram_formats()["yasa"].write(_night(start=""), CLASSES))["start"] is None
    with pytest.raises(UsageError, match="YASA has no hypnogram of the stages UP, DOWN"):
        hypnogram_formats()["yasa"].check(("UP", "DOWN"))


@pytest.mark.parametrize("start", ["2024-03-01T23:59:00", ""])
def test_edf_annotations_read_back(tmp_path: Path, start: str) -> None:
    path = tmp_path / "night.edf"
    path.write_bytes(hypnogram_formats()["edf"].write(_night(start=start), CLASSES))
    content = path.read_bytes()
    assert len(content) == int(content[184:192]) + 80 * len(STAGES) and content[192:197] == b"EDF+C"
    assert content[88:101] == (b"Startdate 01-" if start else b"Startdate X X") and content[236:244].strip() == b"6"
    assert content[168:184] == (b"01.03.2423.59.00" if start else b"01.01.8500.00.00")
    pyedflib = pytest.importorskip("pyedflib")
    with pyedflib.EdfReader(str(path)) as reader:
        onsets, durations, texts = reader.readAnnotations()
    words = [
        "Sleep stage W",
        "Sleep stage LIGHT",
        "Sleep stage LIGHT",
        "Sleep stage DEEP",
        "Sleep stage R",
        "Sleep stage W",
    ]
    assert onsets.tolist() == [0, 30, 60, 90, 120, 150] and set(map(float, durations)) == {30.0}
    assert texts.tolist() == words
