"""`sktools train ss-4 --dataset mesa`: from EDF files to a scored int8 model, by recordings and by a prepared store."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from sktools.cli import main
from tests.support.mesa_files import edf_path, truncate, write_subject

pytest.importorskip("tensorflow", reason="training needs TensorFlow")


@pytest.mark.timeout(300)
def test_mesa_from_recordings_to_a_scored_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for number in range(1, 8):
        write_subject(tmp_path / "mesa", f"000{number}", epochs=245, seed=number)
    truncate(edf_path(tmp_path / "mesa", "0002"))

    assert main.run(["data", "prepare", "mesa", "--data", "mesa", "--output", "store", "--jobs", "1"]) == 0
    assert "warning: mesa 0002" in capsys.readouterr().err
    # One epoch of training proves the way, not the model: exit 3 says that int8 lost more than the limit.
    assert main.run(["train", "ss-4", "--dataset", "mesa", "--data", "store", "--epochs", "1", "--json"]) in (0, 3)
    metrics = json.loads((tmp_path / "models" / "ss-4-tcn-sm" / "metrics.json").read_text())
    trained, held_out = metrics["training_subjects"]["mesa"], metrics["held_out"]["mesa"]
    assert sorted(trained + held_out) == ["0001", "0003", "0004", "0005", "0006", "0007"]
    assert held_out and not set(trained) & set(held_out)
    capsys.readouterr()

    scores = []
    for folder in ("mesa", "store"):
        assert main.run(["evaluate", "ss-4", "--dataset", "mesa", "--data", folder, "--json"]) == 0
        scores.append(json.loads(capsys.readouterr().out))
    raw, stored = scores
    assert raw["subjects"] == stored["subjects"] == held_out
    assert raw["left_out"] == stored["left_out"] == len(trained)
    assert raw["confusion"] == stored["confusion"] and np.isfinite(raw["kappa"])
    assert [item["subject"] for item in raw["skipped"]] == ["0002"]


def test_a_prepared_synthetic_store_is_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from sktools.cli.folders import open_datasets
    from sktools.datasets.registry import open_dataset
    from sktools.features.prepare import prepare

    prepare(open_dataset("synthetic-raw"), tmp_path / "store", 1, subjects=["raw-001"])
    (dataset,) = open_datasets(["synthetic-raw"], [tmp_path / "store"])
    assert dataset.folder == tmp_path / "store"
    (night,) = dataset.recordings(subjects=["raw-001"])
    assert not night.waveforms and "hr_bpm" in night.features
    assert [dataset.folder for dataset in open_datasets(["synthetic-raw"], [tmp_path])] == [None]
    assert "not used" in capsys.readouterr().err
