"""Feature stores: complete or not there, gone on with, made by processes, a cluster or one after the other."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sktools.datasets import feature_store
from sktools.datasets.feature_store import StoreIndex, SubjectFeatures, read_index, read_subject, working_in
from sktools.datasets.recording import Recording
from sktools.datasets.registry import Skipped, find_reader, open_dataset
from sktools.errors import DataError, MissingError, UsageError
from sktools.features import prepare as prepare_module
from sktools.features.fs_w_pa_14 import NAMES, extract
from sktools.features.prepare import PrepareProgress, prepare
from tests.support.mesa_files import edf_path, truncate, write_subject

INDEX = StoreIndex("mesa", "fs-w-pa-14", 1, ("a", "b"), ("s",))


@pytest.fixture(scope="module")
def mesa(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mesa")
    for number in range(1, 6):
        write_subject(folder, f"000{number}", epochs=12, seed=number)
    truncate(edf_path(folder, "0004"))
    return folder


def _features(epochs: int = 300) -> SubjectFeatures:
    generator = np.random.default_rng(0)
    values = generator.normal(size=(epochs, 2)).astype(np.float32)
    values[5, 1] = np.nan
    mask = np.ones(epochs, bool)
    mask[7] = False
    return SubjectFeatures(
        "s", values, generator.integers(-1, 4, epochs).astype(np.int8), mask, "2020-01-01", ("note",)
    )


def test_a_store_gives_back_what_the_recordings_give(mesa: Path, tmp_path: Path) -> None:
    steps: list[PrepareProgress] = []
    result = prepare(open_dataset("mesa", mesa), tmp_path / "store", 1, progress=steps.append)
    assert result.prepared == ("0001", "0002", "0003", "0005") and list(result.skipped) == ["0004"]
    assert [step.done for step in steps] == [1, 2, 3, 4, 5] and steps[-1].remaining_seconds == 0
    assert result.hours == pytest.approx(4 * 12 / 120) and steps[3].skipped and not steps[2].skipped
    raw = {night.subject: night for night in open_dataset("mesa", mesa).recordings()}
    for night in open_dataset("mesa", tmp_path / "store").recordings():
        expected, stored = extract(raw[night.subject]), extract(night)
        assert np.array_equal(expected.valid, stored.valid) and np.array_equal(expected.stages, stored.stages)
        assert np.allclose(expected.values, stored.values, rtol=1e-6) and stored.notes == expected.notes
        assert night.start == raw[night.subject].start
    assert find_reader("mesa").subjects(tmp_path / "store") == result.prepared


def test_the_files_have_the_published_layout(mesa: Path, tmp_path: Path) -> None:
    import h5py

    prepare(open_dataset("mesa", mesa), tmp_path / "store", 1, subjects=["0001"])
    with h5py.File(tmp_path / "store" / "0001.h5") as file:
        assert file["features"].shape == (12, len(NAMES)) and file["features"].dtype == np.float32
        assert file["stage_labels"].shape == file["mask"].shape == (12,)
        assert file["stage_labels"].dtype.kind == file["mask"].dtype.kind == "i"
        assert set(np.unique(file["mask"])) <= {0, 1}


def test_a_second_run_prepares_only_what_is_missing_or_damaged(mesa: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    first = prepare(open_dataset("mesa", mesa), store, 1, subjects=["0003", "0001"])
    assert first.prepared == ("0003", "0001")
    untouched = (store / "0001.h5").stat().st_mtime_ns
    truncate(store / "0003.h5", 0.5)
    (store / ".0005.h5.abc.partial").write_bytes(b"killed")
    second = prepare(open_dataset("mesa", mesa), store, 1)
    assert second.kept == ("0001",) and second.prepared == ("0002", "0003", "0005")
    assert (store / "0001.h5").stat().st_mtime_ns == untouched and not list(store.glob(".*partial"))
    forced = prepare(open_dataset("mesa", mesa), store, 1, force=True, subjects=["0001"])
    assert forced.prepared == ("0001",) and (store / "0001.h5").stat().st_mtime_ns > untouched


def test_another_version_of_the_features_is_made_anew(
    mesa: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(open_dataset("mesa", mesa), tmp_path / "store", 1, subjects=["0001"])
    monkeypatch.setattr(prepare_module, "VERSION", 2)
    assert prepare(open_dataset("mesa", mesa), tmp_path / "store", 1, subjects=["0001"]).prepared == ("0001",)
    assert read_index(tmp_path / "store").version == 2


def test_a_mended_subject_is_no_longer_skipped(mesa: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    write_subject(source, "0001", epochs=4)
    whole = edf_path(source, "0001").read_bytes()
    write_subject(source, "0002", epochs=4)
    truncate(edf_path(source, "0001"))
    assert list(prepare(open_dataset("mesa", source), tmp_path / "store", 1).skipped) == ["0001"]
    edf_path(source, "0001").write_bytes(whole)
    again = prepare(open_dataset("mesa", source), tmp_path / "store", 1)
    assert again.prepared == ("0001",) and not again.skipped and not read_index(tmp_path / "store").skipped


def test_processes_and_one_after_the_other_agree(mesa: Path, tmp_path: Path) -> None:
    prepare(open_dataset("mesa", mesa), tmp_path / "one", 1)
    prepare(open_dataset("mesa", mesa), tmp_path / "two", 2)
    _equal(tmp_path / "one", tmp_path / "two")


def test_a_cluster_of_two_workers(mesa: Path, tmp_path: Path) -> None:
    distributed = pytest.importorskip("dask.distributed", reason="dask.distributed is not installed")
    steps: list[PrepareProgress] = []
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        result = prepare(
            open_dataset("mesa", mesa), tmp_path / "two", dask=cluster.scheduler_address, progress=steps.append
        )
    assert set(result.prepared) == {"0001", "0002", "0003", "0005"} and len(steps) == 5
    prepare(open_dataset("mesa", mesa), tmp_path / "one", 1)
    _equal(tmp_path / "one", tmp_path / "two")


def test_no_cluster_is_an_error_not_a_hang(mesa: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("dask.distributed", reason="dask.distributed is not installed")
    monkeypatch.setattr(prepare_module, "CLUSTER_TIMEOUT", "1s")
    for address in ("tcp://127.0.0.1:9", "nonsense://x"):
        with pytest.raises(MissingError, match="no Dask scheduler"):
            prepare(open_dataset("mesa", mesa), tmp_path / "store", dask=address)


def _equal(one: Path, two: Path) -> None:
    index = read_index(one)
    assert read_index(two) == index
    for subject in set(index.subjects) - set(index.skipped):
        first, second = read_subject(one, index, subject), read_subject(two, index, subject)
        assert np.array_equal(first.features, second.features, equal_nan=True)
        assert np.array_equal(first.stages, second.stages) and np.array_equal(first.mask, second.mask)


def test_a_killed_run_is_gone_on_with(tmp_path: Path) -> None:
    """kill -9 in the middle: what stands there is whole, and the next run does the rest."""
    source, store = tmp_path / "source", tmp_path / "store"
    for number in range(1, 9):
        write_subject(source, f"000{number}", epochs=60, seed=number)
    command = [sys.executable, "-m", "sktools.cli.main", "data", "prepare", "mesa", "--jobs", "1"]
    running = subprocess.Popen([*command, "--data", str(source), "--output", str(store), "-q"], start_new_session=True)
    limit = time.monotonic() + 60
    while len(list(store.glob("*.h5"))) < 2 and running.poll() is None and time.monotonic() < limit:
        time.sleep(0.01)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    index = read_index(store)
    whole = [path.stem for path in store.glob("*.h5")]
    assert len(whole) >= 2 and all(feature_store.is_complete(store, index, subject) for subject in whole)
    result = prepare(open_dataset("mesa", source), store, 1)
    assert set(result.kept) == set(whole) and len(result.kept) + len(result.prepared) == 8


@pytest.mark.skipif(shutil.which("ps") is None, reason="needs ps to see the processes that are left")
def test_a_killed_run_leaves_no_workers(tmp_path: Path) -> None:
    source, store = tmp_path / "source", tmp_path / "store"
    night = write_subject(source, "0001", epochs=240)
    for number in range(2, 13):
        write_subject(source, f"{number:04d}", night=night)
    command = [sys.executable, "-m", "sktools.cli.main", "data", "prepare", "mesa", "--jobs", "2", "-q"]
    running = subprocess.Popen([*command, "--data", str(source), "--output", str(store)], start_new_session=True)
    group = running.pid
    limit = time.monotonic() + 120
    while not list(store.glob("*.h5")) and running.poll() is None and time.monotonic() < limit:
        time.sleep(0.05)
    workers = _group(group) - {running.pid}
    assert workers and not any(_hears_ctrl_c(worker) for worker in workers)
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    while _group(group) and time.monotonic() < limit:
        time.sleep(0.1)
    left = _group(group)
    for process in left:
        os.kill(process, signal.SIGKILL)
    assert not left


@pytest.mark.skipif(shutil.which("ps") is None, reason="needs ps to see the processes that are left")
def test_workers_that_had_no_work_yet_end_with_a_killed_run_too(tmp_path: Path) -> None:
    """joblib's would wait minutes for the first of it."""
    script = (
        "import os, signal\n"
        "from sktools.features import prepare\n"
        "from joblib.externals.loky import process_executor\n"
        "process_executor._ExecutorManagerThread.add_call_item_to_queue = lambda manager: None\n"
        "with prepare._outcomes('synthetic', None, ['syn-001', 'syn-002'], 2, None):\n"
        "    print('started', flush=True)\n"
        "    signal.pause()\n"
    )
    running = subprocess.Popen(
        [sys.executable, "-c", script], start_new_session=True, stdout=subprocess.PIPE, cwd=tmp_path
    )
    assert running.stdout is not None and running.stdout.readline() == b"started\n"
    assert len(_group(running.pid)) > 2
    running.kill()
    running.wait()
    limit = time.monotonic() + 60
    while _group(running.pid) and time.monotonic() < limit:
        time.sleep(0.1)
    left = _group(running.pid)
    for process in left:
        os.kill(process, signal.SIGKILL)
    assert not left


