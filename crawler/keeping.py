"""Puts everything that is fetched into the archive, asks only for what has changed, and keeps the books of a run.

A request carries the validators of what the archive holds (RFC 9110 conditional requests). When a site answers 304, the
spider gets the archived body in its place, so that a spider reads a listing the same way whether it changed or not.
"""

from __future__ import annotations

import asyncio
import logging
import re
from email.message import Message
from typing import TYPE_CHECKING, cast
from urllib.parse import unquote, urlsplit

from scrapy import signals
from scrapy.dupefilters import RFPDupeFilter
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Headers, HtmlResponse, Request, Response

from crawler import harvest
from crawler.archive import ArchiveError, Fetch, Outcome, Resource, Role
from crawler.guard import Stopped, bare_host
from crawler.impossible import Answer, answer_of, impossible_address, same_answer
from crawler.judging import (
    FRONT_PAGE,
    NOFOLLOW,
    NOT_TO_INDEX,
    PAPERS,
    ROLE,
    TROUBLES,
    as_its_bytes,
    asked_address,
    failure,
    judge,
    robots_tags,
    role_of,
)
from crawler.sniff import Kind, kind_of

if TYPE_CHECKING:
    from scrapy import Spider
    from scrapy.crawler import Crawler
    from twisted.python.failure import Failure

    from crawler.mechanisms.base import HarvestSpider

