"""Files over HTTP: resumed where they stopped, checked by size and checksum, complete or not there."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import os
import socket
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sktools
from sktools.errors import DataError, MissingError, UsageError

CHUNK = 1 << 16
TIMEOUT_SECONDS = 30.0
"""Without any byte."""

START_SECONDS = 30.0
"""From the request to the end of the answer's headers, redirects included; then the least time that a body is given."""

SLOWEST_BYTES_PER_SECOND = 4096
"""A body that is slower on average, once START_SECONDS are over, is given up."""

MOST_REDIRECTS = 5
ATTEMPTS = 4
PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 10.0
LARGEST_DOCUMENT = 256 * 1024 * 1024
PARTIAL_END = ".part"
VERSION_END = ".part.version"
RETRIED = (408, 425, 429, 500, 502, 503, 504)


@dataclass(frozen=True)
class RemoteFile:
    """A file to fetch. path: relative, / between its parts. size: bytes, None where it is not known beforehand.
    checksum: (algorithm of hashlib, hex digest), None where the source tells none. secret: part of the URL that
    messages must not show. limit: bytes that the file may have at most, None for any number.
    """

    path: str
    url: str
    size: int | None = None
    checksum: tuple[str, str] | None = None
    secret: str = ""
    limit: int | None = None


@dataclass(frozen=True)
class Fetched:
    """size: bytes. sha256: hex digest of the whole file. resumed_from: bytes that an earlier run had fetched."""

    size: int
    sha256: str
    resumed_from: int = 0


class AccessError(MissingError):
    """The server answers, but not to this user."""


class _Cut(Exception):
    """The connection ended before the file did; another attempt goes on from there."""


def fetch(
    file: RemoteFile,
    target: Path,
    on_bytes: Callable[[int], None] | None = None,
    timeout: float = TIMEOUT_SECONDS,
) -> Fetched:
    """Fetches a file to `target`; what arrives stands in a .part file beside it, from which a later call goes on.

    on_bytes: called with the number of bytes so far. timeout: s without any byte.
    Raises AccessError (the user may not have it), MissingError (no connection, no such file, a server that is too
    slow), DataError (size or checksum do not fit twice over, more bytes than the limit), OSError (disk).
    """
    check_url(file.url)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(target.name + PARTIAL_END)
    before = partial.stat().st_size if partial.is_file() else 0
    restarted = False
    failure: MissingError | None = None
    for attempt in range(ATTEMPTS):
        if attempt and failure is not None:
            time.sleep(min(PAUSE_SECONDS * 2**attempt, LONGEST_PAUSE_SECONDS))
        try:
            _append(file, partial, on_bytes, timeout)
        except _Cut as error:
            failure = MissingError(
                f"{_shown(file)}: the connection ended early ({error})",
                "run the same command again; it goes on from there",
            )
            continue
        _version_file(partial).unlink(missing_ok=True)
        if target.suffix != ".html" and _is_page(partial):
            partial.unlink()
            raise AccessError(
                f"{_shown(file)}: the server sends a web page in place of the file", "is your access still valid?"
            )
        digests = _digests(partial, file.checksum)
        size = partial.stat().st_size
        if _fits(file, size, digests):
            partial.replace(target)
            return Fetched(size, digests["sha256"], before)
        partial.unlink()
        if restarted:
            raise DataError(
                f"{_shown(file)}: what arrives does not have the published size and checksum", "try again later"
            )
        # The first part may be of an older release; from the start it must fit.
        restarted, before = True, 0
    assert failure is not None
    raise failure


def fetch_json(url: str, secret: str = "", timeout: float = TIMEOUT_SECONDS) -> Any:
    """A JSON document. Raises AccessError, MissingError, DataError."""
    try:
        return json.loads(fetch_bytes(url, secret, timeout))
    except ValueError as error:
        raise DataError(f"{_shown(RemoteFile('', url, secret=secret))}: the answer is not JSON") from error


def fetch_bytes(url: str, secret: str = "", timeout: float = TIMEOUT_SECONDS) -> bytes:
    """A small document whole. Raises AccessError, MissingError, DataError."""
    file = RemoteFile("", url, secret=secret)
    check_url(url)
    try:
        with _open(file, {}, timeout) as answer:
            content = bytearray()
            for chunk in _chunks(file, answer):
                content += chunk
                if len(content) > LARGEST_DOCUMENT:
                    raise DataError(f"{_shown(file)}: the answer is larger than {LARGEST_DOCUMENT:,} bytes")
    except _Cut as error:
        raise MissingError(f"{_shown(file)}: the connection ended early", "run the same command again") from error
    return bytes(content)


