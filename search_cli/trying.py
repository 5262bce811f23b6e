"""Trying an address, as the commands that do so show it: what is asked, how long it takes, what came."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit

from rich.console import Console

from config.home import Home
from config.model import Settings, Source
from crawler.archive import Fetch
from crawler.check import CheckFailed, check
from crawler.guard import bare_host
from crawler.probe import MOST_REQUESTS, Report
from search_cli.exit_codes import ExitCode, Failure
from search_cli.lock import held
from search_cli.screen import safe, say
from search_cli.trouble import explained


def try_address(
    home: Home, settings: Settings, catalogue: Mapping[str, Source], source: Source, console: Console, own: str = ""
) -> Report:
    """Try the first start address of `source`, showing progress on `console` (standard error).

    `own` names a mechanism to try in any case. Raises Failure, ConfigError.
    """
    address = source.start[0]
    delay = settings.crawl.delay if source.delay is None else source.delay
    took = f"{delay:g} s between two of them" if delay else "no delay between them"
    say(console, f"Trying {address}: at most {MOST_REQUESTS} requests, {took}.")
    with alone_at(home, catalogue, address, "sources check"), _counting(console) as seen, explained(home):
        try:
            return check(home, settings, source, own=own, on_fetch=seen)
        except CheckFailed as error:
            raise Failure(str(error), ExitCode.HOME) from error


@contextmanager
def alone_at(home: Home, catalogue: Mapping[str, Source], address: str, purpose: str) -> Iterator[None]:
    """Hold the home's lock where the host belongs to a listed source: a crawl of it may be under way.

    Raises Failure when another run holds it. An address of another host may be tried beside a crawl.
    """
    host = bare_host(urlsplit(address).hostname or "")
    if host in {bare_host(name) for source in catalogue.values() for name in source.allowed_hosts}:
        with held(home, purpose):
            yield
    else:
        yield


class _Counter:
    """Told of each fetch: shows the latest address on a terminal, and nothing elsewhere."""

    def __init__(self, console: Console):
        self._console = console
        self._status = console.status("asking …")
        self._count = 0

    def __call__(self, fetch: Fetch) -> None:
        self._count += 1
        self._status.update(f"{self._count} asked: {safe(fetch.address)[:90]}")

    def __enter__(self) -> _Counter:
        if self._console.is_terminal:
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._status.stop()


def _counting(console: Console) -> _Counter:
    return _Counter(console)
