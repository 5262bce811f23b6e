"""Puts everything that is fetched into the archive, asks only for what has changed, and keeps the books of a run.

A request carries the validators of what the archive holds (RFC 9110 conditional requests). When a site answers 304, the
spider gets the archived body in its place, so that a spider reads a listing the same way whether it changed or not.
"""

from __future__ import annotations

import logging
import re
from email.message import Message
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from parsel import Selector
from scrapy import signals
from scrapy.dupefilters import RFPDupeFilter
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)
from scrapy.http import Headers, HtmlResponse, Request, Response, TextResponse
from twisted.internet.error import ConnectError, ConnectionDone, ConnectionLost

from crawler import harvest
from crawler.archive import ArchiveError, Fetch, Outcome, Resource, Role
from crawler.guard import RefusedHost, Stopped
from crawler.robots import RobotsForbid, RobotsUnknown
from crawler.sniff import Kind, is_wall, kind_of, says_not_found

if TYPE_CHECKING:
    from scrapy import Spider
    from scrapy.crawler import Crawler
    from twisted.python.failure import Failure

    from crawler.mechanisms.base import HarvestSpider

logger = logging.getLogger(__name__)
ROLE, OUTCOME = "commdex_role", "commdex_outcome"
WHOLE = "commdex_whole"  # asked for without conditions, because what is kept is damaged
FRONT_PAGE = re.compile(r"^/?(?:(?:index|home|default)(?:\.\w+)?/?)?$", re.IGNORECASE)
WALL_STATUSES = (401, 403, 405, 407, 451)


class Dupes(RFPDupeFilter):
    """Each address once, but every redirect to its end: an address that leads to one already fetched has an outcome
    too, and a loop is ended by its length instead of in silence.
    """

    def request_seen(self, request: Request) -> bool:
        return not request.meta.get("redirect_urls") and super().request_seen(request)


class KeepingMiddleware:
    """Outermost downloader middleware: conditional requests on the way out, the archive on the way in."""

    def __init__(self, crawler: Crawler):
        self._crawler = crawler
        self._resumes: str | None = None  # read when the first request is made, as the source is known then

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> KeepingMiddleware:
        return cls(crawler)

    @property
    def _source(self) -> str:
        spider = self._crawler.spider
        return spider.name if spider else ""

    def process_request(self, request: Request) -> Response | None:
        """Give conditions to a request; answer it from the archive where an unfinished run has fetched it already."""
        for header in ("If-None-Match", "If-Modified-Since"):
            request.headers.pop(header, None)  # a redirect copies the headers of the request that it answers
        archive = harvest.current().archive
        known = archive.resource(request.url)
        if known is None or known.final_address != request.url or request.meta.get(WHOLE):
            return None
        if known.sha256 and archive.size(known.sha256) != known.bytes:
            return None  # a lost or shortened original must be fetched again, whole
        if known.sha256 and self._fetched_already(known, request):
            return Response(request.url, 304)
        if known.etag:
            request.headers["If-None-Match"] = known.etag
        if known.last_modified:
            request.headers["If-Modified-Since"] = known.last_modified
        return None

    def _fetched_already(self, known: Resource, request: Request) -> bool:
        """Whether the unfinished run that this one goes on with has fetched this; robots.txt is asked for each time."""
        if request.meta.get("dont_obey_robotstxt") or self._source == "":
            return False
        if self._resumes is None:
            run = harvest.current()
            self._resumes = run.archive.resumes_from(run.run, self._source)
        return bool(self._resumes) and (known.last_seen or "") >= self._resumes

    def process_response(self, request: Request, response: Response) -> Response | Request:
        if response.status == 304:
            return self._unchanged(request, response)
        kind, outcome, reason = judge(request, response)
        sha256 = None
        if outcome is Outcome.NEW:
            archive = harvest.current().archive
            sha256 = archive.keep(response.body)
            known = archive.resource(_asked(request))
            if known is not None and known.sha256:
                outcome = Outcome.UNCHANGED if known.sha256 == sha256 else Outcome.CHANGED
        self._record(request, response, outcome, reason, kind=kind, sha256=sha256, size=len(response.body))
        return as_its_bytes(response, kind)

    def _unchanged(self, request: Request, response: Response) -> Response | Request:
        archive = harvest.current().archive
        known = archive.resource(request.url)
        if known is None or not (known.sha256 or known.etag or known.last_modified):
            self._record(request, response, Outcome.ERROR, "answered 304 to a request that set no condition")
            return response
        if known.sha256 is None:  # what was no content last time (a wall, a soft 404) still is none
            self._record(request, response, Outcome(known.outcome), known.reason, known=known)
            return response
        # Nothing here parses a file, so its bytes can stay on disk.
        unread = request.meta.get(ROLE) == Role.FILE and known.kind != Kind.HTML
        try:
            body = b"" if unread else archive.read(known.sha256)
        except ArchiveError as error:
            logger.warning("%s It is fetched again.", error)
            return request.replace(meta={**request.meta, WHOLE: True}, dont_filter=True)
        self._record(
            request, response, Outcome.UNCHANGED, kind=Kind(known.kind), sha256=known.sha256, size=0, known=known
        )
        headers = Headers({"Content-Type": known.content_type})
        return as_its_bytes(Response(response.url, 200, headers, body), Kind(known.kind))

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Failures of spiders' requests are recorded by their errback; robots.txt has none."""
        if request.meta.get("dont_obey_robotstxt") and not isinstance(exception, Stopped):
            record_failure(self._source, request, exception)

    def _record(
        self, request: Request, response: Response, outcome: Outcome, reason: str = "", *,
        kind: Kind | None = None, sha256: str | None = None, size: int = 0, known: Resource | None = None,
    ) -> None:  # fmt: skip
        request.meta[OUTCOME] = outcome
        run = harvest.current()
        run.record(
            Fetch(
                run=run.run,
                source=self._source,
                address=_asked(request),
                final_address=response.url,
                role=_role(request),
                outcome=outcome,
                status=response.status,
                sha256=sha256,
                bytes=known.bytes if known else size,
                seconds=request.meta.get("download_latency"),
                reason=reason,
                etag=_header(response, "ETag") or (known.etag if known else ""),
                last_modified=_header(response, "Last-Modified") or (known.last_modified if known else ""),
                content_type=known.content_type if known else _header(response, "Content-Type"),
                filename=known.filename if known else file_name(_header(response, "Content-Disposition")),
                kind=kind or "",
            )
        )


