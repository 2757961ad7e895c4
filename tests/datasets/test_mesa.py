"""MESA folders, written in the release's format: sound, odd and damaged subjects."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sktools.datasets.edf import read_edf
from sktools.datasets.nsrr_annotations import StageEvent, stages_of
from sktools.datasets.registry import Skipped, find_reader, open_dataset
from sktools.errors import DataError, MissingError
from tests.support.mesa_files import (
    XML_BOMB,
    edf_path,
    external_entity,
    truncate,
    write_subject,
    write_xml,
    xml_path,
)

HEADER = 256


def test_a_subject_has_its_channels_at_their_own_rates(tmp_path: Path) -> None:
    night = write_subject(tmp_path, "0007", epochs=6)
    (read,) = open_dataset("mesa", tmp_path).recordings()
    assert read.subject == "0007" and read.epochs == 6 and read.start == "1985-01-01T20:59:59"
    assert {name: wave.rate for name, wave in read.waveforms.items()} == {
        "ppg": 128,
        "spo2": 1,
        "oximeter_status": 1,
        "leg_emg": 32,
    }
    written = night.recording.waveforms["ppg"].values
    assert np.allclose(read.waveforms["ppg"].values[::2][: len(written)], written, atol=2e-3)
    assert not read.notes


def test_stages_follow_the_concepts(tmp_path: Path) -> None:
    write_subject(tmp_path, "0001", epochs=9, scored=[0, 1, 2, 3, 4, 5, 6, 9, 2])
    (read,) = open_dataset("mesa", tmp_path).recordings()
    assert read.stages.tolist() == [0, 1, 2, 3, 3, 5, -1, -1, 2]


def test_odd_rates_and_long_data_records(tmp_path: Path) -> None:
    rates = {"Pleth": 99.9, "SpO2": 0.5, "OxStatus": 0.1, "Leg": 25.6}
    write_subject(tmp_path, "0001", epochs=5, rates=rates, record_seconds=10)
    (read,) = open_dataset("mesa", tmp_path).recordings()
    assert [read.waveforms[name].rate for name in ("ppg", "spo2", "oximeter_status", "leg_emg")] == [
        99.9,
        0.5,
        0.1,
        25.6,
    ]
    assert read.epochs == 5


def test_an_absent_channel_is_noted_and_an_absent_pulse_wave_skips_the_subject(tmp_path: Path) -> None:
    write_subject(tmp_path, "0001", epochs=4, rates={"Pleth": 64, "SpO2": 1})
    write_subject(tmp_path, "0002", epochs=4, rates={"SpO2": 1, "Leg": 32})
    skipped: list[Skipped] = []
    (read,) = open_dataset("mesa", tmp_path).recordings(on_skip=skipped.append)
    assert set(read.waveforms) == {"ppg", "spo2"}
    assert [note.split(";")[0] for note in read.notes] == ["no channel for oximeter_status", "no channel for leg_emg"]
    assert skipped[0].subject == "0002" and "no pulse wave ('Pleth') among SpO2, Leg" in skipped[0].reason


def test_gaps_in_the_scoring_are_unscored(tmp_path: Path) -> None:
    write_subject(tmp_path, "0001", epochs=8, scored=[0, 2, 2, 2])
    (read,) = open_dataset("mesa", tmp_path).recordings()
    assert read.stages.tolist() == [0, 2, 2, 2, -1, -1, -1, -1]
    write_xml(xml_path(tmp_path, "0001"), [2, 2, 3], start=90)
    (read,) = open_dataset("mesa", tmp_path).recordings()
    assert read.stages.tolist() == [-1, -1, -1, 2, 2, 3, -1, -1]


def test_scoring_beyond_the_recording_is_cut_and_told(tmp_path: Path) -> None:
    write_subject(tmp_path, "0001", epochs=4, scored=[2] * 10)
    (read,) = open_dataset("mesa", tmp_path).recordings()
    assert read.stages.tolist() == [2] * 4 and "annotations end at 300 s" in read.notes[0]


def test_events_that_contradict_each_other_are_not_believed() -> None:
    events = (StageEvent(2, 0, 90), StageEvent(3, 60, 60), StageEvent(3, 60, 30), StageEvent(0, 120, 14))
    assert stages_of(events, 5).tolist() == [2, 2, -1, 3, -1]


def test_bad_subjects_are_reported_and_the_others_go_on(tmp_path: Path) -> None:
    for number in range(1, 9):
        write_subject(tmp_path, f"{number:04d}", epochs=3, seed=number)
    truncate(edf_path(tmp_path, "0002"))
    truncate(edf_path(tmp_path, "0003"), 0.001)
    truncate(xml_path(tmp_path, "0004"), 0.5)
    xml_path(tmp_path, "0005").write_text(XML_BOMB)
    secret = tmp_path / "secret.txt"
    secret.write_text("Wake|0")
    xml_path(tmp_path, "0006").write_text(external_entity(secret))
    xml_path(tmp_path, "0007").unlink()
    skipped: list[Skipped] = []
    assert [night.subject for night in open_dataset("mesa", tmp_path).recordings(on_skip=skipped.append)] == [
        "0001",
        "0008",
    ]
    reasons = {item.subject: item.reason for item in skipped}
    assert "is cut" in reasons["0002"] and "cut in its header" in reasons["0003"]
    assert "not well-formed XML" in reasons["0004"]
    assert "entities" in reasons["0005"] and "entities" in reasons["0006"]
    assert "no such file" in reasons["0007"]
    assert all("\n" not in reason for reason in reasons.values())


def test_none_readable_is_an_error(tmp_path: Path) -> None:
    write_subject(tmp_path, "0001", epochs=3)
    truncate(edf_path(tmp_path, "0001"))
    with pytest.raises(DataError, match="none of 1 subjects"):
        list(open_dataset("mesa", tmp_path).recordings())


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not well-formed"),
        ("<PSGAnnotation/>", "no ScoredEvent"),
        ("{}", "not well-formed"),
        ("<a>\x00</a>", "not well-formed"),
        ("<?xml version='1.0' encoding='nonsense'?><a/>", "not well-formed"),
        ("{event}", "unknown stage 'Coma|7'"),
        ("{start}", "no number"),
        ("{infinite}", "no part of a night"),
        ("{negative}", "no part of a night"),
        ("{endless}", "beyond any night"),
    ],
)
def test_strange_annotations_are_refused(tmp_path: Path, text: str, reason: str) -> None:
    def document(concept: str = "Wake|0", start: str = "0", duration: str = "30") -> str:
        return (
            "<PSGAnnotation><ScoredEvents><ScoredEvent><EventType>Stages|Stages</EventType>"
            f"<EventConcept>{concept}</EventConcept><Start>{start}</Start><Duration>{duration}</Duration>"
            "</ScoredEvent></ScoredEvents></PSGAnnotation>"
        )

    replaced = {
        "{event}": document("Coma|7"),
        "{start}": document(start="soon"),
        "{infinite}": document(start="inf"),
        "{negative}": document(duration="-30"),
        "{endless}": document(duration="1e9"),
    }
    write_subject(tmp_path, "0001", epochs=3)
    xml_path(tmp_path, "0001").write_text(replaced.get(text, text))
    with pytest.raises(DataError, match=reason):
        find_reader("mesa").read(tmp_path, "0001")


def _field(at: int, content: bytes) -> Callable[[bytearray], None]:
    def change(data: bytearray) -> None:
        data[at : at + len(content)] = content

    return change


@pytest.mark.parametrize(
    "change",
    [
        _field(236, b"-1      "),
        _field(236, b"99999999"),
        _field(236, b"many    "),
        _field(244, b"0       "),
        _field(244, b"nan     "),
        _field(252, b"9999"),
        _field(252, b"0   "),
        _field(HEADER + 5 * 216, b"99999999"),
        _field(HEADER + 5 * 216, b"0       "),
        _field(HEADER + 5 * 104, b"10      "),
        _field(0, struct.pack("<Q", 0)),
    ],
)
def test_lying_headers_are_refused_without_a_word_on_stdout(
    tmp_path: Path, change: Callable[[bytearray], None], capfd: pytest.CaptureFixture[str]
) -> None:
    write_subject(tmp_path, "0001", epochs=3)
    path = edf_path(tmp_path, "0001")
    data = bytearray(path.read_bytes())
    change(data)
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"mesa-sleep-0001\.edf"):
        find_reader("mesa").read(tmp_path, "0001")
    assert capfd.readouterr().out == ""


def test_any_cut_of_a_recording_is_noticed(tmp_path: Path) -> None:
    write_subject(tmp_path, "0001", epochs=2)
    path = edf_path(tmp_path, "0001")
    whole = path.read_bytes()
    for length in [0, 1, 100, 255, 256, 300, 1535, 1536, len(whole) // 2, len(whole) - 1]:
        path.write_bytes(whole[:length])
        with pytest.raises(DataError, match="cut"):
            read_edf(path, {"ppg": ("Pleth",)})


def test_a_missing_or_other_folder_says_what_is_expected(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="no such folder"):
        find_reader("mesa").subjects(tmp_path / "absent")
    with pytest.raises(DataError, match="polysomnography/edfs"):
        find_reader("mesa").subjects(tmp_path)
    (tmp_path / "polysomnography" / "edfs").mkdir(parents=True)
    with pytest.raises(DataError, match=r"no mesa-sleep-NNNN\.edf"):
        find_reader("mesa").subjects(tmp_path)
