"""What may be fetched at all: http(s), the hosts of the source, and only public addresses."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from scrapy.exceptions import IgnoreRequest
from scrapy.http import Request
from scrapy.resolver import CachingThreadedResolver
from twisted.internet.abstract import isIPAddress

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from twisted.internet.base import ReactorBase
    from twisted.internet.defer import Deferred

# Names that mean this machine or this network whatever a name server says.
LOCAL_SUFFIXES = (".localhost", ".local", ".localdomain", ".internal", ".lan", ".home.arpa")
ALLOW_PRIVATE = "COMMDEX_ALLOW_PRIVATE_HOSTS"


class Refused(IgnoreRequest):
    """An address that must not be fetched; the message says why."""


class RefusedHost(Refused):
    """Not a web address, not a host of this source, or not a public address."""


def is_private(host: str) -> bool:
    """Whether a host name or literal address is this machine's or a private network's by its looks."""
    name = host.strip("[]").rstrip(".").lower()
    try:
        # Not ip_address() alone: a browser and a resolver also read 2130706433, 0x7f.1 and 127.1 as loopback.
        address = ipaddress.ip_address(_dotted(name))
    except ValueError:
        return name == "localhost" or name.endswith(LOCAL_SUFFIXES) or "." not in name
    return not address.is_global


def _dotted(name: str) -> str:
    """A literal IPv4 address in its usual form: "127.1" and "0x7f000001" are 127.0.0.1. Other names as they are."""
    parts = name.split(".")
    try:
        numbers = [int(part, 0) if part != "0" * len(part) else 0 for part in parts]
    except ValueError:
        return name
    if len(numbers) > 4 or any(number < 0 for number in numbers):
        return name
    value = numbers[-1]
    for place, number in enumerate(numbers[:-1]):
        value += number << (24 - 8 * place)
    return str(ipaddress.IPv4Address(value)) if value < 1 << 32 else name


def bare_host(host: str) -> str:
    """A host without "www.", as sites move between the two forms by themselves."""
    return host.lower().removeprefix("www.")


class Stopped(IgnoreRequest):
    """A request that was waiting for its turn when the run was stopped."""


class OverLimit(Stopped):
    """A request for which the source's limits leave no room in this run."""


class HostGuardMiddleware:
    """Refuses what must not be fetched, also when a redirect leads there."""

    def __init__(self, crawler: Crawler):
        self._crawler = crawler
        self._allow_private = crawler.settings.getbool(ALLOW_PRIVATE)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> HostGuardMiddleware:
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Raises RefusedHost, and OverLimit where the source's limits leave no room."""
        parts = urlsplit(request.url)
        host = (parts.hostname or "").lower()
        if parts.scheme not in ("http", "https") or not host:
            raise RefusedHost(f"{parts.scheme or 'an address without a scheme'}: only http and https are fetched")
        if is_private(host) and not self._allow_private:
            raise RefusedHost(f"{host} is not a public address")
        spider = self._crawler.spider
        if not (spider and spider.may_ask(host)):  # type: ignore[attr-defined]  # every spider here is a HarvestSpider
            raise RefusedHost(f"{host} is not among the hosts of this source; add it to `hosts` if it should be")
        spider.before_asking(request)  # type: ignore[attr-defined]  # before it waits for its host's turn in vain
        request.meta["download_slot"] = bare_host(host)  # www.a.org and a.org are one host: one request at a time


class PublicResolver(CachingThreadedResolver):
    """Name look-up that refuses private addresses, so that a public name cannot lead to a private place.

    The host of a proxy that the environment names is exempt: a person chose it.
    """

    def __init__(self, reactor: ReactorBase, cache_size: int, timeout: float):
        super().__init__(reactor, cache_size, timeout)
        self._allow_private = False
        self._proxies = {urlsplit(address).hostname for address in getproxies().values()}

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: ReactorBase) -> PublicResolver:
        made = super().from_crawler(crawler, reactor)
        made._allow_private = crawler.settings.getbool(ALLOW_PRIVATE)
        return made

    def getHostByName(self, name: str, timeout: Any = ()) -> Deferred[str]:
        found = super().getHostByName(name, timeout)
        if self._allow_private or name in self._proxies or isIPAddress(name):
            return found  # literal addresses are the middleware's matter
        return found.addCallback(_public, name)


def _public(address: str, name: str) -> str:
    if not ipaddress.ip_address(address).is_global:
        raise RefusedHost(f"{name} leads to {address}, which is not a public address")
    return address