def _hears_ctrl_c(process: int) -> bool:
    """A worker that does tells its own traceback where it is still importing. False where the system does not say."""
    status = Path(f"/proc/{process}/status")
    masks = re.findall(r"^Sig(?:Blk|Ign):\s*(\w+)", status.read_text() if status.exists() else "", re.MULTILINE)
    return bool(masks) and not any(int(mask, 16) >> (signal.SIGINT - 1) & 1 for mask in masks)


def _group(group: int) -> set[int]:
    """Live processes of a process group."""
    listed = subprocess.run(["ps", "-eo", "pid=,pgid=,stat="], capture_output=True, text=True, check=True).stdout
    rows = (line.split() for line in listed.splitlines())
    return {int(pid) for pid, owner, state in rows if int(owner) == group and not state.startswith("Z")}


def test_two_runs_in_one_folder_do_not_meet(mesa: Path, tmp_path: Path) -> None:
    with working_in(tmp_path / "store"), pytest.raises(DataError, match="another sktools"):
        prepare(open_dataset("mesa", mesa), tmp_path / "store", 1)
    prepare(open_dataset("mesa", mesa), tmp_path / "store", 1)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 0.9999])
def test_a_cut_file_is_noticed(tmp_path: Path, share: float) -> None:
    path = feature_store.write_subject(tmp_path, INDEX, _features())
    truncate(path, share)
    with pytest.raises(DataError, match="damaged"):
        read_subject(tmp_path, INDEX, "s")