def check_url(url: str) -> None:
    """Raises UsageError where a URL is not HTTP, or holds a user's name and password, which messages would show."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"{url}: only http and https are fetched from")
    if "@" in parts.netloc:
        raise UsageError(f"{parts.hostname}: an address with a user name or password is not taken")


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows few redirects, to HTTP only, and never from HTTPS to what anyone on the way can read and change."""

    max_redirections = MOST_REDIRECTS
    max_repeats = 2

    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        kinds = urllib.parse.urlsplit(req.full_url).scheme, urllib.parse.urlsplit(newurl).scheme
        if kinds[1] not in ("http", "https") or kinds == ("https", "http"):
            return None
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _append(file: RemoteFile, partial: Path, on_bytes: Callable[[int], None] | None, timeout: float) -> None:
    have = partial.stat().st_size if partial.is_file() else 0
    if file.size is not None and have > file.size:
        partial.unlink()
        have = 0
    if file.size is not None and have == file.size and have > 0:
        return
    headers = {"Range": f"bytes={have}-"} if have else {}
    version = _version_file(partial)
    if have and version.is_file():
        # A file that was published anew since then is sent whole.
        headers["If-Range"] = version.read_text(encoding="utf-8")
    try:
        answer = _open(file, headers, timeout)
    except urllib.error.HTTPError:
        # Only 416 comes through: the server has no byte past what is there already.
        return
    with answer:
        going_on = answer.status == 206 and _starts_at(answer.headers.get("Content-Range"), have)
        have = have if going_on else 0
        expected = answer.headers.get("Content-Length")
        if expected is not None and expected.isdecimal():
            length = have + int(expected)
        else:
            length = file.size if file.size is not None else -1
        if file.limit is not None and length > file.limit:
            raise _too_large(file, partial)
        if not going_on:
            _keep_version(answer.headers.get("ETag"), version)
        with partial.open("ab" if going_on else "wb") as out:
            for chunk in _chunks(file, answer):
                have += len(chunk)
                if file.limit is not None and have > file.limit:
                    raise _too_large(file, partial)
                out.write(chunk)
                if on_bytes is not None:
                    on_bytes(have)
            out.flush()
            os.fsync(out.fileno())
    if 0 <= length != have and have < length:
        raise _Cut(f"{have:,} of {length:,} bytes")


def _chunks(file: RemoteFile, answer: Any) -> Iterator[bytes]:
    """The body of an answer as it arrives. Raises MissingError if the server is too slow, _Cut if it ends early."""
    started, received = time.monotonic(), 0
    while True:
        try:
            chunk = answer.read1(CHUNK)
        except (http.client.HTTPException, TimeoutError, ConnectionError) as error:
            raise _Cut(type(error).__name__) from error
        if not chunk:
            return
        yield chunk
        received += len(chunk)
        if time.monotonic() - started > START_SECONDS + received / SLOWEST_BYTES_PER_SECOND:
            raise _too_slow(file)


class _Watch:
    """Ends the connections of one request when its time is over: a server that sends a byte now and then never stays
    silent for long enough to run into the socket's own timeout."""

    def __init__(self) -> None:
        self.is_over = False
        self._copies: list[socket.socket] = []

    def add(self, connection: socket.socket) -> None:
        # A copy of the descriptor outlives the wrapping for TLS, and shutting it down ends the connection itself.
        self._copies.append(connection.dup())

    def end(self) -> None:
        self.is_over = True
        for copy in self._copies:
            with contextlib.suppress(OSError):
                copy.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        for copy in self._copies:
            copy.close()


@contextlib.contextmanager
def _watching(seconds: float) -> Iterator[tuple[_Watch, tuple[urllib.request.BaseHandler, ...]]]:
    """A watch over the connections that the given handlers open, until the context ends or its time is over."""
    watch = _Watch()

    class Plain(http.client.HTTPConnection):
        def connect(self) -> None:
            super().connect()
            watch.add(self.sock)

    class Encrypted(http.client.HTTPSConnection):
        def connect(self) -> None:
            super().connect()
            watch.add(self.sock)

    class PlainHandler(urllib.request.HTTPHandler):
        def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
            return self.do_open(Plain, req)

    class EncryptedHandler(urllib.request.HTTPSHandler):
        def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
            return self.do_open(Encrypted, req)

    timer = threading.Timer(seconds, watch.end)
    timer.daemon = True
    timer.start()
    try:
        yield watch, (PlainHandler(), EncryptedHandler())
    finally:
        timer.cancel()
        watch.close()


def _open(file: RemoteFile, headers: Mapping[str, str], timeout: float) -> Any:
    """The open answer. Raises AccessError, MissingError, DataError, _Cut; HTTPError for 416 only."""
    with _watching(START_SECONDS) as (watch, handlers):
        try:
            answer = _answer(file, headers, timeout, handlers)
        except _Cut as error:
            if watch.is_over:
                raise _too_slow(file) from error
            raise
        if watch.is_over:  # headers that end with the connection look whole
            answer.close()
            raise _too_slow(file)
        return answer


