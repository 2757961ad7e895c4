"""Files over HTTP: resumed, checked, complete or not there."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from sktools import transfer
from sktools.errors import DataError, MissingError, UsageError
from sktools.transfer import AccessError, RemoteFile, fetch, fetch_bytes, fetch_json
from tests.support.file_server import FileServer, file_server

CONTENT = bytes(range(256)) * 2000


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    monkeypatch.setattr(transfer, "PAUSE_SECONDS", 0.0)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with file_server() as running:
        running.files["/f"] = CONTENT
        yield running


def _file(server: FileServer, **given: object) -> RemoteFile:
    return RemoteFile("f", f"{server.url}/f", **given)  # type: ignore[arg-type]


def test_a_file_arrives_whole_and_leaves_no_part(server: FileServer, tmp_path: Path) -> None:
    seen: list[int] = []
    got = fetch(_file(server, size=len(CONTENT)), tmp_path / "a" / "f", seen.append)
    assert (tmp_path / "a" / "f").read_bytes() == CONTENT
    assert got.sha256 == hashlib.sha256(CONTENT).hexdigest() and got.size == len(CONTENT) and got.resumed_from == 0
    assert seen == sorted(seen) and seen[-1] == len(CONTENT)
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["f"]


def test_a_dropped_connection_is_gone_on_from(server: FileServer, tmp_path: Path) -> None:
    server.cut["/f"] = [1000, 70_000]
    fetch(_file(server), tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == CONTENT
    assert server.fetched("/f") == [None, "bytes=1000-", "bytes=71000-"]


def test_a_later_run_goes_on_where_the_first_stopped(server: FileServer, tmp_path: Path) -> None:
    server.cut["/f"] = [1000] * transfer.ATTEMPTS
    server.ranges = False
    with pytest.raises(MissingError, match="ended early") as failed:
        fetch(_file(server), tmp_path / "f")
    assert "again" in failed.value.hint and not (tmp_path / "f").exists()
    server.ranges = True
    got = fetch(_file(server), tmp_path / "f")
    assert got.resumed_from == 1000 and server.fetched("/f")[-1] == "bytes=1000-"
    assert (tmp_path / "f").read_bytes() == CONTENT


def test_a_server_without_ranges_sends_it_from_the_start(server: FileServer, tmp_path: Path) -> None:
    server.ranges = False
    (tmp_path / "f.part").write_bytes(CONTENT[:5000])
    fetch(_file(server), tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == CONTENT


def test_a_part_of_another_release_is_thrown_away(server: FileServer, tmp_path: Path) -> None:
    digest = hashlib.md5(CONTENT).hexdigest()
    for part in (b"x" * 5000, b"x" * len(CONTENT), b"x" * (len(CONTENT) + 7)):
        (tmp_path / "f.part").write_bytes(part)
        fetch(_file(server, size=len(CONTENT), checksum=("md5", digest)), tmp_path / "f")
        assert (tmp_path / "f").read_bytes() == CONTENT


def test_what_does_not_fit_is_not_kept(server: FileServer, tmp_path: Path) -> None:
    for given in ({"checksum": ("sha256", "0" * 64)}, {"size": 10}, {"size": len(CONTENT) + 1}):
        with pytest.raises((DataError, MissingError)):
            fetch(_file(server, **given), tmp_path / "f")
        assert not (tmp_path / "f").exists()
        (tmp_path / "f.part").unlink(missing_ok=True)


def test_a_web_page_in_place_of_a_file_is_no_access(server: FileServer, tmp_path: Path) -> None:
    server.files["/f"] = b"\n<!DOCTYPE html><html>log in</html>"
    with pytest.raises(AccessError, match="web page"):
        fetch(_file(server, checksum=("md5", "0" * 32)), tmp_path / "f")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("status", "kind"), [(401, AccessError), (403, AccessError), (404, MissingError), (418, MissingError)]
)
def test_refusals_are_final_and_show_no_token(
    server: FileServer, tmp_path: Path, status: int, kind: type[MissingError]
) -> None:
    server.files["/t0ken/f"] = CONTENT
    server.status["/t0ken/f"] = [status] * 9
    with pytest.raises(kind) as failed:
        fetch(RemoteFile("", f"{server.url}/t0ken/f", secret="t0ken"), tmp_path / "f")
    assert "t0ken" not in failed.value.message + failed.value.hint and str(status) in failed.value.message
    assert len(server.requests) == 1


def test_a_busy_server_is_asked_again(server: FileServer, tmp_path: Path) -> None:
    server.status["/f"] = [503, 429]
    fetch(_file(server), tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == CONTENT
    server.status["/f"] = [500] * 99
    with pytest.raises(MissingError, match="answers 500"):
        fetch(_file(server), tmp_path / "g")


def test_without_a_network_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "PAUSE_SECONDS", 0.0)
    with pytest.raises(MissingError, match=r"no connection to 127\.0\.0\.1:9 ") as failed:
        fetch(RemoteFile("f", "http://127.0.0.1:9/f"), tmp_path / "f")
    assert "network" in failed.value.hint
    with pytest.raises(UsageError, match="only http"):
        fetch(RemoteFile("f", "file:///etc/passwd"), tmp_path / "f")


def test_documents(server: FileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server.answers["/list"] = lambda query: [query]
    assert fetch_json(f"{server.url}/list?a=1") == [{"a": "1"}]
    with pytest.raises(DataError, match="not JSON"):
        fetch_json(f"{server.url}/f")
    monkeypatch.setattr(transfer, "LARGEST_DOCUMENT", 100)
    with pytest.raises(DataError, match="larger than"):
        fetch_bytes(f"{server.url}/f")
