"""Files over HTTP: resumed, checked, complete or not there."""

from __future__ import annotations

import contextlib
import hashlib
import socket
import threading
import time
import urllib.request
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


def test_a_file_that_was_published_anew_is_not_joined_to_the_old_part(server: FileServer, tmp_path: Path) -> None:
    server.marks["/f"] = '"one"'
    server.cut["/f"] = [1000] * transfer.ATTEMPTS
    server.ranges = False
    with pytest.raises(MissingError, match="ended early"):
        fetch(_file(server), tmp_path / "f")
    server.ranges = True
    server.files["/f"], server.marks["/f"] = CONTENT[::-1], '"two"'
    fetch(_file(server), tmp_path / "f")
    assert server.fetched("/f")[-1] == "bytes=1000-"
    assert (tmp_path / "f").read_bytes() == CONTENT[::-1]
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


def test_a_file_of_the_same_version_is_gone_on_from(server: FileServer, tmp_path: Path) -> None:
    server.marks["/f"] = '"one"'
    server.cut["/f"] = [1000]
    fetch(_file(server), tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == CONTENT
    assert server.fetched("/f") == [None, "bytes=1000-"]


@pytest.mark.parametrize("lengths", [True, False])
def test_no_more_than_the_limit_is_taken(server: FileServer, tmp_path: Path, lengths: bool) -> None:
    server.lengths = lengths
    with pytest.raises(DataError, match="is larger than 511,999 bytes"):
        fetch(_file(server, limit=len(CONTENT) - 1), tmp_path / "f")
    assert list(tmp_path.iterdir()) == []
    fetch(_file(server, limit=len(CONTENT)), tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == CONTENT


def test_redirects_are_followed_a_few_times(server: FileServer, tmp_path: Path) -> None:
    server.moved["/old"] = f"{server.url}/f"
    fetch(RemoteFile("f", f"{server.url}/old"), tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == CONTENT
    for step in range(transfer.MOST_REDIRECTS + 1):
        server.moved[f"/{step}"] = f"{server.url}/{step + 1}"
    server.moved["/circle"] = f"{server.url}/circle"
    for start in ("/0", "/circle"):
        server.requests.clear()
        with pytest.raises(DataError, match="too often"):
            fetch(RemoteFile("f", server.url + start), tmp_path / "g")
        assert len(server.requests) <= transfer.MOST_REDIRECTS + 1


@pytest.mark.parametrize("target", ["file:///etc/hostname", "ftp://localhost/f"])
def test_a_redirect_to_another_kind_of_address_is_refused(server: FileServer, tmp_path: Path, target: str) -> None:
    server.moved["/old"] = target
    with pytest.raises(DataError, match="not as safe"):
        fetch(RemoteFile("f", f"{server.url}/old"), tmp_path / "f")
    assert list(tmp_path.iterdir()) == []


def test_a_redirect_from_tls_to_plain_http_is_refused() -> None:
    asked = urllib.request.Request("https://a.example/f")
    follow = transfer._Redirects().redirect_request
    assert follow(asked, None, 302, "", {}, "http://a.example/f") is None
    assert follow(asked, None, 302, "", {}, "https://b.example/f") is not None


def _trickle(kind: str) -> str:
    """The URL of a server that is never silent for long, and never done."""

    def serve(connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            connection.recv(4096)
            opening, drop = {
                "body": (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b" "),
                "header": (b"HTTP/1.1 200 OK\r\nX: ", b"a"),
                "continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
            }[kind]
            connection.sendall(opening)
            while True:
                connection.sendall(drop)
                time.sleep(0.02)

    def accept() -> None:
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=accept, daemon=True).start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}/f"


@pytest.mark.parametrize("kind", ["body", "header", "continue"])
def test_a_server_that_sends_a_little_for_ever_is_given_up(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(transfer, "START_SECONDS", 0.3)
    url = _trickle(kind)
    with pytest.raises(MissingError, match="too slow"):
        fetch(RemoteFile("f", url), tmp_path / "f")
    with pytest.raises(MissingError, match="too slow"):
        fetch_bytes(url)


@pytest.mark.parametrize("address", ["http://[::1", "http://exa mple/", "http://127.0.0.1:port/"])
def test_a_redirect_to_what_is_not_an_address_is_named(server: FileServer, tmp_path: Path, address: str) -> None:
    server.moved["/f"] = address
    with pytest.raises((DataError, MissingError)) as failed:
        fetch(_file(server), tmp_path / "f")
    assert server.url.removeprefix("http://") in failed.value.message
