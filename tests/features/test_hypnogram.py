"""Hypnograms of answers: every epoch once, clocks, probabilities, unlabelled nights."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest

from sktools import zoo
from sktools.datasets.registry import open_dataset
from sktools.errors import DataError
from sktools.features.evaluation_set import EvaluationSet, NightSpan, evaluation_set
from sktools.features.hypnogram import hypnogram
from sktools.features.hypnogram_csv import COLUMNS, hypnogram_csv
from tests.support.csv_files import write_declaration, write_night

CLASSES = ("WAKE", "SLEEP")


def _set(lengths: dict[str, int], frame: int = 4) -> EvaluationSet:
    owners = [subject for subject, length in lengths.items() for _ in range(-(-length // frame))]
    labels = np.full((len(owners), frame), -1, np.int64)
    labels[0, 0] = 1
    nights = tuple(
        NightSpan(subject, "2024-03-01T23:59:30" if subject == "b" else "", np.arange(length) != 1)
        for subject, length in lengths.items()
    )
    features = np.zeros((len(owners), frame, 14), np.float32)
    return EvaluationSet("d", features, labels, labels >= 0, tuple(owners), tuple(lengths), 0, (), (), False, nights)


def test_every_epoch_stands_once_and_padding_nowhere() -> None:
    chosen = _set({"a": 9, "b": 4, "c": 1})
    logits = np.random.default_rng(0).normal(0, 3, (5, 4, 2)).astype(np.float32)
    rows = list(hypnogram(chosen, logits, CLASSES))
    assert [(row.subject, row.epoch) for row in rows] == [
        *(("a", epoch) for epoch in range(9)),
        *(("b", epoch) for epoch in range(4)),
        ("c", 0),
    ]
    answers = [CLASSES[index] for index in logits.argmax(axis=-1).ravel()]
    assert [row.stage for row in rows] == [*answers[:9], *answers[12:16], answers[16]]
    assert [row.epoch for row in rows if not row.measured] == [1, 1]
    assert [row.true for row in rows if row.true] == ["SLEEP"] and rows[0].true
    assert all(sum(row.probabilities) == pytest.approx(1) for row in rows)
    first = np.exp(logits[0, 0]) / np.exp(logits[0, 0]).sum()
    assert rows[0].probabilities == pytest.approx(first, rel=1e-5)
    assert rows[10].time == "2024-03-02T00:00:00" and rows[0].time == ""


def test_fewer_frames_end_the_nights_early() -> None:
    rows = list(hypnogram(_set({"a": 9, "b": 4}), np.zeros((2, 4, 2), np.float32), CLASSES))
    assert [row.epoch for row in rows] == list(range(8))


def test_the_csv_reads_back() -> None:
    text = hypnogram_csv(list(hypnogram(_set({"a": 5}), np.zeros((2, 4, 2), np.float32), CLASSES)), CLASSES).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert list(rows[0]) == [*COLUMNS, "p_WAKE", "p_SLEEP"] and len(rows) == 5
    assert rows[3]["seconds"] == "90" and rows[3]["p_WAKE"] == "0.5000" and rows[1]["measured"] == "0"


def test_nights_without_labels_are_frames_when_no_labels_are_needed(tmp_path: Path) -> None:
    write_declaration(tmp_path)
    write_night(tmp_path, "anna", epochs=10, labelled=False)
    config = zoo.find_config("ss-4")[0]
    with pytest.raises(DataError, match="no scored epoch") as failed:
        evaluation_set(config, open_dataset("csv", tmp_path))
    assert "--hypnogram" in failed.value.hint
    chosen = evaluation_set(config, open_dataset("csv", tmp_path), need_labels=False)
    assert not chosen.mask.any() and chosen.nights[0].measured.shape == (10,)
    assert chosen.nights[0].start == "2024-03-01T23:30:00"
