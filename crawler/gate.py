"""One request in flight for each host, by whichever spider: the turnstile in front of the network.

Scrapy keeps delay and concurrency for each spider apart, so two spiders that meet on one host (a reading list and the
host's own source, or many that fall back to one web archive) would together ask it twice as often. Here every request
of the process waits for its host's turn, for the host's delay, and for the moment that the host itself has named
(Retry-After); a host that has stopped answering, or asks to be left alone, is not asked again in this run.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
)
from twisted.internet.error import ConnectError, ConnectionDone, ConnectionLost

from crawler.guard import Stopped, bare_host

if TYPE_CHECKING:
    from scrapy.http import Request, Response

# Different addresses in a row that brought no answer at all, or a server error, before a host is given up for the run.
MOST_SILENT = 5
MOST_ERRORS = 20
LONGEST_WAIT = "COMMDEX_LONGEST_WAIT"  # Scrapy setting: `crawl.longest_wait` of settings.yml
ASKED_LATER = "commdex_asked_later"  # request.meta: the seconds that a host asked to wait, which are too many
BUSY_STATUSES = (429, 503)
SILENCE = (
    CannotResolveHostError, DownloadConnectionRefusedError, DownloadFailedError, DownloadTimeoutError,
    ConnectError, ConnectionDone, ConnectionLost,
)  # fmt: skip


class HostClosed(IgnoreRequest):
    """The host is not asked any more in this run; the message says why."""


class HostUnresponsive(HostClosed):
    """So many of its addresses have failed in a row that the host itself has failed."""


class HostAsksToWait(HostClosed):
    """The host has asked to be left alone for longer than a run should wait."""


class HostGate:
    """The turnstile of one host. Times are seconds of the monotonic clock."""

    def __init__(self, host: str, stopping: asyncio.Event):
        self._host = host
        self._stopping = stopping
        self._turn = asyncio.Lock()
        self._last = float("-inf")
        self._not_before = float("-inf")
        self._floor = 0.0
        self._closed: HostClosed | None = None
        self._failed: dict[str, bool] = {}  # addresses that failed in a row; true where there was an answer

    @asynccontextmanager
    async def turn(self, delay: float) -> AsyncIterator[None]:
        """Wait for the host's turn, at least `delay` seconds after the last one ended, and hold it.

        Raises HostClosed, or Stopped when the run was stopped meanwhile.
        """
        async with self._turn:
            # Anew after each wait: while it lasts, another spider may read the host's Crawl-delay.
            while True:
                if self._closed is not None:
                    raise type(self._closed)(*self._closed.args)
                due = max(self._last + max(delay, self._floor), self._not_before) - time.monotonic()
                await self._wait(due)
                if due <= 0:
                    break
            try:
                yield
            finally:
                # From the end of one answer to the next request, so that the host too sees the whole gap in its log.
                self._last = time.monotonic()

    async def _wait(self, seconds: float) -> None:
        if not self._stopping.is_set() and seconds > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), seconds)
        if self._stopping.is_set():
            raise Stopped("the run was stopped")

    def at_least(self, delay: float) -> None:
        """Let `delay` seconds pass between any two requests, whoever asks: the Crawl-delay of the host's robots.txt."""
        self._floor = max(self._floor, delay)

    def wait(self, seconds: float) -> None:
        """Let nothing through for so long."""
        self._not_before = max(self._not_before, time.monotonic() + seconds)

    def close(self, seconds: float) -> None:
        """Let nothing through any more: the host has asked to be left alone for so long."""
        self._closed = HostAsksToWait(f"{self._host} asked to wait {seconds:.0f} s, so nothing else was asked of it")

    def answered(self, address: str, status: int) -> None:
        """An answer came; a server error or "too many requests" is counted, anything else ends the count."""
        if status < 500 and status != 429:
            self._failed.clear()
        else:
            self._count(address, answered=True)

    def failed(self, address: str) -> None:
        """No answer came."""
        self._count(address, answered=False)

    def _count(self, address: str, *, answered: bool) -> None:
        self._failed[address] = answered
        silent = sum(not had_answer for had_answer in self._failed.values())
        if silent >= MOST_SILENT or len(self._failed) >= MOST_ERRORS:
            count = len(self._failed)
            told = f"{count} addresses of {self._host} failed one after the other, so nothing else was asked of it"
            self._closed = HostUnresponsive(told)


class Gates:
    """The turnstiles of one run, by host."""

    def __init__(self) -> None:
        self._stopping = asyncio.Event()
        self._gates: dict[str, HostGate] = {}

    def of(self, host: str) -> HostGate:
        """The gate of a host; with and without "www." it is one host."""
        name = bare_host(host)
        if name not in self._gates:
            self._gates[name] = HostGate(name, self._stopping)
        return self._gates[name]

    @property
    def stopped(self) -> bool:
        """Whether the run is ending: nothing more should be asked."""
        return self._stopping.is_set()

    def stop(self) -> None:
        """Let all who wait go, with Stopped."""
        self._stopping.set()


_gates: Gates | None = None


def gates() -> Gates:
    """The gates of this process: one run a process, as Twisted's reactor runs once."""
    global _gates
    if _gates is None:
        _gates = Gates()
    return _gates


class GatedHandler(HTTP11DownloadHandler):
    """Scrapy's handler for http and https behind the gate of the request's host."""

    async def download_request(self, request: Request) -> Response:
        """Raises HostClosed, Stopped, OverLimit, and what Scrapy's handler raises."""
        key = str(request.meta["download_slot"])
        gate = gates().of(key)
        slot = self._crawler.engine.downloader.slots.get(key) if self._crawler.engine else None
        spider: Any = self._crawler.spider  # every spider here is a HarvestSpider
        async with gate.turn(max(slot.delay if slot else 0.0, spider.least_delay(key))):
            spider.before_asking(request)
            try:
                response = await super().download_request(request)
            except SILENCE:
                gate.failed(request.url)
                raise
            gate.answered(request.url, response.status)
            self._heed(gate, request, response)
            spider.fetched_bytes += len(response.body)
        return response

    def _heed(self, gate: HostGate, request: Request, response: Response) -> None:
        """Wait as a busy host asks (Retry-After, RFC 9110 section 10.2.3), or longer each time where it does not say.

        A host that asks for more than a run should wait is closed.
        """
        if response.status not in BUSY_STATUSES:
            return
        settings = self._crawler.settings
        asked = retry_after(response)
        if asked is None:
            gate.wait(settings.getfloat("DOWNLOAD_DELAY") * 2 ** (int(request.meta.get("retry_times", 0)) + 1))
        elif asked <= settings.getfloat(LONGEST_WAIT):
            gate.wait(asked)
        else:
            gate.close(asked)
            request.meta[ASKED_LATER] = asked


def retry_after(response: Response) -> float | None:
    """Seconds that a Retry-After header asks for (a number or an HTTP date), None where it says nothing."""
    value = (response.headers.get("Retry-After") or b"").decode("latin-1").strip()
    if value.isdecimal():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return None
