"""A shipped model is scored again: the same figures, the clock and the trees beside them, a card that shows them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from sktools import zoo
from sktools.datasets.registry import Dataset, find_reader
from sktools.errors import DataError
from sktools.metrics.clock import read_clock
from sktools.training.rescoring import rescore
from tests.support.sleep_accel_files import real_folder


def _open(names: Sequence[str]) -> list[Dataset]:
    return [Dataset(find_reader(name), real_folder() if name == "sleep-accel" else None) for name in names]


def test_scores_stay_and_yardsticks_come(tmp_path: Path) -> None:
    packaged = zoo.resolve("ss-2-tcn-sm")
    folder = tmp_path / packaged.name
    shutil.copytree(packaged.folder, folder)
    before = json.loads((folder / "metrics.json").read_text())
    for per_data_set in before.values():
        if isinstance(per_data_set, dict):
            per_data_set.pop("synthetic", None)  # the nights of Sleep-Accel are enough here
    (folder / "metrics.json").write_text(json.dumps(before))
    (folder / "clock.json").unlink(missing_ok=True)
    rescore(zoo.resolve(str(folder)), _open)
    after = json.loads((folder / "metrics.json").read_text())
    old, new = (document["int8"]["sleep-accel"] for document in (before, after))
    assert {key: new[key] for key in ("confusion", "kappa", "f1")} == {
        key: old[key] for key in ("confusion", "kappa", "f1")
    }
    assert after["f1_drop"] == before["f1_drop"] and after["training_subjects"] == before["training_subjects"]
    clock = read_clock(folder, ("WAKE", "SLEEP"))
    assert clock is not None and not clock.logit_prior.any() and clock.facts["nights"] == 20
    found = new["yardsticks"]
    assert found["trees"]["learned_on"].startswith("20 of ss-2-tcn-sm's 20")
    assert 0.3 < found["clock"]["kappa"] < 0.5 and found["majority"]["kappa"] == 0
    assert new["sleep"]["TST"]["subjects"] == 5
    card = (folder / "README.md").read_text()
    assert f"| 3784 | {found['clock']['accuracy']:.3f} |" in card and "trees, same features" in card


def test_what_training_did_not_write_is_refused(tmp_path: Path) -> None:
    packaged = zoo.resolve("ss-2-tcn-sm")
    shutil.copytree(packaged.folder, tmp_path / "m")
    (tmp_path / "m" / "metrics.json").write_text("{}")
    with pytest.raises(DataError, match="is not what `sktools train` writes"):
        rescore(zoo.resolve(str(tmp_path / "m")), _open)
