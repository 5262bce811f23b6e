"""robots.txt, obeyed by every request.

Scrapy 2.14 to 2.19 lets requests past it: those that wait together for a host's first robots.txt await one shared
Deferred, whose result the first of them consumes, so that the third and later get None and are fetched although they
are disallowed (2.13.3 is right). Here a waiter takes the parser from where it is kept, not from the Deferred.

A robots.txt that cannot be had because the host fails (5xx, no answer) closes the host for this run, as RFC 9309
section 2.3.1.4 has it, and so does one that is asked for too often (429); any other 4xx opens it (section 2.3.1.3).
"""

from __future__ import annotations

from scrapy.core.downloader.handlers.http11 import TunnelError
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import CannotResolveHostError, DownloadConnectionRefusedError, IgnoreRequest
from scrapy.http import Request, Response
from scrapy.robotstxt import RobotParser
from scrapy.utils.defer import maybe_deferred_to_future
from scrapy.utils.httpobj import urlparse_cached
from twisted.internet.defer import Deferred

from crawler.guard import Refused, Stopped


class RobotsForbid(Refused):
    """robots.txt disallows this address."""


class RobotsUnknown(Refused):
    """robots.txt could not be had, so nothing else is asked of this host.

    `gone` says that there seems to be no such host: its name leads nowhere, or nobody listens there.
    """

    def __init__(self, message: str, *, gone: bool):
        super().__init__(message)
        self.gone = gone


# What a proxy answers for a host that it cannot find or reach.
NO_SUCH_HOST = (502, 504)
NOBODY_THERE = (CannotResolveHostError, DownloadConnectionRefusedError)


def nobody_there(exception: BaseException) -> bool:
    """Whether a request failed because there is no such host, as far as one try can tell, through a proxy too."""
    no_tunnel = isinstance(exception, TunnelError) and any(str(status) in str(exception) for status in NO_SUCH_HOST)
    return no_tunnel or isinstance(exception, NOBODY_THERE)


class RobotsMiddleware(RobotsTxtMiddleware):
    """Scrapy's robots.txt middleware without its leak."""

    def __init__(self, crawler):  # type: ignore[no-untyped-def]  # Scrapy's signature, which it does not export typed
        super().__init__(crawler)
        self._closed: dict[str, tuple[str, bool]] = {}  # host -> why, and whether it is gone
        self._stopped: set[str] = set()  # hosts whose robots.txt was not asked for any more

    async def robot_parser(self, request: Request) -> RobotParser | None:
        netloc = urlparse_cached(request).netloc
        shared = self._parsers.get(netloc)
        if isinstance(shared, Deferred):
            await maybe_deferred_to_future(shared)  # its result may be another waiter's already
            parser = self._parsers[netloc]
            assert not isinstance(parser, Deferred)
        else:
            parser = await super().robot_parser(request)
        if netloc in self._stopped:
            raise Stopped("the run was stopped before robots.txt was read")
        if netloc in self._closed:
            why, gone = self._closed[netloc]
            raise RobotsUnknown(f"{why}, so nothing else was asked of this host", gone=gone)
        return parser

    def process_request_2(self, rp: RobotParser | None, request: Request) -> None:
        try:
            super().process_request_2(rp, request)
        except IgnoreRequest as error:
            raise RobotsForbid("disallowed by robots.txt") from error

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        if response.status >= 500 or response.status == 429:
            # The gateway of a site that is there answers 502 and 504 too, when something behind it has failed.
            proxied = response.request is not None and "proxy" in response.request.meta
            gone = proxied and response.status in NO_SUCH_HOST
            self._closed[netloc] = f"robots.txt answered {response.status}", gone
        elif response.status >= 400:
            response = response.replace(body=b"")  # an error page is not a robots.txt, whatever stands on it
        await super()._parse_robots(response, netloc, request)

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        if isinstance(exc, Stopped):
            self._stopped.add(netloc)
        why = f"robots.txt could not be had ({exc or type(exc).__name__})"
        self._closed[netloc] = why, nobody_there(exc)
        super()._robots_error(exc, netloc)