def test_a_flipped_byte_is_noticed_or_harmless(tmp_path: Path) -> None:
    path = feature_store.write_subject(tmp_path, INDEX, _features())
    whole, expected = path.read_bytes(), read_subject(tmp_path, INDEX, "s")
    generator = np.random.default_rng(1)
    noticed = 0
    for position in generator.integers(0, len(whole), 150):
        damaged = bytearray(whole)
        damaged[position] ^= 1 << int(generator.integers(8))
        path.write_bytes(damaged)
        try:
            found = read_subject(tmp_path, INDEX, "s")
        except DataError:
            noticed += 1
            continue
        assert np.array_equal(found.features, expected.features, equal_nan=True)
        assert np.array_equal(found.stages, expected.stages) and np.array_equal(found.mask, expected.mask)
    assert noticed > 20


def test_what_is_written_is_read(tmp_path: Path) -> None:
    written = _features()
    feature_store.write_subject(tmp_path, INDEX, written)
    found = read_subject(tmp_path, INDEX, "s")
    kept = written.mask
    assert np.array_equal(found.features[kept], written.features[kept], equal_nan=True)
    assert not found.features[~kept].any()
    assert np.array_equal(found.stages, written.stages) and np.array_equal(found.mask, written.mask)
    assert found.start == written.start and found.notes == written.notes


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    feature_store.write_subject(tmp_path, INDEX, _features())
    before = (tmp_path / "s.h5").read_bytes()

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        feature_store.write_subject(tmp_path, INDEX, replace(_features(), notes=("other",)))
    assert (tmp_path / "s.h5").read_bytes() == before and len(list(tmp_path.iterdir())) == 1