def judge(request: Request, response: Response) -> tuple[Kind, Outcome, str]:
    """What a final answer is, how the fetch ended, and why; NEW stands for every good answer."""
    kind = kind_of(response.body)
    if kind is Kind.HTML and is_wall(response.body):
        return kind, Outcome.BLOCKED, f"a bot wall answered {response.status} instead of the content"
    if response.status in (404, 410):
        return kind, Outcome.NOT_FOUND, f"answered {response.status}"
    if response.status in WALL_STATUSES:
        return kind, Outcome.BLOCKED, f"answered {response.status}"
    if response.status >= 500 or response.status == 429:
        return kind, Outcome.SERVER_ERROR, f"answered {response.status} each time it was asked"
    if response.status != 200:
        return kind, Outcome.ERROR, f"answered {response.status}"
    if _role(request) in (Role.PAGE, Role.FILE) and _sent_home(_asked(request), response.url):
        return kind, Outcome.SOFT_NOT_FOUND, "redirected to the front page"
    if kind is Kind.EMPTY and _role(request) is not Role.ROBOTS:
        return kind, Outcome.ERROR, "answered 200 with nothing in it"
    if kind is Kind.HTML and _role(request) is not Role.LISTING:
        title = _title(response)
        if says_not_found(title):
            return kind, Outcome.SOFT_NOT_FOUND, f"answered 200 with a page that says {title!r}"
    return kind, Outcome.NEW, ""


def _sent_home(asked: str, final: str) -> bool:
    """Whether a redirect led from some page to the front page, as sites do with what they no longer have."""
    return bool(urlsplit(final).path in ("", "/") and not FRONT_PAGE.match(urlsplit(asked).path))


def as_its_bytes(response: Response, kind: Kind) -> Response:
    """The response as the class that its bytes call for; Scrapy goes by Content-Type, which many sites get wrong.

    It is made anew rather than by `replace`, which would hand on the encoding that the wrong class guessed.
    """
    cls: type[Response] = Response
    if kind is Kind.HTML:
        cls = HtmlResponse
    elif kind in (Kind.XML, Kind.JSON, Kind.TEXT):
        cls = TextResponse
    return cls(response.url, response.status, response.headers, response.body, response.flags, request=response.request)


