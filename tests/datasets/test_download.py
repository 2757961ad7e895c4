"""Downloads against servers of this machine that stand in for NSRR and PhysioNet."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from sktools import transfer
from sktools.cli import main
from sktools.datasets.download import SOURCES, DownloadProgress, download, read_record
from sktools.datasets.registry import open_dataset
from sktools.errors import EXIT_MISSING, EXIT_USAGE, DataError, UsageError
from sktools.transfer import AccessError
from tests.support import bidsleep_files, mesa_files, sleep_accel_files
from tests.support.file_server import FileServer, file_server

TOKEN = "31-secretTOKEN"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    monkeypatch.setattr(transfer, "PAUSE_SECONDS", 0.0)
    monkeypatch.delenv("NSRR_TOKEN", raising=False)
    with file_server() as running:
        yield running


def _nsrr(server: FileServer, source: Path) -> None:
    """Serves a MESA folder as NSRR does: profile, listing by folder, files behind the token."""
    files = [path for path in source.rglob("*") if path.is_file()]
    for path in files:
        relative = path.relative_to(source).as_posix()
        server.files[f"/datasets/mesa/files/a/{TOKEN}/m/sktools/{relative}"] = path.read_bytes()

    def listing(query: dict[str, str]) -> list[dict[str, object]]:
        if query.get("auth_token") != TOKEN:
            return []
        inside = [path for path in files if path.parent == source / query["path"]]
        entries: list[dict[str, object]] = [
            {
                "file_name": path.name,
                "full_path": path.relative_to(source).as_posix(),
                "is_file": True,
                "file_size": path.stat().st_size,
                "file_checksum_md5": hashlib.md5(path.read_bytes()).hexdigest(),
            }
            for path in inside
        ]
        return [*entries, {"file_name": "thumbnails", "is_file": False}, {"file_name": "README.md", "is_file": True}]

    server.answers["/api/v1/account/profile.json"] = lambda query: {"authenticated": query.get("auth_token") == TOKEN}
    server.answers["/api/v1/datasets/mesa/files.json"] = listing


def _physionet(server: FileServer, source: Path) -> None:
    lines = []
    for path in sorted(entry for entry in source.rglob("*") if entry.is_file()):
        relative = path.relative_to(source).as_posix()
        server.files[f"/{relative}"] = path.read_bytes()
        lines.append(f"{hashlib.sha256(path.read_bytes()).hexdigest()} {relative}")
    server.files["/SHA256SUMS.txt"] = ("\n".join(lines) + "\n").encode()


def test_mesa_arrives_readable_with_sizes_and_checksums(server: FileServer, tmp_path: Path) -> None:
    for number in (1, 2):
        mesa_files.write_subject(tmp_path / "source", f"000{number}", epochs=2, seed=number)
    _nsrr(server, tmp_path / "source")
    steps: list[DownloadProgress] = []
    result = download("mesa", tmp_path / "out", TOKEN, base_url=server.url, progress=steps.append)
    assert len(result.fetched) == 4 and not result.kept
    assert [night.subject for night in open_dataset("mesa", tmp_path / "out").recordings()] == ["0001", "0002"]
    record = read_record(tmp_path / "out")
    for path in result.fetched:
        content = (tmp_path / "source" / path).read_bytes()
        assert (tmp_path / "out" / path).read_bytes() == content
        assert record[path]["size"] == len(content)
        assert record[path]["sha256"] == hashlib.sha256(content).hexdigest()
    assert steps[-1].files_done == steps[-1].files == 4
    assert TOKEN not in (tmp_path / "out" / "downloads.jsonl").read_text()


def test_a_second_run_fetches_only_what_is_missing(server: FileServer, tmp_path: Path) -> None:
    for number in (1, 2):
        mesa_files.write_subject(tmp_path / "source", f"000{number}", epochs=2, seed=number)
    _nsrr(server, tmp_path / "source")
    first = download("mesa", tmp_path / "out", TOKEN, subjects=["0002"], base_url=server.url)
    assert [Path(path).name for path in first.fetched] == ["mesa-sleep-0002-nsrr.xml", "mesa-sleep-0002.edf"]
    mesa_files.truncate(mesa_files.edf_path(tmp_path / "out", "0002"))
    with (tmp_path / "out" / "downloads.jsonl").open("a") as record:
        record.write('{"path": "cut by a crash')
    second = download("mesa", tmp_path / "out", TOKEN, base_url=server.url)
    assert [Path(path).name for path in second.kept] == ["mesa-sleep-0002-nsrr.xml"] and len(second.fetched) == 3
    third = download("mesa", tmp_path / "out", TOKEN, base_url=server.url)
    assert len(third.kept) == 4 and not third.fetched and third.bytes == 0


def test_an_interrupted_file_goes_on_in_the_middle(server: FileServer, tmp_path: Path) -> None:
    mesa_files.write_subject(tmp_path / "source", "0001", epochs=20)
    _nsrr(server, tmp_path / "source")
    path = f"/datasets/mesa/files/a/{TOKEN}/m/sktools/polysomnography/edfs/mesa-sleep-0001.edf"
    server.cut[path] = [100_000]
    result = download("mesa", tmp_path / "out", TOKEN, base_url=server.url)
    assert server.fetched(path) == [None, "bytes=100000-"]
    assert len(result.fetched) == 2 and len(list(open_dataset("mesa", tmp_path / "out").recordings())) == 1


def test_a_wrong_token_and_no_access_are_told_apart(server: FileServer, tmp_path: Path) -> None:
    mesa_files.write_subject(tmp_path / "source", "0001", epochs=2)
    _nsrr(server, tmp_path / "source")
    with pytest.raises(AccessError, match="does not know this token") as failed:
        download("mesa", tmp_path / "out", "wrongTOKEN", base_url=server.url)
    assert "wrongTOKEN" not in failed.value.message + failed.value.hint
    server.answers["/api/v1/datasets/mesa/files.json"] = lambda query: []
    with pytest.raises(AccessError, match="no access to 'mesa'"):
        download("mesa", tmp_path / "out", TOKEN, base_url=server.url)
    with pytest.raises(UsageError, match="needs a token"):
        download("mesa", tmp_path / "out", base_url=server.url)
    assert not (tmp_path / "out").exists()


def test_names_from_the_server_stay_inside_the_folder(server: FileServer, tmp_path: Path) -> None:
    server.answers["/api/v1/account/profile.json"] = lambda query: {"authenticated": True}
    hostile = ["../../mesa-sleep-0001.edf", "mesa-sleep-0001.edf/../../x", "/etc/mesa-sleep-0001.edf", "..", ""]
    server.answers["/api/v1/datasets/mesa/files.json"] = lambda query: [
        {"file_name": name, "is_file": True, "file_size": 1} for name in [*hostile, "harmless.txt"]
    ]
    with pytest.raises(UsageError, match="none of the subjects"):
        download("mesa", tmp_path / "out", TOKEN, base_url=server.url)
    server.answers["/api/v1/datasets/mesa/files.json"] = lambda query: {"error": "x"}
    with pytest.raises(AccessError):
        download("mesa", tmp_path / "out", TOKEN, base_url=server.url)


def test_sleep_accel_arrives_with_its_motion(server: FileServer, tmp_path: Path) -> None:
    for subject in ("11", "12"):
        sleep_accel_files.write_subject(tmp_path / "source", subject, [0, 2, 3], motion_rate=20)
    (tmp_path / "source" / "LICENSE.txt").write_text("ODC-By")
    (tmp_path / "source" / "steps").mkdir()
    (tmp_path / "source" / "steps" / "11_steps.txt").write_text("0,1")
    _physionet(server, tmp_path / "source")
    result = download("sleep-accel", tmp_path / "out", base_url=server.url)
    assert (
        result.fetched[0] == "LICENSE.txt" and len(result.fetched) == 7 and "steps/11_steps.txt" not in result.fetched
    )
    nights = list(open_dataset("sleep-accel", tmp_path / "out").recordings())
    assert [night.subject for night in nights] == ["11", "12"] and "acceleration" in nights[0].signals
    again = download("sleep-accel", tmp_path / "out", base_url=server.url, subjects=["12"])
    assert not again.fetched and len(again.kept) == 4


def test_bidsleep_comes_by_person_and_by_night(server: FileServer, tmp_path: Path) -> None:
    for person, night in (("Bidslab00", 1), ("Bidslab00", 2), ("Bidslab07", 1)):
        bidsleep_files.write_night(tmp_path / "source", person, night, "2024-01-15T23:10:00", [0, 2, 3])
    _physionet(server, tmp_path / "source")
    first = download("bidsleep", tmp_path / "out", base_url=server.url, subjects=["Bidslab00@2"])
    assert [path.rpartition("/")[2] for path in first.fetched] == ["labels.mat", "hr.csv", "motion.csv"]
    more = download("bidsleep", tmp_path / "out", base_url=server.url, subjects=["Bidslab00"])
    assert len(more.fetched) == 3 and len(more.kept) == 3
    nights = list(open_dataset("bidsleep", tmp_path / "out").recordings())
    assert [night.subject for night in nights] == ["Bidslab00@1", "Bidslab00@2"]


def test_damage_on_the_way_is_not_kept(server: FileServer, tmp_path: Path) -> None:
    sleep_accel_files.write_subject(tmp_path / "source", "11", [0, 2, 3])
    _physionet(server, tmp_path / "source")
    server.files["/heart_rate/11_heartrate.txt"] = b"0,60\n"
    with pytest.raises(DataError, match="published size and checksum"):
        download("sleep-accel", tmp_path / "out", base_url=server.url)
    assert not (tmp_path / "out" / "heart_rate" / "11_heartrate.txt").exists()
    assert list(read_record(tmp_path / "out")) == ["labels/11_labeled_sleep.txt"]
    server.files["/SHA256SUMS.txt"] = b"no sums here\n"
    with pytest.raises(DataError, match="lists no file"):
        download("sleep-accel", tmp_path / "out", base_url=server.url)


def test_the_command(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    mesa_files.write_subject(tmp_path / "source", "0001", epochs=2)
    _nsrr(server, tmp_path / "source")
    monkeypatch.chdir(tmp_path)
    assert main.run(["data", "download", "mesa", "--base-url", server.url]) == EXIT_USAGE
    monkeypatch.setenv("NSRR_TOKEN", TOKEN)
    assert main.run(["data", "download", "mesa", "--base-url", server.url, "--json"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["folder"] == "data/mesa" and TOKEN not in captured.out + captured.err
    assert main.run(["data", "download", "mesa", "--base-url", "http://127.0.0.1:9"]) == EXIT_MISSING
    assert TOKEN not in capsys.readouterr().err
    assert main.run(["data", "download", "messa"]) == EXIT_USAGE
    assert "did you mean 'mesa'" in capsys.readouterr().err


def test_sources_are_data_sets_and_encrypted() -> None:
    from sktools.datasets.registry import readers

    assert set(SOURCES) <= set(readers())
    assert all(source.base_url.startswith("https://") for source in SOURCES.values())
