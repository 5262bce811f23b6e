"""A small scriptable HTTP server on 127.0.0.1, for tests that need real HTTP.

    with Loopback({"/robots.txt": Answer(b"User-agent: *\\nDisallow:"), "/a": Answer(b"words", delay=0.2)}) as web:
        fetch(web.url("/a"))
        assert [asked.path for asked in web.requests] == ["/robots.txt", "/a"]

`LocalServer` underneath also carries the sample web (tests/sample_web), so conditional GET stands in one place.
"""

from __future__ import annotations

import email.utils
import hashlib
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Answer:
    """What the server answers to one request.

    `delay` waits that many seconds first; `close` ends the connection without a word; `truncate` sends only so many
    bytes of the body, although Content-Length promises all. A 200 gets a strong ETag made from its bytes, and answers
    304 to a request that names it, unless `validators` is false. `Last-Modified` among `headers` is honoured too.
    """

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    close: bool = False
    truncate: int | None = None
    validators: bool = True


@dataclass(frozen=True)
class Asked:
    """One request as it came in. Header names are in lower case; a header given twice keeps its last value."""

    at: float
    method: str
    url: str
    headers: Mapping[str, str]

    @property
    def conditional(self) -> bool:
        return "if-none-match" in self.headers or "if-modified-since" in self.headers


@dataclass(frozen=True)
class Request:
    """A line of the request log. `at` is seconds since the epoch; `status` is 0 where the connection was closed.

    `bytes` counts the body that is sent; `url` is as the client wrote it, absolute when it spoke to a proxy.
    """

    at: float
    method: str
    host: str
    path: str
    url: str
    status: int
    bytes: int
    conditional: bool
    agent: str
    headers: Mapping[str, str]


class LocalServer:
    """A threaded HTTP server on loopback whose answers `respond` gives. A context manager; a `port` of 0 picks one."""

    def __init__(self, port: int = 0) -> None:
        self._server = _Server(self, port)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._log: list[Request] = []
        self._lock = threading.Lock()
        self.stopping = threading.Event()

    def respond(self, asked: Asked) -> Answer:
        """The answer to one request; called from many threads."""
        raise NotImplementedError

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def requests(self) -> list[Request]:
        """Every request so far, in order of arrival."""
        with self._lock:
            return list(self._log)

    def clear(self) -> None:
        """Forget the requests so far."""
        with self._lock:
            self._log.clear()

    def record(self, request: Request) -> None:
        with self._lock:
            self._log.append(request)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Loopback(LocalServer):
    """A server whose answers are scripted by path.

    A path may be given with its query; without one it answers for every query. A list of answers is given out one
    after the other, and the last one stays. A path that is not scripted answers 404.
    """

    def __init__(self, answers: Mapping[str, Answer | Sequence[Answer]], port: int = 0) -> None:
        super().__init__(port)
        self._answers: dict[str, list[Answer]] = {}
        self._answers_lock = threading.Lock()
        self._otherwise = Answer(b"no such resource\n", 404, {"Content-Type": "text/plain"})
        for path, answer in answers.items():
            self.set(path, answer)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def set(self, path: str, answer: Answer | Sequence[Answer]) -> None:
        """Answer `path` differently from now on."""
        with self._answers_lock:
            self._answers[path] = [answer] if isinstance(answer, Answer) else list(answer)

    def otherwise(self, answer: Answer) -> None:
        """Answer every path that is not scripted like this from now on, instead of with 404."""
        with self._answers_lock:
            self._otherwise = answer

    def respond(self, asked: Asked) -> Answer:
        parts = urlsplit(asked.url)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        with self._answers_lock:
            queue = self._answers.get(path) or self._answers.get(parts.path)
            if not queue:
                return self._otherwise
            return queue.pop(0) if len(queue) > 1 else queue[0]


def entity_tag(body: bytes) -> str:
    """The strong ETag of a body."""
    return f'"{hashlib.sha256(body).hexdigest()[:16]}"'


def is_unchanged(answer: Answer, headers: Mapping[str, str]) -> bool:
    """Whether a request with these headers already has what `answer` would send. If-None-Match goes before a date."""
    if answer.status != 200 or not answer.validators:
        return False
    if asked := headers.get("if-none-match"):
        tags = {tag.strip().removeprefix("W/") for tag in asked.split(",")}
        return "*" in tags or _tag_of(answer) in tags
    since, last = headers.get("if-modified-since"), answer.headers.get("Last-Modified")
    if not since or not last:
        return False
    try:
        return email.utils.parsedate_to_datetime(last) <= email.utils.parsedate_to_datetime(since)
    except (TypeError, ValueError):  # a date that cannot be read is ignored, as RFC 9110 asks
        return False


def _tag_of(answer: Answer) -> str:
    return answer.headers.get("ETag") or entity_tag(answer.body)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, owner: LocalServer, port: int) -> None:
        self.owner = owner
        super().__init__(("127.0.0.1", port), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing about a client that hung up; anything else is a defect of the test and is shown."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body leave in one piece
    server: _Server

    def do_GET(self) -> None:
        asked = self._asked()
        self._send(asked, self.server.owner.respond(asked))

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        self._send(self._asked(), Answer(b"GET and HEAD only\n", 405, {"Allow": "GET, HEAD", "Connection": "close"}))
        self.close_connection = True

    do_CONNECT = do_PUT = do_DELETE = do_POST

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on the terminal: the request log is `LocalServer.requests`."""

    def _asked(self) -> Asked:
        headers = {name.lower(): value for name, value in self.headers.items()}
        return Asked(time.time(), self.command, self.path, headers)

    def _send(self, asked: Asked, answer: Answer) -> None:
        unchanged = is_unchanged(answer, asked.headers)
        status = 0 if answer.close else 304 if unchanged else answer.status
        body = b"" if unchanged or answer.close or asked.method == "HEAD" else answer.body[: answer.truncate]
        self.server.owner.record(_logged(asked, status, len(body)))
        if answer.delay:
            self.server.owner.stopping.wait(answer.delay)
        if answer.close:
            self.close_connection = True
            return
        try:
            self._write(answer, status, body)
        except ConnectionError:  # the client went away, which is its right
            self.close_connection = True

    def _write(self, answer: Answer, status: int, body: bytes) -> None:
        self.send_response(status)
        headers = dict(answer.headers)
        if answer.status == 200 and answer.validators:
            headers["ETag"] = _tag_of(answer)
        if status == 304:
            headers.pop("Content-Type", None)
        else:
            headers["Content-Length"] = str(len(answer.body))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()
        if answer.truncate is not None:
            self.close_connection = True


def _logged(asked: Asked, status: int, sent: int) -> Request:
    parts = urlsplit(asked.url)
    return Request(
        at=asked.at,
        method=asked.method,
        host=(parts.hostname or asked.headers.get("host", "").split(":")[0]).lower(),
        path=parts.path or "/",
        url=asked.url,
        status=status,
        bytes=sent,
        conditional=asked.conditional,
        agent=asked.headers.get("user-agent", ""),
        headers=asked.headers,
    )
