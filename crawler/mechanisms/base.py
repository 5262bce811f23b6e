"""The base of every mechanism.

To add a mechanism:

1. Add a module here with a class `Spider(HarvestSpider)`; its name is the module's name.
2. Write `begin`: given one start address, yield what to ask first, mostly
   `yield from self.listing(address, self.read_listing)`.
3. Write the callbacks that read listings. For each publication yield `from self.page(...)` for its landing page, or
   `self.file(...)` for a file; both announce it to the archive and ask for it.
4. Override `read_page` only when a landing page needs more than its file links followed.
5. Say in `Options` what a source entry may add under `options:`.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Self
from urllib.parse import urljoin, urlsplit

import scrapy
import tldextract
from pydantic import BaseModel, ConfigDict
from scrapy import signals
from scrapy.exceptions import DontCloseSpider
from scrapy.http import HtmlResponse, Request, Response, TextResponse
from twisted.python.failure import Failure

from config.model import Source
from crawler import harvest, links
from crawler.archive import STOPPED_AT_LIMIT, Announcement, Fetch, Outcome, Role
from crawler.gate import gates
from crawler.guard import OverLimit, Stopped, bare_host
from crawler.judging import NOFOLLOW, ROLE, is_gone
from crawler.keeping import OUTCOME, record_failure
from crawler.mechanisms.archives import ArchiveReader, PageReader

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

# Which part of a host's name is its site: the snapshot of the Public Suffix List that comes with the library.
SITES = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
# Hosts that only hold the files of other sites.
FILE_STORES = re.compile(
    r"(?:^|[.-])(?:assets?|cdn|files?|media|static|downloads?|storage)\d*[.-]"
    r"|\.(?:blob\.core\.windows\.net|amazonaws\.com|cloudfront\.net|azureedge\.net|ctfassets\.net)$"
)
Asked = Iterable[Request]
Reader = Callable[..., Asked]


GONE = (Outcome.NOT_FOUND, Outcome.SOFT_NOT_FOUND)


class NoOptions(BaseModel):
    """Options of a mechanism that has none."""

    model_config = ConfigDict(extra="forbid")


class HarvestSpider(ArchiveReader, scrapy.Spider):
    """One source's spider; `crawler.spider_loader` makes a subclass for each source with `source` set."""

    source: ClassVar[Source]
    archives: ClassVar[tuple[str, ...]] = ()  # those that are asked for a listed address that is gone
    archive_delay: ClassVar[float] = 0.0
    any_host: ClassVar[bool] = False  # a person listed what it asks for, wherever that lies
    # What is sought in the archives when nothing of a source could be found because its start is gone: all "below" the
    # start, the whole "host" where that is gone, or "" where the mechanism itself sees to each address.
    fallback: ClassVar[str] = "below"
    Options: ClassVar[type[BaseModel]] = NoOptions
    custom_settings: ClassVar[dict[str, Any]] = {}  # type: ignore[misc]

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.limited = ""  # which bound cut this run short
        self.made_up_for: Counter[str] = Counter()  # failures, by outcome, that another way was tried for
        self.increment = False  # only what is new was asked for
        self.fetched_bytes = 0
        self.passed_over = 0  # files that are held and were seen not long ago, which a run did not ask for
        self._asked = 0
        self._goes_further: bool | None = None  # known when the first request is made
        self._gone = False  # the start is not there any more, and is sought in the web archives
        self._when_idle = [self._out_of_archives, self._former_out_of_archives, self._look_again]
        self._include = [re.compile(pattern) for pattern in self.source.include]
        self._exclude = [re.compile(pattern) for pattern in self.source.exclude]
        self.options: Any = self.Options.model_validate(self.source.options)

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        for host in spider.allowed_hosts:  # also for a reading list that asks the same host
            gates().of(host).at_least(spider.source.delay or 0.0)
        crawler.signals.connect(spider.idle, signal=signals.spider_idle)
        return spider

    @property
    def allowed_hosts(self) -> frozenset[str]:
        """Hosts of the source itself, which this spider may ask; see `may_ask`."""
        return self.source.allowed_hosts

    def may_ask(self, host: str) -> bool:
        """Whether this spider may ask a public host: one of its own, or of an archive; with `any_host` every one."""
        own = {bare_host(name) for name in self.allowed_hosts | self.archive_hosts}
        return self.any_host or bare_host(host) in own

    def least_delay(self, host: str) -> float:
        """Seconds between two requests to a host, whatever delay the source has: web archives serve everyone."""
        of_archives = {bare_host(name) for name in self.archive_hosts}
        return self.archive_delay if bare_host(host) in of_archives else 0.0

    def before_asking(self, request: Request) -> None:
        """The last word before a request leaves. Raises OverLimit for a file when the source has had its bytes."""
        if request.meta.get(ROLE) == Role.FILE and self.fetched_bytes >= self.source.most_bytes:
            self.limited = f"{STOPPED_AT_LIMIT} {self.source.most_bytes:,} bytes"
            raise OverLimit(self.limited)

    async def start(self) -> AsyncIterator[Any]:
        for address in self.source.start:
            for request in self.begin(address):
                yield request

    def begin(self, address: str) -> Asked:
        """What to ask first for one start address."""
        raise NotImplementedError

    # when nothing is left to do

    def idle(self) -> None:
        """Before the spider closes: what its archives hold where it is gone itself, then what may have vanished.

        Raises DontCloseSpider while there is something to ask.
        """
        engine = self.crawler.engine
        while self._when_idle and engine is not None and not gates().stopped:
            requests = list(self._within_limit(self._when_idle.pop(0)()))
            for request in requests:
                engine.crawl(request)
            if requests:
                raise DontCloseSpider

    def _out_of_archives(self) -> Asked:
        """Seek a source that is gone in the web archives: nothing came of it, and its start is not there any more."""
        run = harvest.current()
        if not self.fallback or run.archive.announced(run.run, self.name) or run.archive.harvested_live(self.name):
            return
        for address in (*self.source.start, *self.source.former):
            checked = self._checked(address)
            if checked and self.may_ask(urlsplit(checked).hostname or ""):
                request = self._ask(checked, Role.LISTING, None, None, {}, seek=(address, {"match": "prefix"}))
                yield request.replace(dont_filter=True)

    def _former_out_of_archives(self) -> Asked:
        """Seek the former addresses too whose hosts this spider may not ask: they are nobody's, or somebody else's."""
        for address in self.source.former if self._gone else ():
            if not self.may_ask(urlsplit(address).hostname or ""):
                whole = urljoin(address, "/") if self.fallback == "host" else address
                yield from self.from_archives(whole, match="prefix")

    def _look_again(self) -> Asked:
        """Ask for what was announced before and is not any more: only its own answer tells whether it has vanished."""
        run = harvest.current()
        announced, floor = run.archive.announced(run.run, self.name), run.archive.floor(run.run, self.name)
        if self.limited or (announced < floor and not self.increment):
            return
        for address, role in run.archive.unannounced(run.run, self.name, increment=self.increment):
            if self.wanted(address, page=role is Role.PAGE):
                yield self._ask(address, role, None, None, {})

    # what mechanisms yield

    def listing(
        self, address: str, then: Reader, *, failed: Reader | None = None, excused: bool = True, **more: Any
    ) -> Iterator[Request]:
        """Ask for an index of some kind; `then(response, **more)` reads it, `failed(**more)` is called without it.

        `excused` says that `failed` makes up for it, so that the failure does not count against the source.
        """
        checked = self._checked(address)
        if checked:
            yield self._ask(checked, Role.LISTING, then, failed, more, excused)

    def page(self, address: str, *, found_on: str, listed: bool = False, **said: Any) -> Iterator[Request]:
        """Announce a landing page (or a page that is the publication) and ask for it, where the source wants it.

        `said` is what was said of it: title, date, publisher, summary, link_text, position, heading, sectors, original,
        captured, via. `listed` says that a person listed it: when it is gone, web archives are asked for it.
        """
        checked = self._checked(address)
        if checked and self.wanted(said.get("original") or checked, page=True):
            announcement = self._announce(checked, Role.PAGE, found_on, landing=checked, **said)
            seek = (address, {"found_on": found_on, **said}) if listed else None
            more = {"announcement": announcement}
            yield self._ask(announcement.address, Role.PAGE, self.read_page, None, more, seek=seek)

    def announce_page(self, address: str, *, found_on: str, **said: Any) -> None:
        """Announce a landing page without asking for it: all that is needed of it was said elsewhere."""
        checked = self._checked(address)
        if checked and self.wanted(checked, page=True):
            self._announce(checked, Role.PAGE, found_on, landing=checked, **said)

    def file(
        self,
        address: str,
        *,
        landing: str,
        found_on: str,
        web_page: bool = False,
        listed: bool = False,
        **said: Any,
    ) -> Iterator[Request]:
        """Announce a file that belongs with a landing page and ask for it.

        `web_page` says that it is published as a web page, so that one is not taken for another landing page; `said`
        and `listed` are as for `page`.
        """
        checked = self._checked(address)
        if checked and self.wanted(said.get("original") or checked, page=False):
            announcement = self._announce(checked, Role.FILE, found_on, landing=landing, **said)
            then = None if web_page else self._read_file
            seek = (address, {"found_on": found_on, **said}) if listed else None
            yield self._ask(announcement.address, Role.FILE, then, None, {"announcement": announcement}, seek=seek)

    def _read_file(self, response: Response, announcement: Announcement) -> Asked:
        """What looked like a file and is a web page is a landing page: announce it as one, and follow its files."""
        if isinstance(response, HtmlResponse):
            page = replace(announcement, role=Role.PAGE, landing=announcement.address)
            run = harvest.current()
            run.archive.announce(page, run.run)
            yield from self.read_page(response, page)

    def look(self, address: str, then: Reader, *, archived: PageReader | None = None, **more: Any) -> Iterator[Request]:
        """Ask for a page of which only its content can tell whether it is a publication's; `then` reads it.

        When it is gone, `archived` reads the copy that a web archive has of it.
        """
        checked = self._checked(address)
        if checked:
            seek = (address, {"then": archived}) if archived is not None else None
            yield self._ask(checked, Role.PAGE, then, None, more, seek=seek)

    def read_page(self, response: Response, announcement: Announcement) -> Asked:
        """Follow the file links of a landing page."""
        if isinstance(response, HtmlResponse):
            yield from self.files_of(response, landing=announcement.address)

    def files_of(self, response: TextResponse, *, landing: str) -> Iterator[Request]:
        """Announce and ask for every file that a page links to.

        A spider that may ask anywhere takes only files of the page's own site: the others are its references.
        """
        for position, link in enumerate(links.file_links(response), start=1):
            if self.any_host and not self._of_one_site(link.address, response.url):
                self.trouble(link.address, f"a file of another site than {response.url}", Outcome.HOST)
                continue
            said: dict[str, Any] = {"link_text": link.text, "position": position, "date": links.date_beside(link)}
            yield from self.file(link.address, landing=landing, found_on=landing, **said)

    def _of_one_site(self, address: str, page: str) -> bool:
        hosts = [bare_host(urlsplit(one).hostname or "") for one in (address, page)]
        if hosts[0] in {bare_host(host) for host in self.source.hosts} or FILE_STORES.search(hosts[0]):
            return True
        sites = [SITES(host).top_domain_under_public_suffix or host for host in hosts]
        return sites[0] == sites[1]

    def trouble(self, address: str, reason: str, outcome: Outcome = Outcome.ERROR) -> None:
        """Write down what could not be made sense of, so that one bad entry costs itself and not its listing."""
        run = harvest.current()
        run.record(Fetch(run.run, self.name, address[:2000], "", Role.LISTING, outcome, reason=reason))

    def json_of(self, response: Response) -> Any:
        """The value of a JSON answer, None (and a recorded trouble) where it is none."""
        try:
            return json.loads(response.body)
        except ValueError:
            self.trouble(response.url, "answered something else than JSON")
            return None

    # how they are asked

    def _checked(self, address: str) -> str | None:
        """`address` as it will be asked for, None (and a recorded trouble) where it is no web address."""
        checked = links.absolute(address, self.source.start[0])
        if checked is None or not address.strip():
            self.trouble(address or "(empty)", "not an address")
            return None
        return checked

    def wanted(self, address: str, *, page: bool) -> bool:
        """Whether the source's `include` (pages only) and `exclude` let this address through."""
        if any(pattern.search(address) for pattern in self._exclude):
            return False
        return not page or not self._include or any(pattern.search(address) for pattern in self._include)

    def _announce(self, address: str, role: Role, found_on: str, landing: str, **said: Any) -> Announcement:
        said = {"via": self.source.mechanism, **said}
        announcement = Announcement(
            source=self.source.id,
            address=Request(address).url,  # as it will be asked for and recorded
            found_on=found_on,
            role=role,
            landing=Request(landing).url if landing else "",
            **said,
        )
        run = harvest.current()
        run.archive.announce(announcement, run.run)
        return announcement

    def _ask(
        self,
        address: str,
        role: Role,
        then: Reader | None,
        failed: Reader | None,
        more: dict[str, Any],
        excused: bool = True,
        seek: tuple[str, dict[str, Any]] | None = None,
    ) -> Request:
        return Request(
            address,
            callback=self._answered,
            errback=self._failed,
            # Listings first: what they lead to is known early, and a stopped run has announced the most.
            priority={Role.LISTING: 20, Role.PAGE: 10}.get(role, 0),
            meta={ROLE: role},
            cb_kwargs={"then": then, "failed": failed, "more": more, "excused": excused, "seek": seek},
        )

    def _answered(
        self,
        response: Response,
        then: Reader | None,
        failed: Reader | None,
        more: dict[str, Any],
        excused: bool,
        seek: tuple[str, dict[str, Any]] | None,
    ) -> Iterator[Request]:
        outcome: Outcome = response.meta[OUTCOME]
        if outcome.good or outcome is Outcome.NOINDEX:  # a page that is not to be kept may still be followed
            if response.meta.get(NOFOLLOW):
                self.trouble(response.url, "its publisher asks robots not to follow its links", Outcome.NOFOLLOW)
            elif then is not None:
                yield from self._within_limit(then(response, **more))
        elif outcome in GONE and seek is not None:
            yield from self._sought(outcome, *seek)
        elif failed is not None:
            self.made_up_for[outcome] += excused
            yield from self._within_limit(failed(**more))

    def _failed(self, failure: Failure) -> Iterator[Request]:
        request: Request = failure.request  # type: ignore[attr-defined]  # Scrapy puts it there
        error = failure.value
        if error is None or isinstance(error, Stopped):
            return  # never asked
        outcome = record_failure(self.name, request, error)
        failed: Reader | None = request.cb_kwargs["failed"]
        if is_gone(error) and request.cb_kwargs["seek"] is not None:
            yield from self._sought(outcome, *request.cb_kwargs["seek"])
        elif failed is not None:
            self.made_up_for[outcome] += request.cb_kwargs["excused"]
            yield from self._within_limit(failed(**request.cb_kwargs["more"]))

    def _sought(self, outcome: str, address: str, said: dict[str, Any]) -> Iterator[Request]:
        """Seek in the web archives what is gone, unless its last good content is kept here already."""
        known = harvest.current().archive.resource(Request(address).url)
        if known is not None and known.sha256:
            return
        if self.fallback == "host":
            if outcome != Outcome.UNREACHABLE:
                return
            address = urljoin(address, "/")
        self._gone = self._gone or said.get("match") == "prefix"
        self.made_up_for[outcome] += 1
        yield from self._within_limit(self.from_archives(address, **said))

    def _within_limit(self, requests: Asked) -> Iterator[Request]:
        for request in requests:
            if self._passed_over(request):
                continue
            if self._asked >= self.source.limit:
                self.limited = f"{STOPPED_AT_LIMIT} {self.source.limit} requests"
                return
            self._asked += 1
            yield request

    def _passed_over(self, request: Request) -> bool:
        """Whether a run passes over a request, to get further than the last one, which its limit cut short.

        Files that are held and were seen not long ago wait for their turn; pages are asked for, as they lead on.
        """
        run = harvest.current()
        if self._goes_further is None:
            before = run.archive.run_before(run.run, self.name)
            self._goes_further = before is not None and before.reason.startswith(STOPPED_AT_LIMIT)
        if not self._goes_further or request.meta.get(ROLE) != Role.FILE:
            return False
        known = run.archive.resource(request.url)
        passed = known is not None and run.archive.is_fresh(known)
        self.passed_over += passed
        return passed