def _answer(
    file: RemoteFile, headers: Mapping[str, str], timeout: float, handlers: tuple[urllib.request.BaseHandler, ...]
) -> Any:
    request = urllib.request.Request(
        file.url, headers={"User-Agent": f"sktools/{sktools.__version__}", "Accept-Encoding": "identity", **headers}
    )
    host = urllib.parse.urlsplit(file.url).netloc
    try:
        return urllib.request.build_opener(_Redirects, *handlers).open(request, timeout=timeout)
    except urllib.error.HTTPError as error:
        if error.code == 416:
            raise
        error.close()
        if 300 <= error.code < 400:
            raise DataError(
                f"{_shown(file)}: {host} sends on to another address too often, or to one that is not as safe"
            ) from None
        if error.code in (401, 403):
            raise AccessError(f"{_shown(file)}: {host} refuses access ({error.code})") from None
        if error.code in (404, 410):
            raise MissingError(f"{_shown(file)}: {host} has no such file ({error.code})") from None
        if error.code in RETRIED:
            raise _Cut(f"{host} answers {error.code}") from None
        raise MissingError(f"{_shown(file)}: {host} answers {error.code} {error.reason}") from None
    except TimeoutError as error:
        raise _Cut("no answer in time") from error
    except (ValueError, http.client.InvalidURL) as error:  # from a redirect's address
        raise DataError(f"{_shown(file)}: {host} sends on to an address that is not a valid one ({error})") from None
    except urllib.error.URLError as error:
        if isinstance(error.reason, TimeoutError | ConnectionResetError | http.client.HTTPException):
            raise _Cut("no answer in time") from error
        reason = getattr(error.reason, "strerror", None) or str(error.reason)
        if isinstance(error.reason, socket.gaierror):
            reason = "its name is not known here"
        raise MissingError(
            f"no connection to {host} ({reason})", "check the network (or HTTPS_PROXY) and run the same command again"
        ) from None
    except (http.client.HTTPException, ConnectionError) as error:
        raise _Cut(type(error).__name__) from error


def _version_file(partial: Path) -> Path:
    """Where the server's mark of the version that a .part file is of stands."""
    return partial.with_name(partial.name.removesuffix(PARTIAL_END) + VERSION_END)


def _keep_version(mark: str | None, version: Path) -> None:
    if mark is None or mark.startswith("W/") or "\n" in mark:
        version.unlink(missing_ok=True)
    else:
        version.write_text(mark, encoding="utf-8")


def _too_slow(file: RemoteFile) -> MissingError:
    host = urllib.parse.urlsplit(file.url).netloc
    return MissingError(
        f"{_shown(file)}: {host} is too slow: headers within {START_SECONDS:g} s and "
        f"{SLOWEST_BYTES_PER_SECOND:,} bytes per second are the least",
        "try again later; what has arrived is kept",
    )


def _too_large(file: RemoteFile, partial: Path) -> DataError:
    """The error, once what there was of the file is gone."""
    partial.unlink(missing_ok=True)
    _version_file(partial).unlink(missing_ok=True)
    return DataError(f"{_shown(file)}: is larger than {file.limit:,} bytes, the most that is taken")


def _starts_at(content_range: str | None, position: int) -> bool:
    """Whether 'bytes 100-199/200' goes on where the file stops."""
    if content_range is None or not content_range.startswith("bytes "):
        return False
    return content_range.removeprefix("bytes ").partition("-")[0] == str(position)


def _digests(path: Path, checksum: tuple[str, str] | None) -> dict[str, str]:
    names = {"sha256"} | ({checksum[0]} if checksum else set())
    # MD5 is what some sources publish; it tells damage, not intent.
    hashes = {name: hashlib.new(name, usedforsecurity=False) for name in names}
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            for running in hashes.values():
                running.update(chunk)
    return {name: running.hexdigest() for name, running in hashes.items()}


def _is_page(path: Path) -> bool:
    """Whether a file is HTML: what servers send to a user whom they want to log in first."""
    with path.open("rb") as content:
        return content.read(64).lstrip().lower().startswith((b"<!doctype html", b"<html"))


def _fits(file: RemoteFile, size: int, digests: Mapping[str, str]) -> bool:
    if file.size is not None and size != file.size:
        return False
    return file.checksum is None or digests[file.checksum[0]] == file.checksum[1].lower()


def _shown(file: RemoteFile) -> str:
    """How messages name a file: without the user's token."""
    name = file.path or file.url
    return name.replace(file.secret, "***") if file.secret else name
