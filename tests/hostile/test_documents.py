"""The JSON that sktools reads back, damaged: what was written or one clear error, never a changed figure."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sktools.build.build import load_build
from sktools.datasets import feature_store
from sktools.errors import DataError, SktoolsError
from sktools.features.evaluation_set import training_subjects
from sktools.profiling import bundle
from sktools.profiling.assemble import assemble
from sktools.profiling.session import measure
from tests.profiling import fakes
from tests.soak.table import Amount, Figures
from tests.support.builds import fake_build
from tests.support.tools import needs_cc

METRICS = {"nights": [], "kappa": 0.5}

VALUES = [
    *("null", "true", "-1", "1.5", "1e999", "NaN", '"x"', "[]", "{}", "9" * 5000, r'"\u0000"', r'"\ud800"', "-0.0"),
    *("1e308", "[" * 100_000, '{"a":' * 50_000, '"<script>"'),
]


def mutated(content: bytes, random: np.random.Generator) -> bytes:
    """One of: bytes set, the end cut off, a value replaced, a key renamed."""
    how = int(random.integers(4))
    if how == 0:
        changed = bytearray(content)
        for _ in range(int(random.integers(1, 5))):
            changed[int(random.integers(len(changed)))] = int(random.integers(256))
        return bytes(changed)
    if how == 1:
        return content[: int(random.integers(len(content)))]
    text = content.decode()
    pattern, new = (
        (r'(?<=: )("[^"]*"|[-0-9.e+]+|null|true|false)', VALUES[int(random.integers(len(VALUES)))])
        if how == 2
        else (r'"[^"]*"(?=: )', '"x"')
    )
    places = list(re.finditer(pattern, text))
    place = places[int(random.integers(len(places)))]
    return f"{text[: place.start()]}{new}{text[place.end() :]}".encode()


def attack(files: list[Path], read: Callable[[], object], count: int) -> Counter[str]:
    """How often a damaged file was read all the same, and how often it was refused."""
    random, ends = np.random.default_rng(count), Counter[str]()
    for _ in range(count):
        file = files[int(random.integers(len(files)))]
        whole = file.read_bytes()
        file.write_bytes(mutated(whole, random))
        try:
            read()
            ends["read"] += 1
        except SktoolsError as error:
            assert "\n" not in error.message and len(error.message) < 1000, error.message
            ends["refused"] += 1
        file.write_bytes(whole)
    return ends


@pytest.mark.timeout(3600)
def test_result_bundles(tmp_path: Path, amount: Amount, figures: Figures) -> None:
    measured = measure(fakes.model(), fakes.Device(), fakes.Oracle(), fakes.frames(3))
    profile = assemble(fakes.setting(), fakes.model(), measured, fakes.accuracy())
    written = bundle.write_bundle(tmp_path, profile, METRICS, {"git": None})
    files = [written.path / name for name in ("profile.json", "metrics.json", "manifest.json")]

    def read() -> None:
        found = bundle.load_bundle(written.path)
        # Where the manifest lost its digests nothing tells any more; no mutation changes both files.
        assert found.profile == profile and found.metrics == METRICS

    count = amount(150, 5000)
    ends = attack(files, read, count)
    figures("damaged result bundles", files=count, **ends, crashes_and_unclear_errors=0, changed_figures_shown=0)
    assert ends["refused"] > count // 2


def test_a_changed_figure_is_not_shown(tmp_path: Path) -> None:
    measured = measure(fakes.model(), fakes.Device(), fakes.Oracle(), fakes.frames(3))
    profile = assemble(fakes.setting(), fakes.model(), measured, fakes.accuracy())
    path = bundle.write_bundle(tmp_path, profile, {}, {}).path / "profile.json"
    text = path.read_text()
    path.write_text(re.sub(r'("cycles": )\d+', r"\g<1>1", text, count=1))
    assert path.read_text() != text
    with pytest.raises(DataError, match="is not what was written"):
        bundle.load_bundle(path.parent)


@needs_cc
@pytest.mark.timeout(3600)
def test_build_records(tmp_path: Path, amount: Amount, figures: Figures) -> None:
    folder = tmp_path / "build"
    shutil.copytree(fake_build("host").folder, folder)
    count = amount(100, 3000)
    ends = attack([folder / "model.json"], lambda: load_build(folder).sizes(), count)
    figures("damaged build records", files=count, **ends, crashes_and_unclear_errors=0)
    assert ends["refused"] > count // 3


@pytest.mark.timeout(3600)
def test_store_indexes_and_metrics(tmp_path: Path, amount: Amount, figures: Figures) -> None:
    index = feature_store.StoreIndex("mesa", "fs-w-pa-14", 1, ("hr", "spo2"), ("0001", "0002"), {"0002": "cut"})
    feature_store.write_index(tmp_path, index)
    metrics = tmp_path / "metrics.json"
    metrics.write_text('{"training_subjects": {"synthetic": ["syn-001"]}, "int8": {"kappa": 0.5}, "name": "x"}')

    count = amount(150, 5000)
    ends = attack([tmp_path / "store.json"], lambda: feature_store.subjects(tmp_path, "mesa"), count)
    ends += attack([metrics], lambda: training_subjects(metrics, "synthetic"), count)
    figures("damaged store indexes and metrics.json", files=2 * count, **ends, crashes_and_unclear_errors=0)
    assert ends["refused"] > count // 4