def test_stores_of_another_kind_are_refused(mesa: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    prepare(open_dataset("mesa", mesa), store, 1, subjects=["0001"])
    with pytest.raises(UsageError, match="store of data set 'mesa', not of 'sleep-accel'"):
        list(open_dataset("sleep-accel", store).recordings())
    with pytest.raises(UsageError, match="store of 'mesa'"):
        prepare(open_dataset("synthetic"), store, 1)
    with pytest.raises(UsageError, match="store already"):
        prepare(open_dataset("mesa", store), tmp_path / "other", 1)
    with pytest.raises(UsageError, match="holds the recordings"):
        prepare(open_dataset("mesa", mesa), mesa, 1)
    with pytest.raises(UsageError, match="not empty"):
        prepare(open_dataset("mesa", mesa), tmp_path, 1)
    with pytest.raises(UsageError, match="no subject '0009'; did you mean"):
        prepare(open_dataset("mesa", mesa), tmp_path / "x", 1, subjects=["0009"])
    with pytest.raises(UsageError, match="needs the folder"):
        prepare(open_dataset("mesa"), tmp_path / "x", 1)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"kind": "x"}', '{"kind": "sktools-feature-store", "schema_version": 9}']
)
def test_a_damaged_index_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "store.json").write_text(text)
    with pytest.raises(DataError, match=r"store\.json"):
        list(open_dataset("mesa", tmp_path).recordings())


def test_subjects_that_are_not_there_yet_are_told(mesa: Path, tmp_path: Path) -> None:
    prepare(open_dataset("mesa", mesa), tmp_path / "store", 1, subjects=["0002"])
    skipped: list[Skipped] = []
    assert [night.subject for night in open_dataset("mesa", tmp_path / "store").recordings(on_skip=skipped.append)] == [
        "0002"
    ]
    assert all("not prepared yet" in item.reason for item in skipped)


def test_subject_ids_stay_inside_the_folder(tmp_path: Path) -> None:
    for subject in ("../x", "a/b", "", ".hidden", "a\n", "x" * 200):
        with pytest.raises(DataError, match="cannot be a file name"):
            feature_store.subject_path(tmp_path, subject)


def test_a_library_that_trips_on_one_subject_does_not_end_the_others(
    mesa: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = prepare_module.find_feature_set("fs-w-pa-14")

    def tripping(recording: Recording) -> object:
        if recording.subject == "0002":
            raise IndexError("index 0 is out of bounds\nfor axis 0")
        return whole.extract(recording)

    monkeypatch.setattr(prepare_module, "find_feature_set", lambda name: replace(whole, extract=tripping))
    result = prepare(open_dataset("mesa", mesa), tmp_path / "store", 1)
    assert result.skipped["0002"] == "0002: IndexError: index 0 is out of bounds for axis 0"
    assert result.prepared == ("0001", "0003", "0005")


def test_none_usable_is_an_error(tmp_path: Path) -> None:
    write_subject(tmp_path / "source", "0001", epochs=2)
    truncate(edf_path(tmp_path / "source", "0001"))
    with pytest.raises(DataError, match="none of 1 subjects"):
        prepare(open_dataset("mesa", tmp_path / "source"), tmp_path / "store", 1)


def test_the_index_is_plain_json(mesa: Path, tmp_path: Path) -> None:
    prepare(open_dataset("mesa", mesa), tmp_path / "store", 1, subjects=["0001"])
    document = json.loads((tmp_path / "store" / "store.json").read_text())
    assert document["dataset"] == "mesa" and document["names"] == list(NAMES)


def test_a_model_of_another_feature_set_is_refused_a_store(mesa: Path, tmp_path: Path) -> None:
    from sktools import zoo
    from sktools.features.evaluation_set import evaluation_set

    prepare(open_dataset("mesa", mesa), tmp_path / "store", 1, subjects=["0001"])
    config = zoo.find_config("ss-4")[0]
    other = replace(config, features=replace(config.features, set="fs-hr-14"))
    with pytest.raises(DataError, match="features of another set, none of 'fs-hr-14'"):
        evaluation_set(other, open_dataset("mesa", tmp_path / "store"), subjects=["0001"])