logger = logging.getLogger(__name__)
OUTCOME = "commdex_outcome"
WHOLE = "commdex_whole"  # asked for without conditions, because what is kept is damaged


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
        if role_of(request) is Role.PROBE:
            return None
        for header in ("If-None-Match", "If-Modified-Since"):
            request.headers.pop(header, None)  # a redirect copies the headers of the request that it answers
        archive = harvest.current().archive
        known = archive.resource(request.url)
        if known is None or known.final_address != request.url or request.meta.get(WHOLE):
            return None
        if known.outcome == Outcome.NOINDEX and role_of(request) is not Role.FILE:
            return None  # its body was not kept, and what it links to must be read again
        if not self._led_here_before(request):
            return None  # the end of a redirect is judged by what it says: a front page stands for what is gone
        if known.sha256 and archive.size(known.sha256) != known.bytes:
            return None  # a lost or shortened original must be fetched again, whole
        if known.sha256 and self._fetched_already(known, request):
            return Response(request.url, 304)
        if known.etag:
            request.headers["If-None-Match"] = known.etag
        if known.last_modified:
            request.headers["If-Modified-Since"] = known.last_modified
        return None

    @staticmethod
    def _led_here_before(request: Request) -> bool:
        """Whether the address that was asked for first is known to have led to the one that this request asks for."""
        asked = asked_address(request)
        known = harvest.current().archive.resource(asked)
        return asked == request.url or (
            known is not None and known.address == asked and known.final_address == request.url
        )

    def _fetched_already(self, known: Resource, request: Request) -> bool:
        """Whether the unfinished run that this one goes on with has fetched this; robots.txt is asked for each time."""
        if request.meta.get("dont_obey_robotstxt") or self._source == "":
            return False
        if self._resumes is None:
            run = harvest.current()
            self._resumes = run.archive.resumes_from(run.run, self._source)
        return bool(self._resumes) and (known.last_seen or "") >= self._resumes

    async def process_response(self, request: Request, response: Response) -> Response | Request:
        if response.status == 304:
            return self._unchanged(request, response)
        kind, outcome, reason = judge(request, response)
        if outcome in (Outcome.NEW, Outcome.NOINDEX) and kind is Kind.HTML:
            request.meta[NOFOLLOW] = "nofollow" in robots_tags(response)
            if outcome is Outcome.NEW and await self._is_impossible(request, response):
                outcome, reason = Outcome.SOFT_NOT_FOUND, "the same answer as for an address that cannot exist"
        sha256 = None
        if outcome is Outcome.NEW:
            archive = harvest.current().archive
            sha256 = archive.keep(response.body)
            known = archive.resource(asked_address(request))
            if known is not None and known.sha256:
                outcome = Outcome.UNCHANGED if known.sha256 == sha256 else Outcome.CHANGED
        self._record(request, response, outcome, reason, kind=kind, sha256=sha256, size=len(response.body))
        return as_its_bytes(response, kind)

    async def _is_impossible(self, request: Request, response: Response) -> bool:
        """Whether this is what the site answers for what it does not have. It is asked once a run and host."""
        host = bare_host(urlsplit(response.url).hostname or "")
        asked = asked_address(request)
        of_archives = {bare_host(name) for name in self._spider.archive_hosts} if self._spider else set()
        # Nor robots.txt itself: the look would wait for the robots.txt that waits for it.
        spared = role_of(request) in (Role.PROBE, Role.ROBOTS) or FRONT_PAGE.match(urlsplit(asked).path)
        if spared or host in of_archives:
            return False
        looks = harvest.current().looks
        if host not in looks:
            looks[host] = asyncio.ensure_future(self._look(impossible_address(response.url)))
        look = await looks[host]
        return look is not None and same_answer(answer_of(response, asked), look[0], redirected=look[1])

    async def _look(self, address: str) -> tuple[Answer, bool] | None:
        """What a site answers 200 to an impossible address with, and whether that led elsewhere; else None.

        Raises Stopped: a page that could not be told from a soft 404 is left to the run that goes on with this one.
        """
        engine = self._crawler.engine
        assert engine is not None
        try:
            response = await engine.download_async(Request(address, meta={ROLE: Role.PROBE, "dont_retry": True}))
        except Stopped:
            raise
        except (IgnoreRequest, *TROUBLES):
            return None  # recorded on its way here
        if response.status != 200 or kind_of(response.body) is not Kind.HTML:
            return None
        return answer_of(response, address), response.url != address

    @property
    def _spider(self) -> HarvestSpider | None:
        return cast("HarvestSpider | None", self._crawler.spider)

    def _unchanged(self, request: Request, response: Response) -> Response | Request:
        archive = harvest.current().archive
        # What an address that leads elsewhere came to stands in its own row: the page at the end may be good of itself.
        known = archive.resource(asked_address(request)) or archive.resource(request.url)
        if known is None or not (known.sha256 or known.etag or known.last_modified):
            self._record(request, response, Outcome.ERROR, "answered 304 to a request that set no condition")
            return response
        if known.sha256 is None:  # what was no content last time (a wall, a soft 404) still is none
            self._record(request, response, Outcome(known.outcome), known.reason, known=known)
            return response
        if role_of(request) in PAPERS and "noindex" in robots_tags(response):  # of its header: the body has not changed
            self._record(request, response, Outcome.NOINDEX, NOT_TO_INDEX, known=known)
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
        if body and known.kind == Kind.HTML:
            request.meta[NOFOLLOW] = "nofollow" in robots_tags(HtmlResponse(response.url, body=body))
        return as_its_bytes(Response(response.url, 200, headers, body), Kind(known.kind))

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Failures of spiders' requests are recorded by their errback; robots.txt and probes have none."""
        if role_of(request) in (Role.ROBOTS, Role.PROBE) and not isinstance(exception, Stopped):
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
                address=asked_address(request),
                final_address=response.url,
                role=role_of(request),
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


def record_failure(source: str, request: Request, exception: BaseException) -> Outcome:
    """Write down a request that brought no answer, and return its outcome."""
    outcome, reason = failure(exception)
    run = harvest.current()
    run.record(
        Fetch(
            run.run,
            source,
            asked_address(request),
            request.url,
            role_of(request),
            outcome,
            reason=" ".join(reason.split()),
        )
    )
    return outcome


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
            passed_over=spider.passed_over,
            increment=spider.increment,
        )
