"""A local HTTP server that serves files with byte ranges and fails as told: nothing is ever fetched from outside."""

from __future__ import annotations

import json
import threading
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class FileServer:
    """files: path -> content. answers: path -> JSON of the query. status: path -> list of statuses to answer first.

    cut: path -> list of byte counts after which the connection is dropped, one a request. ranges: whether byte ranges
    are honoured. moved: path -> address that a request is sent on to. marks: path -> ETag; with one, If-Range is
    honoured. lengths: whether answers tell their length. requests: (path, Range header) in order.
    """

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    answers: dict[str, Callable[[dict[str, str]], object]] = field(default_factory=dict)
    status: dict[str, list[int]] = field(default_factory=dict)
    cut: dict[str, list[int]] = field(default_factory=dict)
    ranges: bool = True
    moved: dict[str, str] = field(default_factory=dict)
    marks: dict[str, str] = field(default_factory=dict)
    lengths: bool = True
    requests: list[tuple[str, str | None]] = field(default_factory=list)

    def fetched(self, path: str) -> list[str | None]:
        """Range headers of the requests for a path."""
        return [asked for requested, asked in self.requests if requested == path]


@contextmanager
def file_server() -> Iterator[FileServer]:
    """A server on a free port of this machine."""
    state = FileServer()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            return

        def do_GET(self) -> None:
            parts = urllib.parse.urlsplit(self.path)
            path = urllib.parse.unquote(parts.path)
            state.requests.append((path, self.headers.get("Range")))
            if state.status.get(path):
                self.send_error(state.status[path].pop(0))
                return
            if path in state.moved:
                self._send(302, b"", {"Location": state.moved[path]})
                return
            if path in state.answers:
                self._send(200, json.dumps(state.answers[path](dict(urllib.parse.parse_qsl(parts.query)))).encode(), {})
                return
            if path not in state.files:
                self.send_error(404)
                return
            content, asked = state.files[path], self.headers.get("Range")
            mark = {"ETag": state.marks[path]} if path in state.marks else {}
            known = self.headers.get("If-Range")
            if not (asked and state.ranges) or (known is not None and known != mark.get("ETag")):
                self._send(200, content, mark, path)
                return
            first = int(asked.removeprefix("bytes=").rstrip("-"))
            if first >= len(content):
                self.send_error(416)
                return
            self._send(
                206, content[first:], {"Content-Range": f"bytes {first}-{len(content) - 1}/{len(content)}"}, path
            )

        def _send(self, status: int, content: bytes, headers: dict[str, str], path: str = "") -> None:
            self.send_response(status)
            length = {"Content-Length": str(len(content))} if state.lengths else {}
            for name, value in {**headers, **length}.items():
                self.send_header(name, value)
            self.end_headers()
            if state.cut.get(path):
                self.wfile.write(content[: state.cut[path].pop(0)])
                self.wfile.flush()
                self.close_connection = True
                return
            self.wfile.write(content)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