def record_failure(source: str, request: Request, exception: BaseException) -> Outcome:
    """Write down a request that brought no answer, and return its outcome."""
    outcome, reason = _failure(exception)
    run = harvest.current()
    run.record(
        Fetch(run.run, source, _asked(request), request.url, _role(request), outcome, reason=" ".join(reason.split()))
    )
    return outcome


def _failure(exception: BaseException) -> tuple[Outcome, str]:
    if isinstance(exception, RobotsForbid):
        return Outcome.ROBOTS, str(exception)
    if isinstance(exception, RobotsUnknown):
        return Outcome.UNREACHABLE, str(exception)
    if isinstance(exception, RefusedHost):
        return Outcome.HOST, str(exception)
    if isinstance(exception, IgnoreRequest) and "redirection" in str(exception):
        return Outcome.REDIRECTS, "redirected too often"
    if isinstance(exception, DownloadCancelledError):
        return Outcome.TOO_LARGE, "larger than `crawl.largest_file` in settings.yml allows"
    if isinstance(exception, DownloadTimeoutError):
        return Outcome.TIMEOUT, "no whole answer within `crawl.timeout` of settings.yml"
    if isinstance(exception, CannotResolveHostError):
        return Outcome.UNREACHABLE, "the host's name could not be resolved"
    if isinstance(exception, DownloadConnectionRefusedError | ConnectError):
        return Outcome.UNREACHABLE, "the host refused the connection"
    if isinstance(exception, ResponseDataLossError):
        return Outcome.ERROR, "the answer was cut short"
    if isinstance(exception, DownloadFailedError | ConnectionLost | ConnectionDone):
        return Outcome.UNREACHABLE, "the connection broke"
    if isinstance(exception, UnsupportedURLSchemeError):
        return Outcome.HOST, "only http and https are fetched"
    return Outcome.ERROR, f"{type(exception).__name__}: {exception}"


def _asked(request: Request) -> str:
    """The address that was asked for first, before any redirect."""
    redirected = request.meta.get("redirect_urls")
    return str(redirected[0]) if redirected else request.url


def _role(request: Request) -> Role:
    if request.meta.get("dont_obey_robotstxt"):
        return Role.ROBOTS
    return Role(request.meta.get(ROLE, Role.LISTING))


def _header(response: Response, name: str) -> str:
    value = response.headers.get(name)
    return value.decode("latin-1") if value else ""


def file_name(disposition: str) -> str:
    """The file name of a Content-Disposition header (RFC 6266), without any path, "" when it names none."""
    if not disposition:
        return ""
    message = Message()
    message["Content-Disposition"] = disposition
    name = message.get_filename() or ""
    return re.split(r"[\\/]", unquote(name))[-1].strip()[:200]


def _title(response: Response) -> str:
    """Title of a page, or its first heading where that says more plainly that nothing is here."""
    if not isinstance(response, TextResponse):
        response = response.replace(cls=HtmlResponse)
        assert isinstance(response, TextResponse)
    page: Selector = response.selector
    title = page.xpath("normalize-space(//title)").get() or ""
    heading = page.xpath("normalize-space(//h1)").get() or ""
    return heading if says_not_found(heading) else title


class SourceBookkeeping:
    """Scrapy extension: begins and ends a source's part of the run, and remembers errors in our own code."""

    def __init__(self, crawler: Crawler):
        self._errors: list[str] = []
        crawler.signals.connect(self._opened, signal=signals.spider_opened)
        crawler.signals.connect(self._erred, signal=signals.spider_error)
        crawler.signals.connect(self._closed, signal=signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> SourceBookkeeping:
        return cls(crawler)

    def _opened(self, spider: Spider) -> None:
        run = harvest.current()
        run.archive.start_source(run.run, spider.name)

    def _erred(self, failure: Failure) -> None:
        self._errors.append(f"{type(failure.value).__name__}: {failure.value}")

    def _closed(self, spider: HarvestSpider, reason: str) -> None:
        run = harvest.current()
        run.finish_source(
            spider.source,
            stopped=reason,
            errors=self._errors,
            limited=spider.limited,
            made_up_for=spider.made_up_for,
        )
