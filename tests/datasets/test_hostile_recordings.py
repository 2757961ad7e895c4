"""Recordings and stores that are damaged at random: read right, or refused in one line; never a crash, never a word
on stdout.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np
import pytest

from sktools.datasets import feature_store
from sktools.datasets.recording import Recording
from sktools.datasets.registry import find_reader
from sktools.errors import SktoolsError
from sktools.features.fs_w_pa_14 import extract
from sktools.features.prepare import features_of
from tests.soak.table import Figures
from tests.support import csv_files, mesa_files, sleep_accel_files

FAST, SOAK = 150, 5000


def _mutated(content: bytes, generator: np.random.Generator, first: int, last: int) -> bytes:
    """One of: bytes flipped, digits replaced, a stretch cut out, doubled or overwritten; within [first, last)."""
    data = bytearray(content)
    at = int(generator.integers(first, max(first + 1, min(last, len(data)))))
    length = int(generator.integers(1, 40))
    match generator.integers(6):
        case 0:
            for _ in range(length):
                data[int(generator.integers(first, min(last, len(data))))] ^= 1 << int(generator.integers(8))
        case 1:
            data[at : at + 4] = b"%4d" % generator.integers(-999, 9999)
        case 2:
            del data[at : at + length]
        case 3:
            data[at:at] = data[at : at + length]
        case 4:
            data[at : at + length] = generator.integers(0, 256, length, dtype=np.uint8).tobytes()
        case _:
            data[at : at + 8] = [b"nan     ", b"-inf    ", b"1e308   ", b"99999999", b"-0      "][generator.integers(5)]
    return bytes(data)


class Attack(Protocol):
    """How many mutated files were read, and how many refused."""

    def __call__(
        self, path: Path, read: Callable[[], Recording], count: int, first: int = 0, last: int = 1 << 30, seed: int = 0
    ) -> tuple[int, int]: ...


@pytest.fixture
def attack(figures: Figures) -> Attack:
    """Every attack's figures go into the table of the long tests."""

    def damage(
        path: Path, read: Callable[[], Recording], count: int, first: int = 0, last: int = 1 << 30, seed: int = 0
    ) -> tuple[int, int]:
        whole, generator = path.read_bytes(), np.random.default_rng(seed)
        good = refused = 0
        for _ in range(count):
            path.write_bytes(_mutated(whole, generator, first, last))
            try:
                recording = read()
            except SktoolsError as error:
                assert "\n" not in error.message and len(error.message) < 1000
                refused += 1
                continue
            good += 1
            assert set(np.unique(recording.stages)) <= {-1, 0, 1, 2, 3, 5} and 0 < recording.epochs <= 36 * 120
            if good % 10 == 0:
                table = extract(recording)
                assert np.isfinite(table.values).all()
        path.write_bytes(whole)
        figures("damaged recordings and stores", files=count, read=good, refused=refused, crashes_and_unclear_errors=0)
        return good, refused

    return damage


@pytest.fixture(params=[FAST, pytest.param(SOAK, marks=pytest.mark.soak)])
def count(request: pytest.FixtureRequest) -> int:
    number: int = request.param
    return number


def test_edf_headers(tmp_path: Path, count: int, attack: Attack, capfd: pytest.CaptureFixture[str]) -> None:
    mesa_files.write_subject(tmp_path, "0001", epochs=4)
    read = find_reader("mesa").read
    good, refused = attack(mesa_files.edf_path(tmp_path, "0001"), lambda: read(tmp_path, "0001"), count, 0, 1536)
    assert good and refused
    assert capfd.readouterr().out == ""


def test_annotations(tmp_path: Path, count: int, attack: Attack) -> None:
    mesa_files.write_subject(tmp_path, "0001", epochs=4, scored=[0, 1, 2, 5])
    read = find_reader("mesa").read
    good, refused = attack(mesa_files.xml_path(tmp_path, "0001"), lambda: read(tmp_path, "0001"), count)
    assert good and refused


@pytest.mark.parametrize("name", ["nights.yaml", "anna_ppg.csv", "anna_acc.csv", "anna_stages.csv"])
def test_csv_nights(tmp_path: Path, count: int, name: str, attack: Attack) -> None:
    csv_files.write_declaration(tmp_path)
    csv_files.write_night(tmp_path, "anna", epochs=2)
    reader = find_reader("csv")

    def read() -> Recording:
        reader.subjects(tmp_path)
        return reader.read(tmp_path, "anna")

    good, refused = attack(tmp_path / name, read, count // 3, 0, 400)
    assert good and (refused or name == "anna_ppg.csv")


@pytest.mark.parametrize("part", ["labels/1_labeled_sleep.txt", "heart_rate/1_heartrate.txt"])
def test_sleep_accel(tmp_path: Path, count: int, part: str, attack: Attack) -> None:
    sleep_accel_files.write_subject(tmp_path, "1", [0, 2, 3, 5] * 5)
    read = find_reader("sleep-accel").read
    good, refused = attack(tmp_path / part, lambda: read(tmp_path, "1"), count, seed=1)
    assert good and refused


def test_stores(tmp_path: Path, count: int, attack: Attack) -> None:
    mesa_files.write_subject(tmp_path / "source", "0001", epochs=4)
    recording = find_reader("mesa").read(tmp_path / "source", "0001")
    table = extract(recording)
    index = feature_store.StoreIndex("mesa", "fs-w-pa-14", 1, table.names, ("0001",))
    feature_store.write_index(tmp_path, index)
    path = feature_store.write_subject(tmp_path, index, features_of(table))
    read = find_reader("mesa").read
    good, refused = attack(path, lambda: read(tmp_path, "0001"), count)
    assert good + refused == count and refused > good / 10
    good, refused = attack(tmp_path / "store.json", lambda: read(tmp_path, "0001"), count)
    assert good and refused
