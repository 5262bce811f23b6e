"""The sample web behind an HTTP proxy on loopback: a client with http_proxy set to it sees many hosts."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, replace
from email.utils import formatdate
from typing import Any
from urllib.parse import urlsplit

from tests.loopback import Answer, Asked, LocalServer
from tests.sample_web.build import built
from tests.sample_web.web import Expected, Truth, Web, normal

HELP = b"This is a proxy for the hosts of the sample web. Set http_proxy to this address and ask for one of them.\n"


@dataclass
class Fault:
    """What goes wrong with the addresses that `pattern` finds; `left` bounds how often, None is for ever."""

    pattern: re.Pattern[str]
    changes: dict[str, Any]
    left: int | None


class SampleWeb(LocalServer):
    """The proxy as a context manager. `requests` is the log of what was asked; see tests.loopback.Request.

    Conditional GET is honoured (ETag on each 200 but those of APIs, Last-Modified on files); hosts that the web does
    not know answer 502, paths that a host lacks 404, methods other than GET and HEAD 405.
    """

    def __init__(self, web: Web | None = None, port: int = 0) -> None:
        super().__init__(port)
        table = web or built()
        # Changes stay with this server: the table that was built is shared.
        self._web = replace(table, pages=dict(table.pages), hosts=set(table.hosts))
        self._first = {url: list(answers) for url, answers in table.first.items()}
        self._first_lock = threading.Lock()
        self._faults: list[Fault] = []
        self._faults_lock = threading.Lock()

    @property
    def proxy(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """Variables that send a client's requests here."""
        return {"http_proxy": self.proxy, "https_proxy": self.proxy, "no_proxy": ""}

    @property
    def hosts(self) -> set[str]:
        """Hosts that answer."""
        return set(self._web.hosts)

    def truth(self) -> list[Truth]:
        """Every document that a good harvest brings. Changes and removals are not followed."""
        return list(self._web.truth)

    def expected(self) -> list[Expected]:
        """How every address that is no document must end."""
        return list(self._web.expected)

    def change(self, url: str, body: bytes) -> None:
        """Answer `url` with another body from now on, last modified now."""
        old = self._web.find(url)
        headers = dict(old.headers) if old.status == 200 else {}
        if "Last-Modified" in headers:
            headers["Last-Modified"] = formatdate(usegmt=True)
        self._web.answer(url, Answer(body, headers=headers))

    def remove(self, url: str) -> None:
        """Answer 404 for `url` from now on."""
        self._web.answer(url, Answer(b"Not Found\n", 404, {"Content-Type": "text/plain"}))

    def fault(
        self,
        url_regex: str,
        *,
        status: int | None = None,
        hang: float | None = None,
        truncate: float | None = None,
        close: bool = False,
        redirect: str | None = None,
        times: int | None = None,
    ) -> None:
        """Let addresses that `url_regex` finds fail in one way, `times` times or for ever.

        `status` answers that status (with Retry-After: 1 where it is 429 or 503), `hang` waits that many seconds before
        the right answer, `truncate` sends that share (0 to 1) of the body and hangs up, `close` hangs up at once,
        `redirect` leads to another address.
        """
        changes = {"status": status, "hang": hang, "truncate": truncate, "close": close or None, "redirect": redirect}
        given = {name: value for name, value in changes.items() if value is not None}
        if len(given) != 1:
            raise ValueError(f"a fault is one of status, hang, truncate, close and redirect, not {sorted(given)}")
        with self._faults_lock:
            self._faults.append(Fault(re.compile(url_regex), given, times))

    def mend(self) -> None:
        """Forget all faults."""
        with self._faults_lock:
            self._faults.clear()

    def respond(self, asked: Asked) -> Answer:
        if not urlsplit(asked.url).hostname:
            return Answer(HELP, 400, {"Content-Type": "text/plain"})
        answer = self._first_of(normal(asked.url)) or self._web.find(asked.url)
        changes = self._fault_of(asked.url)
        return _spoiled(answer, changes) if changes else answer

    def _first_of(self, url: str) -> Answer | None:
        with self._first_lock:
            waiting = self._first.get(url)
            return waiting.pop(0) if waiting else None

    def _fault_of(self, url: str) -> dict[str, Any] | None:
        with self._faults_lock:
            for fault in self._faults:
                if fault.left != 0 and fault.pattern.search(url):
                    if fault.left is not None:
                        fault.left -= 1
                    return fault.changes
        return None


def _spoiled(answer: Answer, changes: dict[str, Any]) -> Answer:
    if "status" in changes:
        headers = {"Content-Type": "text/plain"}
        if changes["status"] in (429, 503):
            headers["Retry-After"] = "1"
        return Answer(b"a fault of the sample web\n", changes["status"], headers, validators=False)
    if "redirect" in changes:
        return Answer(status=302, headers={"Location": changes["redirect"]})
    if "truncate" in changes:
        return replace(answer, truncate=int(len(answer.body) * changes["truncate"]))
    if "hang" in changes:
        return replace(answer, delay=changes["hang"])
    return replace(answer, close=True)
